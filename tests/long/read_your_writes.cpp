// 50 sessions write a counter through Tidegate and read it back at once, while reads may be
// answered by an edge: not one stale read, and at least half of them answered by the edge.
//
// Sessions differ in how they write (autocommit, a transaction, a prepared statement) and in how
// they read (text, prepared).  TIDEGATE_ROUNDS: of all sessions together; 20000 if not set.
#include <atomic>
#include <memory>
#include <random>
#include <thread>

#include "tests/integration/cluster.hpp"
#include "tests/long/bars.hpp"

using namespace long_test;

namespace {

constexpr int sessions = 50;
constexpr int stale_printed_max = 10;

integration::cluster_options options() {
    return {
        .schema =
            "CREATE DATABASE shop;"
            "CREATE TABLE shop.counters (id INT PRIMARY KEY, n BIGINT NOT NULL);"
            "INSERT INTO shop.counters WITH RECURSIVE i (i) AS (SELECT 0 UNION ALL "
            "SELECT i + 1 FROM i WHERE i < 49) SELECT i, 0 FROM i",
        .tables = {"{table: shop.counters}"},
    };
}

/// `SELECT n FROM counters WHERE id = ?`, prepared once.
class prepared_read {
public:
    prepared_read(support::mysql_connection& session, int id)
        : statement_(mysql_stmt_init(session.handle()), &mysql_stmt_close), id_(id) {
        const std::string sql = "SELECT n FROM counters WHERE id = ?";
        MYSQL_BIND parameter{};
        parameter.buffer_type = MYSQL_TYPE_LONG;
        parameter.buffer = &id_;
        MYSQL_BIND column{};
        column.buffer_type = MYSQL_TYPE_LONGLONG;
        column.buffer = &n_;
        check(mysql_stmt_prepare(statement_.get(), sql.data(), sql.size()));
        check(mysql_stmt_bind_param(statement_.get(), &parameter));
        check(mysql_stmt_bind_result(statement_.get(), &column));
    }
    prepared_read(const prepared_read&) = delete;
    prepared_read& operator=(const prepared_read&) = delete;

    long long value() {
        check(mysql_stmt_execute(statement_.get()));
        check(mysql_stmt_fetch(statement_.get()));
        mysql_stmt_free_result(statement_.get());
        return n_;
    }

private:
    void check(int failed) {
        if (failed != 0)
            throw support::server_error(mysql_stmt_errno(statement_.get()),
                                        mysql_stmt_error(statement_.get()));
    }

    std::unique_ptr<MYSQL_STMT, decltype(&mysql_stmt_close)> statement_;
    int id_;
    long long n_ = -1;
};

/// What all sessions together have seen.
struct tally {
    std::atomic<long> rounds = 0;
    std::atomic<long> stale = 0;
    std::atomic<long> errors = 0;
};

void write_counter(support::mysql_connection& session, int id, long long n) {
    const std::string update =
        "UPDATE counters SET n = " + std::to_string(n) + " WHERE id = " + std::to_string(id);
    if (n % 3 == 0) {
        session.query("BEGIN");
        session.query(update);
        session.query("COMMIT");
    } else {
        session.query(update);
    }
}

void run_session(integration::cluster& servers, int id, int rounds, tally& seen) {
    try {
        auto session = servers.connect("shop");
        prepared_read prepared(session, id);
        const std::string select = "SELECT n FROM counters WHERE id = " + std::to_string(id);
        for (long long n = 1; n <= rounds; ++n) {
            write_counter(session, id, n);
            const long long read =
                n % 2 == 0 ? prepared.value() : std::stoll(session.value(select));
            ++seen.rounds;
            if (read != n && ++seen.stale <= stale_printed_max)
                progress("stale: session " + std::to_string(id) + " wrote " + std::to_string(n) +
                         " and read " + std::to_string(read));
        }
    } catch (const std::exception& error) {
        ++seen.errors;
        progress("session " + std::to_string(id) + ": " + error.what());
    }
}

int test() {
    const int rounds = setting("TIDEGATE_ROUNDS", 20'000);
    integration::cluster servers(options());
    if (!servers.wait_until_caught_up()) throw std::runtime_error("the edge does not catch up");
    const std::string edge_reads = "tidegate_reads_total{server=\"edge\"}";
    const auto selects_on_edge = [&] {
        return std::stod(
            servers.edge().query("SHOW GLOBAL STATUS LIKE 'Com_select'").at(0).at(1).value());
    };
    const double reads_before = servers.metric(edge_reads);
    const double selects_before = selects_on_edge();

    progress(std::to_string(sessions) + " sessions, " + std::to_string(rounds) + " rounds");
    tally seen;
    {
        std::vector<std::jthread> threads;
        for (int id = 0; id < sessions; ++id)
            threads.emplace_back([&, id] { run_session(servers, id, rounds / sessions, seen); });
    }
    const double by_edge = servers.metric(edge_reads) - reads_before;
    const double selects = selects_on_edge() - selects_before;
    progress(std::to_string(static_cast<long>(by_edge)) +
             " reads were answered by the edge, which "
             "itself counted " +
             std::to_string(static_cast<long>(selects)) + " selects");
    progress(
        "waits for the edge: " +
        std::to_string(static_cast<long>(servers.metric("tidegate_edge_waits_total"))) +
        ", too long: " +
        std::to_string(static_cast<long>(servers.metric("tidegate_edge_wait_timeouts_total"))));

    bars result;
    result.at_least("read_your_writes_rounds", static_cast<double>(seen.rounds.load()),
                    rounds / sessions * sessions);
    result.equal("read_your_writes_stale", static_cast<double>(seen.stale.load()), 0);
    result.equal("read_your_writes_errors", static_cast<double>(seen.errors.load()), 0);
    // Tidegate's own count, unless the edge has seen fewer.
    result.at_least(
        "read_your_writes_edge_share",
        std::min(by_edge, selects) / static_cast<double>(std::max(1L, seen.rounds.load())), 0.5);
    return result.print();
}

}  // namespace

int main() {
    return run(&test);
}
