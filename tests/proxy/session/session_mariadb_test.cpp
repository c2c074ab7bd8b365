// MariaDB as the server behind Tidegate: sessions that take turns on one connection are answered as
// on the server itself.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <future>

#include "tests/proxy/session/one_connection.hpp"
#include "tests/proxy/session/wire_client.hpp"
#include "tests/support/http_get.hpp"
#include "tests/support/wait_until.hpp"

using namespace session_test;
using namespace std::chrono_literals;
using protocol::command;
namespace capability = protocol::capability;

namespace {

constexpr std::uint32_t flags = capability::multi_statements | capability::multi_results |
                                capability::ps_multi_results | capability::plugin_auth_lenenc_data |
                                capability::deprecate_eof;

support::mysql_server& mariadb() {
    static support::mysql_server running({.mariadb = true});
    static const auto made = running.query(
        "CREATE DATABASE one; CREATE DATABASE two;"
        "CREATE TABLE one.t (id INT PRIMARY KEY AUTO_INCREMENT, s TEXT);"
        "CREATE PROCEDURE one.p(OUT n INT) BEGIN SELECT 1; SET n = 7; END;"
        "CREATE SEQUENCE one.q");
    return running;
}

support::tidegate_process& before_it() {
    static support::tidegate_process running([](support::tidegate_ports ports) {
        return "listen: {mysql: '127.0.0.1:" + std::to_string(ports.mysql) +
               "', http: '127.0.0.1:" + std::to_string(ports.http) + "'}\nthreads: 1\n" +
               "limits: {queue_timeout: 5s}\n" +
               "primary: {host: 127.0.0.1, port: " + std::to_string(mariadb().port()) +
               ", connections_max: 2}\nusers: [{name: app, password: app-password}]\n";
    });
    return running;
}

bool is_pinned() {
    return support::http_get(before_it().http_port(), "/v1/pins").body.find("\"reason\"") !=
           std::string::npos;
}

/// Whether a session keeps the connection, for whatever reason.
bool is_in_use() {
    return support::http_get(before_it().http_port(), "/metrics")
               .body.find("\ntidegate_backend_connections_in_use 0\n") == std::string::npos;
}

/// Asks as ask() does.  MariaDB's statement ids are the server's: the last prepared one is meant by
/// whatever id a command has, and that of an answer is left out.
class asker {
public:
    asker(std::uint16_t port, const std::string& schema)
        : client_(port, flags, {"app", "app-password", schema}) {}

    bytes ask(wire_command what) {
        const bool of_statement =
            what.what == command::stmt_execute || what.what == command::stmt_reset;
        if (of_statement) std::copy(id_.begin(), id_.end(), what.argument.begin());
        bytes answer = client_.ask(what);
        if (what.what == command::stmt_prepare && answer.size() > 9 && answer[4] == 0) {
            std::copy_n(answer.begin() + 5, 4, id_.begin());
            std::fill_n(answer.begin() + 5, 4, std::uint8_t{0});
        }
        return answer;
    }

private:
    wire_client client_;
    std::array<std::uint8_t, 4> id_{};
};

/// The conversation on the server itself and through Tidegate, there with another session between
/// its commands, on the same connection if it can be had.
void compare(const std::vector<wire_command>& conversation) {
    mariadb().query("TRUNCATE one.t");
    asker alone(mariadb().port(), "one");
    std::vector<bytes> expected;
    for (const wire_command& what : conversation) expected.push_back(alone.ask(what));

    mariadb().query("TRUNCATE one.t");
    asker shared(before_it().port(), "one"), other(before_it().port(), "two");
    for (std::size_t i = 0; i < conversation.size(); ++i) {
        const std::string sent(conversation[i].argument.begin(), conversation[i].argument.end());
        CAPTURE(i, sent);
        if (!is_in_use()) {
            other.ask("SET time_zone = '+0" + std::to_string(i % 9) + ":00', sql_mode = 'ANSI'");
            other.ask("INSERT INTO one.nothing VALUES (1)");
        }
        CHECK(difference(expected[i], shared.ask(conversation[i])) == "");
    }
}

}  // namespace

