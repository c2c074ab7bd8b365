// What routines, triggers and views do to the session that makes them run: no other session may see
// it, whatever connections they share.
#include <catch2/catch.hpp>
#include <functional>
#include <string>
#include <vector>

#include "tests/integration/cluster.hpp"
#include "tests/support/http_get.hpp"
#include "tests/support/wait_until.hpp"

using namespace integration;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 30s;

const char* const schema =
    "GRANT ALL ON *.* TO app@'%';"
    "CREATE DATABASE shop; USE shop;"
    "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v INT);"
    "CREATE TABLE noted (v BIGINT);"
    "CREATE TABLE seen (v BIGINT);"
    "CREATE TABLE watched (v INT);"
    "CREATE FUNCTION takes_lock(n VARCHAR(64)) RETURNS INT RETURN GET_LOCK(n, 0);"
    "CREATE FUNCTION drops_lock(n VARCHAR(64)) RETURNS INT RETURN RELEASE_LOCK(n);"
    "CREATE FUNCTION last_id() RETURNS BIGINT RETURN LAST_INSERT_ID();"
    "CREATE FUNCTION adds() RETURNS INT BEGIN INSERT INTO t (v) VALUES (7); RETURN 1; END;"
    "CREATE FUNCTION plain() RETURNS INT RETURN 1;"
    "CREATE PROCEDURE locks_in_turn(n VARCHAR(64)) BEGIN IF TRUE THEN DO takes_lock(n); END IF; "
    "END;"
    "CREATE PROCEDURE selects_into() SELECT 6 INTO @found;"
    "CREATE PROCEDURE tells_id() INSERT INTO seen VALUES (LAST_INSERT_ID());"
    "CREATE PROCEDURE adds_one() INSERT INTO t (v) VALUES (8);"
    "CREATE PROCEDURE adds_and_warns() BEGIN INSERT INTO t (v) VALUES (9); "
    "SIGNAL SQLSTATE '01000' SET MESSAGE_TEXT = 'careful'; END;"
    "CREATE PROCEDURE chooses_id() DO LAST_INSERT_ID(4711);"
    "CREATE TRIGGER notes BEFORE INSERT ON noted FOR EACH ROW SET NEW.v = LAST_INSERT_ID();"
    "CREATE TRIGGER watches BEFORE INSERT ON watched FOR EACH ROW BEGIN "
    "SELECT NEW.v INTO @watched; END;"
    "CREATE VIEW ids AS SELECT LAST_INSERT_ID() AS id;"
    "CREATE VIEW locking AS SELECT takes_lock('of_view') AS got;";

cluster& shared() {
    static cluster servers(
        {.schema = schema, .primary_connections_max = 4, .settings = "threads: 1\n"});
    return servers;
}

using session = support::mysql_connection;
using opener = std::function<session()>;

/// Sessions that all have just worked on a connection, and have an id of their own there.
std::vector<session> others(const opener& open) {
    std::vector<session> all;
    for (int i = 0; i < 3; ++i) {
        all.push_back(open());
        all.back().query("INSERT INTO shop.t (v) VALUES (1)");
    }
    return all;
}

std::string ask_all(std::vector<session>& sessions, const std::string& question) {
    std::string answers;
    for (session& one : sessions) {
        const auto answer = one.query(question);
        answers += answer.at(0).at(0).value_or("NULL") + " ";
    }
    return answers;
}

/// What a script finds on the primary itself and through Tidegate.
struct twin {
    std::string directly;
    std::string through;
};
twin run(const std::function<std::string(const opener&)>& script) {
    return {script([] { return shared().connect_directly("shop"); }),
            script([] { return shared().connect("shop"); })};
}

/// Of the script that both have run; it must have found that other sessions see nothing.
void check(const twin& found, const std::string& expected) {
    CHECK(found.directly == expected);
    CHECK(found.through == expected);
}

bool is_free(const std::string& lock) {
    return support::wait_until(patience, [&] {
        return shared().primary().value("SELECT IS_FREE_LOCK('" + lock + "')") == "1";
    });
}

/// Whether a lock that `statement` takes is the session's, and free when it has ended.
void check_lock(const std::string& statement, const std::string& lock) {
    CAPTURE(statement);
    const auto found = run([&](const opener& open) {
        std::string answers;
        {
            session own = open();
            own.query(statement);
            std::vector<session> rest = others(open);
            answers = ask_all(rest, "SELECT GET_LOCK('" + lock + "', 0)");
            answers += own.value("SELECT IS_USED_LOCK('" + lock + "') IS NOT NULL");
        }
        return answers + (is_free(lock) ? " free" : " held");
    });
    check(found, "0 0 0 1 free");
}

