#include "tests/support/mysql_server.hpp"

#include <signal.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>

using namespace std::chrono_literals;

TEST_CASE("A test server starts in under two seconds", "[support][server]") {
    auto quickest = std::chrono::steady_clock::duration::max();
    for (int i = 0; i < 3; ++i) {  // other tests run beside this one
        const auto begin = std::chrono::steady_clock::now();
        const support::mysql_server server;
        quickest = std::min(quickest, std::chrono::steady_clock::now() - begin);
    }
    CAPTURE(std::chrono::duration_cast<std::chrono::milliseconds>(quickest).count());
    CHECK(quickest < 2s);
}

TEST_CASE("A test server logs what replication needs", "[support][server]") {
    support::mysql_server server;
    CHECK(server.value("SELECT @@gtid_mode") == "ON");
    CHECK(server.value("SELECT @@binlog_format") == "ROW");
    CHECK(server.value("SELECT @@binlog_row_metadata") == "FULL");
    CHECK(server.value("SELECT @@server_id") == std::to_string(server.port()));
    CHECK(server.gtid_executed().empty());
}

TEST_CASE("Arguments of a test override the fixture's own", "[support][server]") {
    support::mysql_server server({.arguments = {"--gtid-mode=OFF", "--enforce-gtid-consistency=OFF",
                                                "--binlog-format=STATEMENT"}});
    CHECK(server.value("SELECT @@gtid_mode") == "OFF");
    CHECK(server.value("SELECT @@binlog_format") == "STATEMENT");
}

TEST_CASE("A test server's accounts may do what their part needs", "[support][server]") {
    support::mysql_server source;
    support::mysql_server edge({.edge = true});
    CHECK(edge.gtid_executed().empty());

    auto app = source.connect({"app", "app-password", ""});
    app.query("CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY)");
    CHECK_THROWS_AS(app.query("SET GLOBAL max_connections = 10"), support::server_error);

    const support::login tidegate{"tidegate", "tidegate-password", ""};
    CHECK_FALSE(source.connect(tidegate).query("SHOW BINARY LOG STATUS").empty());
    CHECK_THROWS_AS(source.connect(tidegate).query("CREATE DATABASE other"), support::server_error);
    CHECK_NOTHROW(edge.connect(tidegate).query("CREATE DATABASE other"));
}

TEST_CASE("A killed test server keeps its port and what was committed", "[support][server]") {
    support::mysql_server server;
    const auto port = server.port();
    server.query("CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY)");
    server.query("INSERT INTO d.t VALUES (1)");
    const pid_t pid = server.pid();
    server.kill();
    CHECK(kill(pid, 0) == -1);
    CHECK_THROWS_AS(server.connect(), support::server_error);

    server.start();
    CHECK(server.port() == port);
    CHECK(server.query("SELECT id FROM d.t") == support::rows{{"1"}});
    server.restart();
    CHECK(server.query("SELECT id FROM d.t") == support::rows{{"1"}});
}

TEST_CASE("A read-only test server refuses writes even of root", "[support][server]") {
    support::mysql_server server;
    server.set_read_only(true);
    CHECK_THROWS_AS(server.query("CREATE DATABASE d"), support::server_error);
    server.set_read_only(false);
    CHECK_NOTHROW(server.query("CREATE DATABASE d"));
}

TEST_CASE("A server that cannot start says why", "[support][server]") {
    CHECK_THROWS_WITH(support::mysql_server({.arguments = {"--no-such-option"}}),
                      Catch::Contains("no-such-option"));
}

TEST_CASE("NULL is apart from the empty string in a result", "[support][server]") {
    support::mysql_server server;
    CHECK(server.query("SELECT '', NULL, 'a'") == support::rows{{"", std::nullopt, "a"}});
}