TEST_CASE("On MariaDB a session keeps its state from connection to connection", "[proxy]") {
    compare({"SET NAMES latin1 COLLATE latin1_german1_ci",
             "SELECT @@character_set_client, @@collation_connection, @@sql_mode, @@time_zone",
             "SET sql_mode = CONCAT(@@sql_mode, ',NO_BACKSLASH_ESCAPES'), time_zone = '+05:00'",
             "SELECT 'a\\b', @@sql_mode, @@time_zone, DATABASE()",
             "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
             "SELECT @@tx_isolation",
             "SET tx_isolation = 'SERIALIZABLE', foreign_key_checks = 0, unique_checks = 0",
             "SELECT @@tx_isolation, @@foreign_key_checks, @@unique_checks",
             "SET max_join_size = 5000",
             "SELECT @@max_join_size, @@sql_big_selects",
             "SET transaction_isolation = 'x'",
             "SET no_such_variable = 1",
             "SET @a = 'user', @b = 17",
             "SELECT @a, @b",
             "USE two",
             "SELECT DATABASE()",
             {command::init_db, "one"},
             "SELECT DATABASE()",
             "SET STATEMENT sql_mode = '' FOR SELECT @@sql_mode",
             {command::reset_connection, ""},
             "SELECT @@sql_mode, @@time_zone, @@tx_isolation, @a, DATABASE()"});
}

TEST_CASE("On MariaDB transactions, ids, errors and warnings are the session's", "[proxy]") {
    compare({"INSERT INTO t (s) VALUES ('one')",
             "SELECT LAST_INSERT_ID()",
             "INSERT INTO t (s) VALUES ('two'), ('three') RETURNING id, s",
             "DELETE FROM t WHERE id = 2 RETURNING s",
             "SELECT * FROM t",
             "BEGIN",
             "INSERT INTO t (s) VALUES ('gone')",
             "SAVEPOINT x",
             "DELETE FROM t",
             "ROLLBACK TO x",
             "SELECT COUNT(*) FROM t",
             "ROLLBACK",
             "SELECT COUNT(*) FROM t",
             "INSERT INTO t VALUES (1, 'twice')",
             "SHOW WARNINGS",
             "SELECT 1 + 'x'",
             "SHOW WARNINGS",
             "SET autocommit = 0",
             "UPDATE t SET s = 'new' WHERE id = 1",
             "ROLLBACK",
             "SELECT s FROM t WHERE id = 1",
             "COMMIT",
             "SET autocommit = 1",
             "START TRANSACTION READ ONLY",
             "DELETE FROM t",
             "COMMIT",
             "SELECT SQL_CALC_FOUND_ROWS id FROM t LIMIT 1",
             "SELECT FOUND_ROWS()",
             "SELECT NEXT VALUE FOR one.q > 0",
             "SELEC 1",
             "SELECT 1; SELECT id FROM t; DO 1; SELECT nothing; SELECT 3",
             "CALL p(@n)",
             "SELECT @n"});
}

TEST_CASE("On MariaDB what belongs to a connection keeps the session there", "[proxy]") {
    compare({"CREATE TEMPORARY TABLE x (a INT)",
             "INSERT INTO x VALUES (1)",
             "SELECT * FROM x",
             "DROP TEMPORARY TABLE x",
             "SELECT * FROM x",
             "SELECT GET_LOCK('l', 0)",
             "SELECT RELEASE_LOCK('l')",
             "SET @c = 1 + 1",
             "SELECT @c",
             {command::reset_connection, ""},
             "SELECT @c",
             "EXECUTE IMMEDIATE 'CREATE TEMPORARY TABLE y (a INT)'",
             "SELECT * FROM y",
             {command::reset_connection, ""},
             "SELECT * FROM y",
             "/*M!100100 SET @old = 5 */",
             "SELECT @old",
             "/*!50700 SET @old = 6 */",
             "SELECT @old",
             {command::reset_connection, ""},
             "PREPARE s FROM 'SELECT 5'",
             "EXECUTE s",
             "DEALLOCATE PREPARE s",
             "EXECUTE s",
             "LOCK TABLES t WRITE",
             "SELECT COUNT(*) FROM t",
             "UNLOCK TABLES"});
    CHECK_FALSE(is_pinned());
}

