#include <atomic>
#include <catch2/catch.hpp>
#include <random>
#include <thread>

#include "tests/replicator/compare_tables.hpp"
#include "tests/replicator/edge_fixture.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/wait_until.hpp"

using namespace std::chrono_literals;

namespace {

const std::string tables =
    "CREATE DATABASE shop; CREATE TABLE shop.orders (id INT PRIMARY KEY AUTO_INCREMENT, v INT NOT "
    "NULL DEFAULT 0, secret INT, UNIQUE KEY (v, id)); CREATE TABLE shop.lines (o INT, n INT, v "
    "VARCHAR(50), PRIMARY KEY (o, n)); CREATE TABLE shop.other (id INT PRIMARY KEY AUTO_INCREMENT)";

const std::vector<replicator::table_rule> both{
    {.schema = "shop", .table = "orders", .exclude_columns = {"secret"}},
    {.schema = "shop", .table = "lines"}};

// Writes on a connection of its own, until it ends, transactions that conflict with each other.
class load {
public:
    explicit load(support::mysql_server& source)
        : thread_([this, connection = source.connect()]() mutable { run(connection); }) {}
    ~load() { stop(); }
    void stop() {
        ending_ = true;
        if (thread_.joinable()) thread_.join();
    }

private:
    void run(support::mysql_connection& connection) {
        std::mt19937 random(1);
        while (!ending_) {
            const auto n = std::to_string(1 + random() % 50);
            switch (random() % 6) {
                case 0:
                    connection.query("INSERT INTO shop.orders (v, secret) VALUES (" + n + ", 1)");
                    break;
                case 1:
                    connection.query("UPDATE shop.orders SET v = v + " + n + " WHERE id % 7 = 3");
                    break;
                case 2:
                    connection.query("UPDATE shop.orders SET secret = " + n);
                    break;
                case 3:
                    connection.query("DELETE FROM shop.lines WHERE o = " + n);
                    break;
                case 4:
                    connection.query("INSERT INTO shop.other VALUES ()");
                    break;
                default:
                    connection.query("BEGIN; REPLACE INTO shop.lines VALUES (" + n +
                                     ", 1, UUID()), (" + n +
                                     ", 2, 'x'); UPDATE shop.orders SET v = v - 1 WHERE id = " + n +
                                     "; DELETE FROM shop.orders WHERE v > 300; COMMIT");
            }
        }
    }

    std::atomic<bool> ending_ = false;
    std::thread thread_;
};

support::child_process follow(const support::mysql_server& source,
                              const support::mysql_server& edge,
                              const support::temp_folder& folder) {
    return support::child_process({EDGE_FOLLOWER, std::to_string(source.port()),
                                   std::to_string(edge.port()), "shop.orders-secret", "shop.lines"},
                                  folder.path() / "log");
}

bool wait_checkpoint(support::mysql_server& edge, const std::string& gtids) {
    return support::wait_until(60s, [&] { return edges::checkpoint_contains(edge, gtids); });
}

}  // namespace

TEST_CASE("A replicator killed at any instant leaves an edge that comes to equal its source",
          "[edge][crash]") {
    support::mysql_server source;
    support::mysql_server edge({.edge = true});
    const support::temp_folder folder;
    source.query(tables);
    source.query(
        "INSERT INTO shop.lines SELECT a.n, b.n, UUID() FROM (WITH RECURSIVE r (n) AS "
        "(SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 150) SELECT n FROM r) AS a, "
        "(WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 150) "
        "SELECT n FROM r) AS b");
    load writes(source);
    const unsigned seed = 20;
    CAPTURE(seed);
    std::mt19937 random(seed);
    for (int round = 0; round < 20; ++round) {
        const auto executed = source.gtid_executed();
        auto follower = follow(source, edge, folder);
        // The first rounds may end in the copy; the others go past it, however slow the machine.
        if (round >= 10) REQUIRE(wait_checkpoint(edge, executed));
        // From there any instant will do: the copy's, the catching up's, or the following's.
        std::this_thread::sleep_for(std::chrono::milliseconds(20 + random() % 500));
        follower.kill();
    }
    const auto executed = source.gtid_executed();
    auto follower = follow(source, edge, folder);
    REQUIRE(wait_checkpoint(edge, executed));  // it works while there are writes
    writes.stop();
    REQUIRE(wait_checkpoint(edge, source.gtid_executed()));
    CHECK(edges::difference(edges::spec_between(source, edge, both)) == "");
    CHECK(edge.value("SELECT COUNT(*) FROM shop.lines") != "0");
}

TEST_CASE("An edge resumes after its source was stopped or killed", "[edge][crash]") {
    edges::followed_edge pair({tables}, both);
    for (const bool hard : {false, true}) {
        pair.source.query("INSERT INTO shop.orders (v) VALUES (1), (2)");
        REQUIRE(pair.wait_caught_up());
        hard ? pair.source.kill() : pair.source.stop();
        CHECK(pair.reports.wait_for([](const router::edge_report& report) {
            return report.state == router::edge_state::connecting;
        }));
        CHECK(pair.reports.last().holds);  // still a true copy of a past state
        pair.source.start();
        pair.source.query("UPDATE shop.orders SET v = v + 1");
        CHECK(pair.difference() == "");
    }
    CHECK(pair.replicator().status().rows_copied == 0);
}

