#include <catch2/catch.hpp>
#include <thread>

#include "tests/integration/cluster.hpp"
#include "tests/support/http_get.hpp"
#include "tests/support/wait_until.hpp"

using namespace integration;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

cluster_options options() {
    return {
        .schema =
            "CREATE DATABASE shop;"
            "CREATE TABLE shop.counters (id INT PRIMARY KEY, n INT NOT NULL);"
            "CREATE TABLE shop.customers (id INT PRIMARY KEY, name VARCHAR(40), email VARCHAR(40));"
            "CREATE TABLE shop.orders (id INT PRIMARY KEY, region CHAR(2) COLLATE utf8mb4_bin, "
            "total INT);"
            "CREATE TABLE shop.audit (id INT PRIMARY KEY, what TEXT);"
            "INSERT INTO shop.counters WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 "
            "FROM n WHERE i < 49) SELECT i, 0 FROM n;"
            "INSERT INTO shop.customers VALUES (1, 'Ann', 'ann@example.com');"
            "INSERT INTO shop.orders VALUES (1, 'eu', 10), (2, 'us', 20);"
            "INSERT INTO shop.audit VALUES (1, 'began')",
        .tables = {"{table: shop.counters}", "{table: shop.customers, exclude: [email]}",
                   "{table: shop.orders, where: {column: region, in: [eu]}}"},
        .settings = "routing: {wait: 2s}\n",
    };
}

cluster& shared() {
    static cluster servers(options());
    return servers;
}

std::string role_of(support::mysql_connection& session, const std::string& sql) {
    session.query(sql);
    return last_route(session).role;
}

/// Reads counter `id` again and again, on a thread of its own, until told to stop.
class reader {
public:
    explicit reader(cluster& servers)
        : thread_([this, &servers](const std::stop_token& stop) { read(servers, stop); }) {}

    long reads() const { return reads_; }
    std::string finish() {
        thread_.request_stop();
        thread_.join();
        return problem_;
    }

private:
    void read(cluster& servers, const std::stop_token& stop) {
        try {
            auto session = servers.connect("shop");
            while (!stop.stop_requested()) {
                if (session.value("SELECT COUNT(*) FROM counters") != "50")
                    problem_ = "rows are missing";
                ++reads_;
            }
        } catch (const std::exception& error) {
            problem_ = error.what();
        }
    }

    std::atomic<long> reads_ = 0;
    std::string problem_{};
    std::jthread thread_;  // last: it uses the others
};

}  // namespace

TEST_CASE("A session's next read sees its write, and the edge answers it", "[routing]") {
    REQUIRE(shared().wait_until_caught_up());
    constexpr int sessions = 10, rounds = 50;
    std::atomic<int> stale = 0;
    std::vector<std::string> problems(sessions);
    const double before = shared().metric("tidegate_reads_total{server=\"edge\"}");
    {
        std::vector<std::jthread> threads;
        for (int id = 0; id < sessions; ++id) {
            threads.emplace_back([&, id] {
                try {
                    auto session = shared().connect("shop");
                    const std::string where = " WHERE id = " + std::to_string(id);
                    for (int n = 1; n <= rounds; ++n) {
                        session.query("UPDATE counters SET n = " + std::to_string(n) + where);
                        if (session.value("SELECT n FROM counters" + where) != std::to_string(n))
                            ++stale;
                    }
                } catch (const std::exception& error) {
                    problems[static_cast<std::size_t>(id)] = error.what();
                }
            });
        }
    }
    for (const std::string& problem : problems) CHECK(problem == "");
    CHECK(stale == 0);
    const double by_edge = shared().metric("tidegate_reads_total{server=\"edge\"}") - before;
    CHECK(by_edge >= sessions * rounds / 2);
}

TEST_CASE("A read goes to the edge only if the edge holds all that it names", "[routing]") {
    REQUIRE(shared().wait_until_caught_up());
    auto session = shared().connect("shop");
    CHECK(role_of(session, "SELECT name FROM customers WHERE id = 1") == "edge");
    CHECK(role_of(session, "SELECT COUNT(*) FROM counters") == "edge");
    CHECK(role_of(session, "SELECT total FROM orders WHERE region = 'eu'") == "edge");

    CHECK(role_of(session, "SELECT email FROM customers WHERE id = 1") == "primary");
    CHECK_THAT(last_route(session).reason, Contains("shop.customers.email is not on the edge"));
    CHECK(role_of(session, "SELECT * FROM customers") == "primary");
    CHECK(role_of(session, "SELECT total FROM orders") == "primary");
    CHECK(role_of(session, "SELECT total FROM orders WHERE region = 'us'") == "primary");
    CHECK(role_of(session, "SELECT what FROM audit") == "primary");
    CHECK(role_of(session, "SELECT name FROM customers FOR UPDATE") == "primary");
    CHECK_THAT(last_route(session).reason, Contains("locks"));
    CHECK(role_of(session, "BEGIN; SELECT name FROM customers; COMMIT") == "primary");
}

TEST_CASE("What is excluded never reaches the edge", "[routing]") {
    REQUIRE(shared().wait_until_caught_up());
    support::mysql_server& edge = shared().edge();
    CHECK(edge.value("SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = 'shop' "
                     "AND column_name = 'email'") == "0");
    CHECK(edge.value("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'shop' "
                     "AND table_name = 'audit'") == "0");
    CHECK(edge.value("SELECT GROUP_CONCAT(id) FROM shop.orders") == "1");
}