/// What `statement` finds as LAST_INSERT_ID(), as a difference to the session's own.
std::string id_found(const opener& open, const std::string& statement,
                     const std::string& question = {}) {
    session own = open();
    own.query("INSERT INTO shop.t (v) VALUES (2)");
    const auto id = static_cast<std::int64_t>(own.insert_id());
    const std::vector<session> rest = others(open);
    std::string found;
    if (question.empty()) {
        found = own.value(statement);
    } else {
        own.query(statement);
        found = own.value(question);
    }
    return std::to_string(std::stoll(found) - id);
}

}  // namespace

TEST_CASE("A lock that stored code takes is its session's", "[stored_code]") {
    check_lock("SELECT takes_lock('a')", "a");
    check_lock("DO takes_lock('b')", "b");
    check_lock("CALL locks_in_turn('c')", "c");
    check_lock("SELECT * FROM locking", "of_view");
    check_lock("INSERT INTO t (v) VALUES (takes_lock('d'))", "d");
}

TEST_CASE("A function may release a lock of the session", "[stored_code]") {
    const auto found = run([](const opener& open) {
        session own = open();
        own.query("SELECT GET_LOCK('released', 0)");
        std::vector<session> rest = others(open);
        return own.value("SELECT drops_lock('released')");
    });
    check(found, "1");
}

TEST_CASE("A user variable that stored code sets is its session's", "[stored_code]") {
    check(run([](const opener& open) {
              session own = open();
              own.query("CALL selects_into()");
              std::vector<session> rest = others(open);
              return ask_all(rest, "SELECT @found") + own.value("SELECT @found");
          }),
          "NULL NULL NULL 6");
    check(run([](const opener& open) {
              session own = open();
              own.query("INSERT INTO watched VALUES (9)");
              std::vector<session> rest = others(open);
              return ask_all(rest, "SELECT @watched") + own.value("SELECT @watched");
          }),
          "NULL NULL NULL 9");
}

TEST_CASE("LAST_INSERT_ID() within stored code is the session's", "[stored_code]") {
    const auto zero = [](const std::string& statement, const std::string& question = {}) {
        CAPTURE(statement);
        check(run([&](const opener& open) { return id_found(open, statement, question); }), "0");
    };
    zero("CALL tells_id()", "SELECT MAX(v) FROM seen");
    zero("SELECT last_id()");
    zero("SELECT id FROM ids");
    zero("INSERT INTO noted VALUES (0)", "SELECT MAX(v) FROM noted");
}

TEST_CASE("LAST_INSERT_ID() is after a CALL what the procedure left", "[stored_code]") {
    check(run([](const opener& open) {
              session own = open();
              own.query("CALL adds_one()");
              std::vector<session> rest = others(open);
              return own.value("SELECT v FROM t WHERE id = LAST_INSERT_ID()");
          }),
          "8");
    check(run([](const opener& open) {
              session own = open();
              own.query("CALL chooses_id()");
              std::vector<session> rest = others(open);
              return own.value("SELECT LAST_INSERT_ID()");
          }),
          "4711");
    check(run([](const opener& open) { return id_found(open, "DO adds()", "SELECT last_id()"); }),
          "0");
}

TEST_CASE("After a CALL with warnings both these and its LAST_INSERT_ID() are there",
          "[stored_code]") {
    check(run([](const opener& open) {
              session own = open();
              own.query("CALL adds_and_warns()");
              std::vector<session> rest = others(open);
              const std::string warnings = std::to_string(own.query("SHOW WARNINGS").size());
              return warnings + " " + own.value("SELECT v FROM t WHERE id = LAST_INSERT_ID()");
          }),
          "1 9");
    check(run([](const opener& open) {
              session own = open();
              own.query("CALL adds_and_warns()");
              std::vector<session> rest = others(open);
              return own.value("SELECT v FROM t WHERE id = LAST_INSERT_ID()");
          }),
          "9");
    check(run([](const opener& open) {
              session own = open();
              own.query("SELECT ROW_COUNT()");
              own.query("CALL adds_one()");
              std::vector<session> rest = others(open);
              const std::string rows = own.value("SELECT ROW_COUNT()");
              return rows + " " + own.value("SELECT v FROM t WHERE id = LAST_INSERT_ID()");
          }),
          "1 8");
}

TEST_CASE("What EXECUTE runs is its session's", "[stored_code]") {
    check(run([](const opener& open) {
              session own = open();
              own.query("INSERT INTO t (v) VALUES (2)");
              const auto id = static_cast<std::int64_t>(own.insert_id());
              const std::vector<session> rest = others(open);
              own.query("PREPARE s FROM 'SELECT LAST_INSERT_ID()'");
              return std::to_string(std::stoll(own.value("EXECUTE s")) - id);
          }),
          "0");
    check(run([](const opener& open) {
              session own = open();
              own.query("PREPARE s FROM 'INSERT INTO watched VALUES (5)'");
              own.query("EXECUTE s");
              own.query("DEALLOCATE PREPARE s");
              std::vector<session> rest = others(open);
              return ask_all(rest, "SELECT @watched") + own.value("SELECT @watched");
          }),
          "NULL NULL NULL 5");
}