TEST_CASE("On MariaDB statements are prepared once and executed on whatever connection",
          "[proxy]") {
    const auto execute = [](std::uint8_t value) {
        return wire_command(command::stmt_execute, bytes{1, 0, 0,     0, 0, 1, 0, 0, 0, 0, 1,
                                                         8, 0, value, 0, 0, 0, 0, 0, 0, 0});
    };
    compare({{command::stmt_prepare, "SELECT ? + 1, @@sql_mode"},
             execute(1),
             execute(2),
             "SELECT 1",
             execute(3),
             {command::stmt_reset, bytes{1, 0, 0, 0}},
             execute(4)});
    // With a connection that is new each time.
    wire_client session(before_it().port(), flags, app);
    const bytes prepared = session.ask({command::stmt_prepare, "SELECT ? + 1"});
    const bytes first = session.ask(execute(1));
    for (const auto& row :
         mariadb().query("SELECT id FROM information_schema.processlist WHERE user = 'app'"))
        mariadb().query("KILL " + row.at(0).value());
    CHECK(difference(first, session.ask(execute(1))) == "");
}

TEST_CASE("On MariaDB many sessions share few connections without mixing anything up", "[proxy]") {
    before_it();  // by this thread: servers end with the thread that has started them
    std::vector<std::future<bool>> busy;
    for (int n = 0; n < 12; ++n)
        busy.push_back(std::async(std::launch::async, [n] {
            auto session = before_it().connect({"app", "app-password", "one"});
            const std::string own = "+0" + std::to_string(n % 10) + ":30";
            session.query("SET time_zone = '" + own + "', @me = " + std::to_string(n));
            bool right = true;
            for (int i = 0; i < 60; ++i) {
                right = session.value("SELECT CONCAT(@@time_zone, ' ', @me)") ==
                            own + " " + std::to_string(n) &&
                        right;
                session.query("BEGIN; INSERT INTO t (s) VALUES ('" + own + "')");
                const std::string id = session.value("SELECT LAST_INSERT_ID()");
                right = session.value("SELECT s FROM t WHERE id = " + id) == own && right;
                session.query(i % 2 == 0 ? "COMMIT" : "ROLLBACK");
            }
            return right;
        }));
    for (auto& one : busy) CHECK(one.get());
    CHECK(mariadb().value("SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'app' "
                          "AND command <> 'Query'") <= "2");
}

TEST_CASE("MariaDB's version is told as it is, and a statement on it can be killed", "[proxy]") {
    auto session = before_it().connect();
    CHECK(std::string(mysql_get_server_info(session.handle())).find("MariaDB") !=
          std::string::npos);
    CHECK(session.value("SELECT VERSION()").find("MariaDB") != std::string::npos);
    const std::string id = session.value("SELECT CONNECTION_ID()");
    auto stopped = std::async(std::launch::async, [&] {
        try {
            session.query("SELECT SLEEP(60) FROM (SELECT 1) x");
        } catch (const support::server_error& error) {
            return error.number();
        }
        return 0u;
    });
    const auto sleeps = [] {
        return mariadb().value(
                   "SELECT COUNT(*) FROM information_schema.processlist WHERE info "
                   "LIKE 'SELECT SLEEP%'") == "1";
    };
    REQUIRE(support::wait_until(20s, sleeps));
    wire_client killer(before_it().port(), flags, app);
    killer.ask("KILL QUERY " + id);
    REQUIRE(stopped.wait_for(20s) == std::future_status::ready);
    CHECK(stopped.get() <= 1317);
    CHECK(support::wait_until(20s, [&] { return !sleeps(); }));
}

TEST_CASE("What stored code does is known before MariaDB, too", "[proxy]") {
    {
        auto session = before_it().connect({"app", "app-password", "one"});
        session.query("CREATE FUNCTION plain() RETURNS INT RETURN 1");
        session.query("CREATE FUNCTION takes_lock() RETURNS INT RETURN GET_LOCK('within', 0)");
        CHECK(session.value("SELECT plain()") == "1");
        CHECK_FALSE(is_pinned());
        CHECK(session.value("SELECT takes_lock()") == "1");
        CHECK(is_pinned());
    }
    CHECK(support::wait_until(10s, [] { return !is_pinned(); }));
    CHECK(before_it().log().find("stored_code_unreadable") == std::string::npos);
}