TEST_CASE("Rows that move in and out of the filter come and go on the edge", "[routing]") {
    auto session = shared().connect("shop");
    const std::string europeans =
        "SELECT GROUP_CONCAT(id ORDER BY id) FROM orders WHERE region = 'eu'";
    session.query("UPDATE orders SET region = 'eu' WHERE id = 2");
    CHECK(session.value(europeans) == "1,2");
    session.query("UPDATE orders SET region = 'us' WHERE id = 1");
    CHECK(session.value(europeans) == "2");
    CHECK(shared().edge().value("SELECT GROUP_CONCAT(id) FROM shop.orders") == "2");
    session.query("UPDATE orders SET region = IF(id = 1, 'eu', 'us')");
    CHECK(session.value(europeans) == "1");
}

TEST_CASE("/metrics, /healthz, /readyz and /v1/status tell how things are", "[routing]") {
    const std::uint16_t port = shared().tidegate().http_port();
    CHECK(support::http_get(port, "/healthz").status == 200);
    CHECK(support::http_get(port, "/readyz").status == 200);
    CHECK(support::http_get(port, "/nowhere").status == 404);
    const std::string status = support::http_get(port, "/v1/status").body;
    CHECK(json_text(status, "state") == "streaming");
    CHECK(status.find("\"ready\":true") != std::string::npos);

    const double clients = shared().metric("tidegate_clients");
    const double queries = shared().metric("tidegate_queries_total");
    auto session = shared().connect("shop");
    session.query("SELECT 1");
    CHECK(shared().metric("tidegate_clients") == clients + 1);
    CHECK(shared().metric("tidegate_queries_total") >= queries + 1);
    CHECK(shared().metric("tidegate_coverage_bugs_total") == 0);
    CHECK(shared().metric("tidegate_edge_state{edge=\"east\",state=\"streaming\"}") == 1);
}

TEST_CASE("`tidegate explain` says what a session would see", "[routing]") {
    REQUIRE(shared().wait_until_caught_up());
    const auto explain = [](const std::string& sql) {
        return support::run_tidegate({"explain", "--config",
                                      shared().tidegate().config_file().string(), "--schema",
                                      "shop", "--json", "--sql", sql});
    };
    const auto covered = explain("SELECT name FROM customers WHERE id = 1");
    CAPTURE(covered.output);
    CHECK(covered.exit_status == 0);
    CHECK(json_text(covered.output, "target") == "edge");
    CHECK(json_text(covered.output, "server") == "east");
    const auto excluded = explain("SELECT email FROM customers WHERE id = 1");
    CHECK(json_text(excluded.output, "target") == "primary");
    CHECK(json_text(excluded.output, "missing") == "shop.customers.email");
    CHECK(json_text(explain("DELETE FROM customers").output, "reason") == "not_a_read");
}

TEST_CASE("An edge killed while reads go on costs no read, and returns by itself", "[routing]") {
    cluster servers(options());
    REQUIRE(servers.wait_until_caught_up());
    auto session = servers.connect("shop");
    REQUIRE(role_of(session, "SELECT COUNT(*) FROM counters") == "edge");

    reader first(servers), second(servers);
    const auto goes_on = [&] {
        const long before = first.reads() + second.reads();
        return support::wait_until(10s,
                                   [&] { return first.reads() + second.reads() > before + 100; });
    };
    CHECK(goes_on());
    servers.edge().kill();
    CHECK(goes_on());
    session.query("UPDATE counters SET n = 77 WHERE id = 7");
    CHECK(session.value("SELECT n FROM counters WHERE id = 7") == "77");
    CHECK(last_route(session).role == "primary");
    servers.edge().start();
    CHECK(goes_on());
    route last;
    CHECK(support::wait_until(30s, [&] {
        session.query("SELECT n FROM counters WHERE id = 7");
        last = last_route(session);
        return last.role == "edge";
    }));
    const std::string status = support::http_get(servers.tidegate().http_port(), "/v1/status").body;
    CAPTURE(last.reason, status, servers.tidegate().log());
    CHECK(last.role == "edge");
    CHECK(first.finish() == "");
    CHECK(second.finish() == "");
}

TEST_CASE("An edge that stands still is not read by sessions that wrote since", "[routing]") {
    cluster_options slow = options();
    slow.settings = "routing: {wait: 100ms}\n";
    cluster servers(slow);
    REQUIRE(servers.wait_until_caught_up());
    auto writer = servers.connect("shop");
    auto other = servers.connect("shop");
    servers.edge().query("FLUSH TABLES WITH READ LOCK");  // reads pass, the applier does not

    writer.query("UPDATE counters SET n = 5 WHERE id = 5");
    CHECK(writer.value("SELECT n FROM counters WHERE id = 5") == "5");
    CHECK(last_route(writer).role == "primary");
    CHECK_THAT(last_route(writer).reason, Contains("does not yet hold"));
    other.query("SELECT n FROM counters WHERE id = 5");
    CHECK(last_route(other).role == "edge");

    servers.edge().query("UNLOCK TABLES");
    CHECK(servers.wait_until_caught_up());
    CHECK(writer.value("SELECT n FROM counters WHERE id = 5") == "5");
    CHECK(last_route(writer).role == "edge");
}
