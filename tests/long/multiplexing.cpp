// 500 client connections are served by at most 20 backend connections, primary and edge together,
// under sysbench point selects, plain and prepared.  Both servers are asked how many connections
// the application account has, again and again during the runs; so is Tidegate.
#include <algorithm>
#include <chrono>
#include <thread>

#include "tests/integration/cluster.hpp"
#include "tests/long/bars.hpp"
#include "tests/long/sysbench.hpp"

using namespace long_test;
using namespace std::chrono_literals;

namespace {

constexpr int clients = 500;
constexpr int backends_max = 20;

struct peaks {
    double clients = 0;            // that Tidegate served at once
    double backends = 0;           // that both servers saw at once
    double backends_by_gauge = 0;  // as Tidegate says
};

double connections(support::mysql_server& server) {
    return std::stod(
        server.value("SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'app'"));
}

void sample(integration::cluster& servers, peaks& seen) {
    seen.clients = std::max(seen.clients, servers.metric("tidegate_clients"));
    seen.backends =
        std::max(seen.backends, connections(servers.primary()) + connections(servers.edge()));
    seen.backends_by_gauge =
        std::max(seen.backends_by_gauge, servers.metric("tidegate_backend_connections"));
}

int test() {
    const int seconds = setting("TIDEGATE_SECONDS", 20);
    integration::cluster servers({
        .schema =
            "CREATE DATABASE sbtest;"
            "CREATE TABLE sbtest.sbtest1 (id INT NOT NULL PRIMARY KEY, k INT NOT NULL DEFAULT 0, "
            "c CHAR(120) NOT NULL DEFAULT '', pad CHAR(60) NOT NULL DEFAULT '');"
            "INSERT INTO sbtest.sbtest1 (id, k, c) WITH RECURSIVE i (i) AS (SELECT 1 UNION ALL "
            "SELECT i + 1 FROM i WHERE i < 1000) SELECT i, i, REPEAT('c', 119) FROM i",
        .tables = {"{table: sbtest.sbtest1}"},
        .primary_connections_max = backends_max / 2 - 1,  // and the probe's
        .edge_connections_max = backends_max / 2 - 1,
    });
    if (!servers.wait_until_caught_up()) throw std::runtime_error("the edge does not catch up");

    peaks seen;
    double errors = 0, queries = 0;
    for (const std::string prepared : {"disable", "auto"}) {
        sysbench run({.workload = "oltp_point_select",
                      .port = servers.tidegate().port(),
                      .clients = clients,
                      .seconds = seconds,
                      .prepared = prepared,
                      .tables = 1,
                      .rows = 1000},
                     "run");
        while (run.running()) {
            sample(servers, seen);
            std::this_thread::sleep_for(200ms);
        }
        const std::string report = run.finish();
        errors += reported(report, "ignored errors:");
        queries += reported(report, "queries:");
        progress("--db-ps-mode=" + prepared + ": " +
                 std::to_string(static_cast<long>(reported(report, "queries:"))) + " selects");
    }
    progress("at most " + std::to_string(static_cast<int>(seen.backends)) + " backend connections");

    bars result;
    result.at_least("clients_500_served", seen.clients, clients);
    result.at_most("clients_500_backends", std::max(seen.backends, seen.backends_by_gauge),
                   backends_max);
    result.equal("clients_500_errors", errors, 0);
    return queries > 0 ? result.print() : 1;
}

}  // namespace

int main() {
    return run(&test);
}
