#include "replicator/sql_connection.hpp"

#include <catch2/catch.hpp>
#include <thread>

#include "tests/support/mysql_server.hpp"
#include "tests/support/wait_until.hpp"

using replicator::sql_connection;
using namespace std::chrono_literals;

namespace {

replicator::server_address address(const support::mysql_server& server) {
    return {server.host(), server.port(), "tidegate", "tidegate-password"};
}

}  // namespace

TEST_CASE("The first login after a server's start works over plain TCP", "[edge][sql]") {
    support::mysql_server server;
    server.restart();  // the server has forgotten every password's digest
    CHECK(sql_connection::connect(address(server), {}, nullptr).has_value());
    auto wrong = address(server);
    wrong.password = "wrong";
    const auto denied = sql_connection::connect(wrong, {}, nullptr);
    REQUIRE_FALSE(denied.has_value());
    CHECK(denied.error().number == 1045);
    CHECK_FALSE(denied.error().connection_lost());
}

TEST_CASE("A script tells what each statement affected, and which one failed", "[edge][sql]") {
    support::mysql_server server({.edge = true});
    auto connection = sql_connection::connect(address(server), {}, nullptr).value();
    const auto counts = connection.execute_script(
        "CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, v INT); INSERT INTO d.t VALUES "
        "(1, 1), (2, 2); UPDATE d.t SET v = 1; SELECT * FROM d.t; DELETE FROM d.t WHERE id = 9");
    REQUIRE(counts.has_value());
    CHECK((*counts)[2] == 2);
    CHECK((*counts)[3] == 2);  // found, though one did not change
    CHECK((*counts)[5] == 0);

    const auto failed =
        connection.execute_script("SELECT 1; INSERT INTO d.t VALUES (1, 1); DELETE FROM d.t");
    REQUIRE_FALSE(failed.has_value());
    CHECK(failed.error().number == 1062);
    CHECK(failed.error().statement == 1);
    CHECK(connection.value("SELECT COUNT(*) FROM d.t").value() == "2");
}

TEST_CASE("Values arrive as they are, also NULL, empty and binary", "[edge][sql]") {
    support::mysql_server server;
    auto connection = sql_connection::connect(address(server), {}, nullptr).value();
    const auto rows = connection.query("SELECT NULL, '', X'00ff', 1 UNION ALL SELECT 2, 3, 4, 5");
    REQUIRE(rows.has_value());
    CHECK(rows->at(0) == replicator::sql_row{std::nullopt, "", std::string("\0\xff", 2), "1"});
    CHECK(rows->size() == 2);
    CHECK(connection.value("SELECT 1 WHERE FALSE").value() == std::nullopt);
}

TEST_CASE("A statement longer than the server takes is refused before it is sent", "[edge][sql]") {
    support::mysql_server server;
    auto connection = sql_connection::connect(address(server), {}, nullptr).value();
    connection.set_packet_bytes_max(1000);
    const auto sent = connection.execute("SELECT '" + std::string(1000, 'x') + "'");
    REQUIRE_FALSE(sent.has_value());
    CHECK(sent.error().number == 1153);
    CHECK(connection.execute("SELECT 1").has_value());
}

TEST_CASE("A stop interrupts a statement that waits", "[edge][sql]") {
    support::mysql_server server;
    replicator::stop_signal stop;
    auto connection = sql_connection::connect(address(server), {}, &stop).value();
    const auto begin = std::chrono::steady_clock::now();
    const std::string sleepers =
        "SELECT COUNT(*) FROM information_schema.processlist WHERE state = 'User sleep'";
    bool waited = false;
    std::thread stopper([&] {
        waited = support::wait_until(20s, [&] { return server.value(sleepers) == "1"; });
        stop.request();
    });
    const auto slept = connection.execute("SELECT SLEEP(60)");
    stopper.join();
    CHECK(waited);
    REQUIRE_FALSE(slept.has_value());
    CHECK(slept.error().connection_lost());
    CHECK(std::chrono::steady_clock::now() - begin < 30s);
}