TEST_CASE("An edge resumes after its server was killed, and is not read meanwhile",
          "[edge][crash]") {
    edges::followed_edge pair({tables}, both);
    load writes(pair.source);
    for (int round = 0; round < 2; ++round) {
        pair.edge.kill();
        CHECK(pair.reports.wait_for([](const router::edge_report& report) {
            return report.state == router::edge_state::connecting && !report.holds &&
                   !report.applied;
        }));
        pair.edge.start();
        CHECK(pair.wait_streaming());
    }
    writes.stop();
    CHECK(pair.difference() == "");
}

TEST_CASE("A second process stands by and takes the edge over", "[edge][crash]") {
    edges::edge_fixture pair;
    const support::temp_folder folder;
    pair.source.query(tables);
    auto first = follow(pair.source, pair.edge, folder);
    REQUIRE(wait_checkpoint(pair.edge, pair.source.gtid_executed()));
    pair.start(both);
    REQUIRE(pair.reports.wait_for([](const router::edge_report& report) {
        return report.message.find("standing by") != std::string::npos;
    }));
    load writes(pair.source);
    first.kill();
    CHECK(pair.wait_streaming());
    writes.stop();
    CHECK(pair.difference() == "");
    CHECK(pair.edge.value("SELECT epoch FROM tidegate.stream") == "2");
}

TEST_CASE("A process whose epoch is over cannot write", "[edge][crash]") {
    edges::followed_edge pair({tables}, both);
    pair.edge.query(
        "UPDATE tidegate.stream SET epoch = epoch + 1;"
        "UPDATE tidegate.slot SET epoch = epoch + 1");
    pair.source.query("INSERT INTO shop.orders (v) VALUES (1)");
    // What it was about to write is rolled back, and done again once it has the edge again.
    CHECK(pair.difference() == "");
    CHECK(pair.replicator().status().reconnects == 1);
}

TEST_CASE("An edge whose history was purged at the source stops and says so", "[edge][crash]") {
    edges::followed_edge pair({tables}, both);
    pair.stop();
    pair.source.query("INSERT INTO shop.orders (v) VALUES (1); FLUSH BINARY LOGS");
    pair.source.query("PURGE BINARY LOGS TO '" +
                      pair.source.query("SHOW BINARY LOGS").back().at(0).value() + "'");
    pair.start(both);
    CHECK_THAT(pair.stopped_message(), Catch::Contains("purged") && Catch::Contains("copy"));
}

TEST_CASE("An edge that has what its source has lost stops and says so", "[edge][crash]") {
    edges::followed_edge pair({tables}, both);
    pair.source.query("INSERT INTO shop.orders (v) VALUES (1)");
    REQUIRE(pair.wait_caught_up());
    pair.stop();
    pair.source.query("RESET BINARY LOGS AND GTIDS");
    pair.start(both);
    CHECK_THAT(pair.stopped_message(), Catch::Contains("the source has lost"));
}

TEST_CASE("Transactions that a failover lost stop the edge, whoever committed them",
          "[edge][crash]") {
    edges::followed_edge pair({tables}, both);
    // One of another server's, as if that had been the primary; a new primary lacks it.
    const std::string lost = "3e11fa47-71ca-11e1-9e33-c80aa9429562:1";
    pair.source.query("SET gtid_next = '" + lost +
                      "'; INSERT INTO shop.orders (v) VALUES (1);"
                      "SET gtid_next = 'AUTOMATIC'");
    REQUIRE(pair.wait_caught_up());
    pair.stop();
    pair.source.query("SET @all = REPLACE(@@global.gtid_executed, '" + lost +
                      "', ''); RESET BINARY LOGS AND GTIDS; SET GLOBAL gtid_purged = @all");
    pair.start(both);
    CHECK_THAT(pair.stopped_message(), Catch::Contains("has lost") && Catch::Contains(lost));
}

TEST_CASE("An idle edge notices that its server has gone", "[edge][crash]") {
    edges::followed_edge pair({tables}, both);
    pair.edge.stop();
    CHECK(pair.reports.wait_for([](const router::edge_report& report) { return !report.holds; }));
    pair.edge.start();
    CHECK(pair.wait_streaming());
}

TEST_CASE("A replicator stops at once in every state", "[edge][crash]") {
    edges::edge_fixture pair;
    pair.source.query(tables);
    const auto stops_quickly = [&] {
        const auto begin = std::chrono::steady_clock::now();
        pair.stop();
        return std::chrono::steady_clock::now() - begin < 5s;
    };
    pair.start(both);
    CHECK(stops_quickly());  // while connecting or copying
    pair.start(both);
    REQUIRE(pair.wait_streaming());
    CHECK(stops_quickly());
    auto blocker = pair.edge.connect();
    blocker.query("BEGIN; INSERT INTO shop.orders (id, v) VALUES (1, 1)");
    pair.start(both);
    REQUIRE(pair.wait_streaming());
    pair.source.query("INSERT INTO shop.orders (id, v) VALUES (1, 1)");
    const auto waits_for_blocker = [&] {
        return pair.edge.query("SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'") ==
               support::rows{{"Innodb_row_lock_current_waits", "1"}};
    };
    REQUIRE(support::wait_until(30s, waits_for_blocker));
    CHECK(stops_quickly());
}
