// What variables a session begins with, and keeps, whatever SET GLOBAL does and wherever it reads.
#include <catch2/catch.hpp>
#include <cstdlib>

#include "tests/integration/cluster.hpp"
#include "tests/support/http_get.hpp"
#include "tests/support/wait_until.hpp"

using namespace integration;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 30s;

const char* const schema =
    "CREATE DATABASE shop;"
    "CREATE TABLE shop.forbidden (id INT);"
    "CREATE TABLE shop.visits (id INT PRIMARY KEY, at TIMESTAMP, what VARCHAR(30));"
    "INSERT INTO shop.visits VALUES (1, '2026-01-01 12:00:00', REPEAT('a', 20)),"
    "(2, '2026-07-01 12:00:00', REPEAT('b', 20))";

cluster& shared() {
    static cluster servers(
        {.schema = schema, .primary_connections_max = 3, .settings = "threads: 1\n"});
    return servers;
}

/// For as long as it lives.
class global_value {
public:
    global_value(const std::string& name, const std::string& value, std::string before)
        : name_(name), before_(std::move(before)) {
        shared().primary().query("SET GLOBAL " + name + " = " + value);
    }
    ~global_value() { shared().primary().query("SET GLOBAL " + name_ + " = " + before_); }
    global_value(const global_value&) = delete;
    global_value& operator=(const global_value&) = delete;

private:
    std::string name_;
    std::string before_;
};

bool new_sessions_have(const std::string& question, const std::string& answer) {
    return support::wait_until(patience, [&] {
        auto session = shared().connect("shop");
        return session.value(question) == answer;
    });
}

/// Sessions in transactions of their own, which keep so many connections from all others.
std::vector<support::mysql_connection> busy(int count) {
    std::vector<support::mysql_connection> all;
    for (int i = 0; i < count; ++i) {
        all.push_back(shared().connect("shop"));
        all.back().query("BEGIN");
        all.back().query("SELECT 1");
    }
    return all;
}

/// Those that are opened from now on run init_connect, and begin with what is global now.
void kill_connections() {
    support::mysql_server& server = shared().primary();
    for (const support::row& one :
         server.query("SELECT ID FROM information_schema.PROCESSLIST WHERE USER = 'app'"))
        server.query("KILL " + *one[0]);
    const bool replaced = support::wait_until(patience, [] {
        try {
            busy(2);
            return true;
        } catch (const support::server_error&) {
            return false;  // one of those that were killed
        }
    });
    REQUIRE(replaced);
}

std::string role_of(support::mysql_connection& session, const std::string& sql) {
    session.query(sql);
    return last_route(session).role;
}

}  // namespace

TEST_CASE("A session keeps the defaults of its login, and a new one has the new", "[defaults]") {
    auto old = shared().connect("shop");
    CHECK(old.value("SELECT 1/3") == "0.3333");
    {
        const global_value one("div_precision_increment", "9", "4");
        const global_value refused("sql_require_primary_key", "ON", "OFF");  // to app's sessions
        REQUIRE(new_sessions_have("SELECT 1/3", "0.333333333"));
        for (int others = 0; others < 3; ++others) {
            // On connections opened before the change, and after it.
            const auto held = busy(others);
            CHECK(old.value("SELECT 1/3") == "0.3333");
            auto young = shared().connect("shop");
            CHECK(young.value("SELECT 1/3") == "0.333333333");
            CHECK(old.value("SELECT @@div_precision_increment") == "4");
        }
        // As on a server, a session that is reset begins anew.
        REQUIRE(mysql_reset_connection(old.handle()) == 0);
        CHECK(old.value("SELECT 1/3") == "0.333333333");
    }
    CHECK(new_sessions_have("SELECT 1/3", "0.3333"));
    CHECK(old.value("SELECT 1/3") == "0.333333333");
}

TEST_CASE("A statement means what its session's own sql_mode makes of it", "[defaults]") {
    const std::string text = "SELECT 'a\\'; INSERT INTO shop.forbidden VALUES (1); -- '";
    const auto one_only = [](support::mysql_connection& session) {
        REQUIRE(mysql_set_server_option(session.handle(), MYSQL_OPTION_MULTI_STATEMENTS_OFF) == 0);
    };
    auto old = shared().connect("shop");
    one_only(old);
    const std::string mode = shared().primary().value("SELECT @@GLOBAL.sql_mode");
    const global_value set("sql_mode", "'" + mode + ",NO_BACKSLASH_ESCAPES'", "'" + mode + "'");
    REQUIRE(new_sessions_have("SELECT @@sql_mode LIKE '%NO_BACKSLASH_ESCAPES%'", "1"));
    for (int others = 0; others < 3; ++others) {
        const auto held = busy(others);
        CHECK(old.value(text) == "a'; INSERT INTO shop.forbidden VALUES (1); -- ");
        auto young = shared().connect("shop");
        CHECK((young.handle()->server_status & SERVER_STATUS_NO_BACKSLASH_ESCAPES) != 0);
        one_only(young);
        CHECK_THROWS_AS(young.query(text), support::server_error);
    }
    CHECK(shared().primary().value("SELECT COUNT(*) FROM shop.forbidden") == "0");
}

TEST_CASE("What init_connect sets is what an account's sessions begin with", "[defaults]") {
    const global_value set("init_connect", "\"SET lc_time_names = 'fr_FR'\"", "''");
    // Only a connection that is opened from now on runs it.
    kill_connections();
    CHECK(new_sessions_have("SELECT DATE_FORMAT('2026-03-01', '%M')", "mars"));
}

