#include <sched.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <thread>

#include "tests/integration/cluster.hpp"
#include "tests/support/http_get.hpp"
#include "tests/support/wait_until.hpp"

using namespace integration;
using namespace std::chrono_literals;

namespace {

cluster_options options() {
    return {
        .schema =
            "CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY, n INT);"
            "INSERT INTO shop.t VALUES (1, 1)",
        .tables = {"{table: shop.t}"},
    };
}

/// Threads of a process that have this scheduling policy.
std::ptrdiff_t threads_with(int policy, pid_t process) {
    const auto tasks = std::filesystem::path("/proc") / std::to_string(process) / "task";
    return std::ranges::count_if(std::filesystem::directory_iterator(tasks), [&](const auto& task) {
        return ::sched_getscheduler(std::stoi(task.path().filename().string())) == policy;
    });
}

}  // namespace

TEST_CASE("Tidegate stops by itself after its clients have finished their transactions",
          "[lifecycle]") {
    cluster servers(options());
    auto session = servers.connect("shop");
    session.query("BEGIN; UPDATE t SET n = 2 WHERE id = 1");
    auto idle = servers.connect("shop");

    std::atomic<bool> stopped = false;
    std::string problem;
    std::jthread stopping([&] {
        try {
            servers.tidegate().stop();
        } catch (const std::exception& error) {
            problem = error.what();
        }
        stopped = true;
    });
    // New clients are refused, the open transaction goes on.
    CHECK(support::wait_until(5s, [&] {
        try {
            servers.connect();
            return false;
        } catch (const support::server_error&) {
            return true;
        }
    }));
    CHECK_FALSE(stopped);
    CHECK(session.value("SELECT n FROM t WHERE id = 1") == "2");
    session.query("COMMIT");
    CHECK(support::wait_until(8s, [&] { return stopped.load(); }));
    stopping.join();
    CHECK(problem == "");
    CHECK(servers.primary().value("SELECT n FROM shop.t WHERE id = 1") == "2");
    CHECK_THROWS_AS(idle.query("SELECT 1"), support::server_error);
    // The server ends them when it sees that they are closed.
    CHECK(support::wait_until(20s, [&] {
        return servers.primary().value(
                   "SELECT COUNT(*) FROM information_schema.processlist "
                   "WHERE user IN ('app', 'tidegate')") == "0";
    }));
}

TEST_CASE("A transaction that does not end within limits.shutdown_timeout is rolled back",
          "[lifecycle]") {
    cluster_options short_stop = options();
    short_stop.settings = "limits: {shutdown_timeout: 300ms}\n";
    cluster servers(short_stop);
    auto session = servers.connect("shop");
    session.query("BEGIN; UPDATE t SET n = 3 WHERE id = 1");
    CHECK_NOTHROW(servers.tidegate().stop());
    CHECK_THROWS_AS(session.query("COMMIT"), support::server_error);
    CHECK(servers.primary().value("SELECT n FROM shop.t WHERE id = 1") == "1");
}

TEST_CASE("A restart of the primary is survived by idle sessions, with their state",
          "[lifecycle]") {
    cluster servers(options());
    auto session = servers.connect("shop");
    session.query("SET time_zone = '+02:00'");
    REQUIRE(servers.wait_until_caught_up());
    servers.primary().restart();
    CHECK(support::wait_until(20s, [&] {
        return support::http_get(servers.tidegate().http_port(), "/readyz").status == 200;
    }));
    CHECK(session.value("SELECT CONCAT(@@time_zone, ' ', DATABASE())") == "+02:00 shop");
    session.query("UPDATE t SET n = 4 WHERE id = 1");
    CHECK(servers.wait_until_caught_up());
    CHECK(servers.edge().value("SELECT n FROM shop.t WHERE id = 1") == "4");
}

TEST_CASE("A crash of the primary is survived by the replicator", "[lifecycle]") {
    cluster servers(options());
    REQUIRE(servers.wait_until_caught_up());
    auto session = servers.connect("shop");
    servers.primary().query("INSERT INTO shop.t VALUES (2, 2)");
    servers.primary().kill();
    CHECK(session.value("SELECT n FROM t WHERE id = 1") == "1");  // the edge still answers
    CHECK(last_route(session).role == "edge");
    servers.primary().start();
    servers.primary().query("INSERT INTO shop.t VALUES (3, 3)");
    CHECK(servers.wait_until_caught_up());
    CHECK(servers.edge().value("SELECT GROUP_CONCAT(n ORDER BY id) FROM shop.t") == "1,2,3");
}

TEST_CASE("A killed Tidegate resumes where its edge is", "[lifecycle]") {
    cluster servers(options());
    REQUIRE(servers.wait_until_caught_up());
    for (int n = 10; n < 13; ++n) {
        servers.primary().query("UPDATE shop.t SET n = " + std::to_string(n));
        servers.tidegate().kill();
        servers.primary().query("INSERT INTO shop.t VALUES (" + std::to_string(n) + ", 0)");
        servers.tidegate().start();
        REQUIRE(servers.wait_until_caught_up());
        const std::string contents = "SELECT GROUP_CONCAT(id, ':', n ORDER BY id) FROM shop.t";
        CHECK(servers.edge().value(contents) == servers.primary().value(contents));
    }
    // It resumed: nothing was copied anew.
    CHECK(servers.metric("tidegate_edge_rows_copied_total{edge=\"east\"}") == 0);
}

TEST_CASE("The workers are scheduled as the configuration says", "[lifecycle]") {
    cluster_options how = options();
    how.settings = "threads: 3\n";
    SECTION("normally") {
        cluster servers(how);
        CHECK(threads_with(SCHED_BATCH, servers.tidegate().pid()) == 0);
    }
    SECTION("in the background of others") {
        how.settings += "scheduling: batch\n";
        cluster servers(how);
        CHECK(servers.connect("shop").value("SELECT n FROM t WHERE id = 1") == "1");
        CHECK(threads_with(SCHED_BATCH, servers.tidegate().pid()) == 3);
    }
}