TEST_CASE("sql_auto_is_null finds the row of the session's own id", "[stored_code]") {
    check(run([](const opener& open) {
              session own = open();
              own.query("SET sql_auto_is_null = 1");
              own.query("INSERT INTO t (v) VALUES (42)");
              std::vector<session> rest = others(open);
              return own.value("SELECT v FROM t WHERE id IS NULL");
          }),
          "42");
}

TEST_CASE("Code is known to all sessions when its author hears that it is there", "[stored_code]") {
    session author = shared().connect("shop");
    session user = shared().connect("shop");
    for (int i = 0; i < 5; ++i) {
        const std::string lock = "made_" + std::to_string(i);
        author.query("DROP FUNCTION IF EXISTS made");
        author.query("CREATE FUNCTION made() RETURNS INT RETURN GET_LOCK('" + lock + "', 0)");
        user.query("SELECT made()");
        std::vector<session> rest = others([] { return shared().connect("shop"); });
        CHECK(ask_all(rest, "SELECT GET_LOCK('" + lock + "', 0)") == "0 0 0 ");
    }
}

TEST_CASE("A prepared statement does what the code it runs does now", "[stored_code]") {
    session author = shared().connect("shop");
    author.query("CREATE FUNCTION renewed() RETURNS INT RETURN 1");
    session user = shared().connect("shop");
    MYSQL_STMT* prepared = mysql_stmt_init(user.handle());
    const std::string text = "DO renewed()";
    REQUIRE(mysql_stmt_prepare(prepared, text.data(), text.size()) == 0);
    REQUIRE(mysql_stmt_execute(prepared) == 0);
    author.query("DROP FUNCTION renewed");
    author.query("CREATE FUNCTION renewed() RETURNS INT RETURN GET_LOCK('renewed', 0)");
    REQUIRE(mysql_stmt_execute(prepared) == 0);
    std::vector<session> rest = others([] { return shared().connect("shop"); });
    CHECK(ask_all(rest, "SELECT GET_LOCK('renewed', 0)") == "0 0 0 ");
    mysql_stmt_close(prepared);
}

TEST_CASE("Code that was made elsewhere is found in time", "[stored_code]") {
    shared().primary().query(
        "CREATE FUNCTION shop.made_elsewhere() RETURNS INT RETURN GET_LOCK('elsewhere', 0)");
    const bool pinned = support::wait_until(patience, [] {
        session user = shared().connect("shop");
        user.query("SELECT made_elsewhere()");
        return support::http_get(shared().tidegate().http_port(), "/v1/pins")
                   .body.find("named_lock") != std::string::npos;
    });
    CHECK(pinned);
}

TEST_CASE("Stored code that leaves nothing keeps no connection", "[stored_code]") {
    session user = shared().connect("shop");
    user.query("SELECT plain()");
    user.query("SELECT id FROM ids");
    user.query("CALL adds_one()");
    const auto pins = support::http_get(shared().tidegate().http_port(), "/v1/pins");
    CHECK(pins.body.find("made_elsewhere") == std::string::npos);
    CHECK(pins.body.find("plain()") == std::string::npos);
    CHECK(pins.body.find("adds_one") == std::string::npos);
}

TEST_CASE("Code that Tidegate's account may not see counts as doing everything", "[stored_code]") {
    cluster servers({.schema = std::string(schema) +
                               "CREATE USER small@'%' IDENTIFIED BY 'small-password';"
                               "GRANT SELECT, INSERT, EXECUTE ON shop.* TO small@'%'",
                     .primary_connections_max = 4,
                     .settings = "threads: 1\n",
                     .users = {"{name: small, password: small-password}"}});
    const auto open = [&] {
        return servers.tidegate().connect({"small", "small-password", "shop"});
    };
    session own = open();
    own.query("SELECT takes_lock('hidden')");
    std::vector<session> rest = others(open);
    CHECK(ask_all(rest, "SELECT GET_LOCK('hidden', 0)") == "0 0 0 ");
    const std::string log = servers.tidegate().log();
    CHECK(log.find("stored_code_hidden") != std::string::npos);
    CHECK(log.find("GRANT SHOW_ROUTINE, TRIGGER, SHOW VIEW, SELECT ON *.*") != std::string::npos);
    // Nobody can tell of what is not even listed, and what every statement does not pin.
    session reader = open();
    reader.query("INSERT INTO t (v) VALUES (1)");
    reader.query("SELECT v FROM t");
    const auto pins = support::http_get(servers.tidegate().http_port(), "/v1/pins");
    CHECK(pins.body.find("FROM t") == std::string::npos);
    CHECK(pins.body.find("INTO t") == std::string::npos);
}