TEST_CASE("What init_connect sets is there after connections have been reset", "[defaults]") {
    const global_value set("init_connect", "\"SET lc_time_names = 'fr_FR'\"", "''");
    kill_connections();
    REQUIRE(new_sessions_have("SELECT @@lc_time_names", "fr_FR"));
    for (int i = 0; i < 3; ++i) {
        busy(2);  // left in transactions, and so reset
        auto session = shared().connect("shop");
        CHECK(session.value("SELECT @@lc_time_names") == "fr_FR");
    }
}

TEST_CASE("A default that takes a privilege reaches new sessions", "[defaults]") {
    auto old = shared().connect("shop");
    CHECK(old.value("SELECT COUNT(*) FROM shop.visits") == "2");
    const global_value set("sql_require_primary_key", "ON", "OFF");
    CHECK(new_sessions_have("SELECT @@sql_require_primary_key + LENGTH('')", "1"));
    auto young = shared().connect("shop");
    CHECK_THROWS_AS(young.query("CREATE TABLE shop.without_key (a INT)"), support::server_error);
}

TEST_CASE("Limits that the server sets to its sessions hide no variable", "[defaults]") {
    const std::string name = GENERATE("sql_select_limit", "max_join_size");
    CAPTURE(name);
    const global_value set(name, "2", "DEFAULT");
    const auto limited = [&] { return new_sessions_have("SELECT @@" + name, "2"); };
    REQUIRE(limited());
    kill_connections();  // others are opened, and the primary is asked, under the limit
    REQUIRE(limited());
    auto one = shared().connect("shop");
    one.query("SET time_zone = '+02:00', max_join_size = DEFAULT");
    for (int i = 0; i < 4; ++i) {
        CHECK(one.value("SELECT @@time_zone, CONNECTION_ID()") == "+02:00");
        auto other = shared().connect("shop");
        CHECK(other.value("SELECT @@time_zone, CONNECTION_ID()") == "SYSTEM");
        CHECK(other.value("SELECT @@" + name) == "2");
    }
}

TEST_CASE("Warnings are a session's own", "[defaults]") {
    const auto held = busy(2);
    {
        auto one = shared().connect("shop");
        one.query("SELECT CAST('secret' AS SIGNED)");
    }
    auto other = shared().connect("shop");
    CHECK(other.query("SHOW WARNINGS").empty());
    CHECK(other.value("SELECT @@warning_count") == "0");
    other.query("SELECT CAST('own' AS SIGNED)");
    CHECK(other.query("SHOW WARNINGS").size() == 1);
}

TEST_CASE("A read whose session's schema is gone runs once", "[defaults]") {
    support::mysql_server& server = shared().primary();
    server.query(
        "CREATE DATABASE gone; CREATE TABLE shop.log (id INT AUTO_INCREMENT PRIMARY KEY);"
        "SET GLOBAL log_bin_trust_function_creators = ON;"
        "CREATE FUNCTION shop.logs() RETURNS INT MODIFIES SQL DATA BEGIN "
        "INSERT INTO shop.log VALUES (); RETURN 1; END;"
        "CREATE VIEW shop.logged AS SELECT shop.logs() AS one");
    auto one = shared().connect("gone");
    {
        const auto held = busy(2);  // of three, so that the others have this one
        auto mover = shared().connect("shop");
        mover.query("SET time_zone = '+05:00'");
        mover.query("SELECT COUNT(*) FROM visits");
    }
    server.query("DROP DATABASE gone");
    CHECK(one.value("SELECT one FROM shop.logged") == "1");
    CHECK(server.value("SELECT COUNT(*) FROM shop.log") == "1");
    server.query("DROP VIEW shop.logged; DROP FUNCTION shop.logs; DROP TABLE shop.log");
}

TEST_CASE("An edge with other defaults answers as the primary does", "[defaults]") {
    cluster servers({.schema = schema,
                     .tables = {"{table: shop.visits}"},
                     .settings = "threads: 1\n",
                     .edge_arguments = {"--default-time-zone=+05:00", "--group-concat-max-len=25",
                                        "--sql-mode=ANSI_QUOTES", "--autocommit=OFF"}});
    REQUIRE(servers.wait_until_caught_up());
    auto through = servers.connect("shop");
    auto direct = servers.connect_directly("shop");
    for (const std::string sql : {"SELECT at FROM visits ORDER BY id", "SELECT \"at\" FROM visits",
                                  "SELECT GROUP_CONCAT(what ORDER BY id) FROM visits"}) {
        CAPTURE(sql);
        REQUIRE(support::wait_until(patience, [&] { return role_of(through, sql) == "edge"; }));
        CHECK(through.query(sql) == direct.query(sql));
    }

    // The edge's system is in another time zone from now on.
    ::setenv("TZ", "XST-05", 1);
    servers.edge().restart();
    ::unsetenv("TZ");
    REQUIRE(support::wait_until(patience, [&] {
        const std::string status =
            support::http_get(servers.tidegate().http_port(), "/v1/status").body;
        return status.find("\"same_time_zone\":false") != std::string::npos;
    }));
    servers.primary().query("INSERT INTO shop.visits VALUES (3, '2026-02-01 12:00:00', 'c')");
    REQUIRE(servers.wait_until_caught_up());
    const std::string sql = "SELECT at FROM visits ORDER BY id";
    through.query("SET time_zone = '+00:00'");
    direct.query("SET time_zone = '+00:00'");
    REQUIRE(support::wait_until(patience, [&] { return role_of(through, sql) == "edge"; }));
    CHECK(through.query(sql) == direct.query(sql));
    through.query("SET time_zone = 'system'");
    direct.query("SET time_zone = 'system'");
    CHECK(role_of(through, sql) == "primary");
    CHECK(through.query(sql) == direct.query(sql));
}
