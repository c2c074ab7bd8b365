// Many sessions, few connections: short reads go down them together, and nobody can tell.
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/http_get.hpp"
#include "tests/support/mysql_server.hpp"
#include "tests/support/tidegate_process.hpp"
#include "tests/support/wait_until.hpp"

namespace {

using namespace std::chrono_literals;

support::mysql_server& primary() {
    static support::mysql_server running;
    static const auto made = running.query(
        "CREATE DATABASE convoy; CREATE TABLE convoy.t (id INT PRIMARY KEY, c VARCHAR(100), "
        "big MEDIUMTEXT); INSERT INTO convoy.t WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT "
        "i + 1 FROM n WHERE i < 100) SELECT i, CONCAT('row ', i), NULL FROM n; UPDATE convoy.t SET "
        "big = REPEAT('x', 300000) WHERE id > 50");
    return running;
}

/// One thread, and two server connections for all sessions.
support::tidegate_process& tidegate() {
    static support::tidegate_process running([](support::tidegate_ports ports) {
        return "listen: {mysql: '127.0.0.1:" + std::to_string(ports.mysql) +
               "', http: '127.0.0.1:" + std::to_string(ports.http) + "'}\nthreads: 1\n" +
               "limits: {queue_timeout: 30s, convoy_wait: 200ms}\n" +
               "primary: {host: 127.0.0.1, port: " + std::to_string(primary().port()) +
               ", connections_max: 3}\nusers: [{name: app, password: app-password}]\n";
    });
    return running;
}

support::mysql_connection session() {
    return tidegate().connect({"app", "app-password", "convoy"});
}

/// Runs `work(session number)` in many sessions at once until `until` holds.
template <class Work, class Condition>
void together(int sessions, Work work, Condition until, std::chrono::seconds deadline = 30s) {
    std::atomic<bool> stop{false};
    std::vector<std::thread> threads;
    for (int i = 0; i < sessions; ++i)
        threads.emplace_back([&, i] {
            auto own = session();
            while (!stop) work(own, i);
        });
    CHECK(support::wait_until(deadline, until));
    stop = true;
    for (std::thread& thread : threads) thread.join();
}

double tidegate_metric(const std::string& name) {
    const std::string page = support::http_get(tidegate().http_port(), "/metrics").body;
    const auto at = page.find("\n" + name + " ");
    if (at == std::string::npos) throw std::runtime_error("no metric " + name);
    return std::stod(page.substr(at + name.size() + 2));
}

double convoyed() {
    return tidegate_metric("tidegate_convoy_statements_total");
}

}  // namespace

TEST_CASE("Sessions that share connections get their own rows, errors and warnings", "[convoy]") {
    std::atomic<int> wrong{0};
    const double before = convoyed();
    together(
        24,
        [&](support::mysql_connection& own, int i) {
            const std::string id = std::to_string(i + 1);
            if (own.value("SELECT c FROM t WHERE id = " + id) != "row " + id) ++wrong;
            if (own.value("SELECT " + id + " + 0 FROM t WHERE id = 1") != id) ++wrong;
            if (i % 6 == 0) {
                try {
                    own.value("SELECT nothing FROM t WHERE id = " + id);
                    ++wrong;
                } catch (const support::server_error& refused) {
                    if (refused.number() != 1054) ++wrong;
                }
            }
            if (i % 6 == 1) {
                own.query("SELECT 1 + '" + id + "x' FROM t WHERE id = 1");
                if (own.warning_count() != 1) ++wrong;
            }
        },
        [&] { return convoyed() > before + 2000; });
    CHECK(wrong == 0);
}

TEST_CASE("Long answers among short ones are whole", "[convoy]") {
    std::atomic<int> wrong{0};
    const double before = convoyed();
    together(
        16,
        [&](support::mysql_connection& own, int i) {
            // One digest, short for some rows and long for others.
            const int id = i == 3 ? 60 : i + 1;
            const auto rows =
                own.query("SELECT id, c, big FROM t WHERE id = " + std::to_string(id));
            const bool right = rows.size() == 1 && rows[0][0] == std::to_string(id) &&
                               (id <= 50 ? !rows[0][2] : rows[0][2]->size() == 300'000);
            if (!right) ++wrong;
            if (own.value("SELECT c FROM t WHERE id = 2") != "row 2") ++wrong;
        },
        [&] { return convoyed() > before + 1000; });
    CHECK(wrong == 0);
}

TEST_CASE("Prepared statements with changing types ride together", "[convoy]") {
    std::atomic<int> wrong{0};
    const double before = convoyed();
    std::atomic<bool> stop{false};
    std::vector<std::thread> threads;
    for (int i = 0; i < 16; ++i)
        threads.emplace_back([&, i] {
            auto own = session();
            MYSQL_STMT* const statement = mysql_stmt_init(own.handle());
            const std::string sql = "SELECT c FROM t WHERE id = ?";
            if (mysql_stmt_prepare(statement, sql.data(), sql.size()) != 0) ++wrong;
            int number = i + 1;
            std::string text = std::to_string(number);
            unsigned long length = text.size();
            MYSQL_BIND as_number{}, as_text{};
            as_number.buffer_type = MYSQL_TYPE_LONG;
            as_number.buffer = &number;
            as_text.buffer_type = MYSQL_TYPE_STRING;
            as_text.buffer = text.data();
            as_text.buffer_length = length;
            as_text.length = &length;
            char value[100] = {};
            unsigned long got = 0;
            MYSQL_BIND out{};
            out.buffer_type = MYSQL_TYPE_STRING;
            out.buffer = value;
            out.buffer_length = sizeof value;
            out.length = &got;
            for (int round = 0; !stop; ++round) {
                // Types are sent by the client only when they change.
                if (round % 5 == 0)
                    mysql_stmt_bind_param(statement, round % 10 == 0 ? &as_number : &as_text);
                const bool ran = mysql_stmt_execute(statement) == 0 &&
                                 mysql_stmt_bind_result(statement, &out) == 0 &&
                                 mysql_stmt_fetch(statement) == 0;
                if (!ran || std::string(value, got) != "row " + text) ++wrong;
                mysql_stmt_free_result(statement);
            }
            mysql_stmt_close(statement);
        });
    CHECK(support::wait_until(30s, [&] { return convoyed() > before + 1000; }));
    stop = true;
    for (std::thread& thread : threads) thread.join();
    CHECK(wrong == 0);
}

TEST_CASE("Transactions and writes among them are what they would be alone", "[convoy]") {
    primary().query(
        "CREATE TABLE IF NOT EXISTS convoy.counters (id INT PRIMARY KEY, n INT); "
        "DELETE FROM convoy.counters");
    std::atomic<int> wrong{0};
    std::atomic<int> written{0};
    const double before = convoyed();
    together(
        16,
        [&](support::mysql_connection& own, int i) {
            if (own.value("SELECT c FROM t WHERE id = 7") != "row 7") ++wrong;
            if (i % 4 != 0) return;
            const std::string id = std::to_string(i);
            own.query("INSERT INTO counters VALUES (" + id +
                      ", 1) ON DUPLICATE KEY UPDATE n = n + 1");
            ++written;
            const int n = std::stoi(own.value("SELECT n FROM counters WHERE id = " + id));
            own.query("BEGIN");
            own.query("UPDATE counters SET n = n + 1000000 WHERE id = " + id);
            const int inside = std::stoi(own.value("SELECT n FROM counters WHERE id = " + id));
            own.query("ROLLBACK");
            if (inside != n + 1000000) ++wrong;
        },
        [&] { return convoyed() > before + 1000 && written > 100; });
    CHECK(wrong == 0);
    CHECK(primary().value("SELECT SUM(n) FROM convoy.counters") == std::to_string(written.load()));
}

TEST_CASE("Killed connections cost no read", "[convoy]") {
    std::atomic<int> wrong{0};
    const double before = convoyed();
    std::atomic<int> kills{0};
    std::thread killer([&] {
        for (int i = 0; i < 5; ++i) {
            CHECK(support::wait_until(20s, [&] { return convoyed() > before + 200.0 * (i + 1); }));
            for (const support::row& one : primary().query(
                     "SELECT id FROM information_schema.processlist WHERE user = 'app' AND db = "
                     "'convoy' LIMIT 1")) {
                try {
                    primary().query("KILL " + one.at(0).value());
                    ++kills;
                } catch (const support::server_error&) {  // it has ended meanwhile
                }
            }
        }
    });
    together(
        16,
        [&](support::mysql_connection& own, int i) {
            // A read that is lost is tried again once; lost twice, the client is told.
            try {
                if (own.value("SELECT c FROM t WHERE id = " + std::to_string(i + 1)) !=
                    "row " + std::to_string(i + 1))
                    ++wrong;
            } catch (const support::server_error& lost) {
                if (lost.number() != 1053) ++wrong;
            }
        },
        [&] { return kills == 5; });
    killer.join();
    CHECK(wrong == 0);
}

TEST_CASE("A statement that is suddenly slow holds up those behind it for a moment only",
          "[convoy]") {
    std::atomic<long> longest_ms{0};
    std::atomic<int> slow{0};
    const auto overdue = [] { return tidegate_metric("tidegate_convoy_overdue_total"); };
    const double before = overdue();
    together(
        16,
        [&](support::mysql_connection& own, int i) {
            if (i == 0 && overdue() == before) {
                for (int quick = 0; quick < 250; ++quick)  // one may have been slow
                    own.query("SELECT SLEEP(0) FROM t WHERE id = 1");
                own.query("SELECT SLEEP(5) FROM t WHERE id = 1");
                ++slow;
                return;
            }
            const auto began = std::chrono::steady_clock::now();
            own.query("SELECT c FROM t WHERE id = " + std::to_string(i + 1));
            const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
                std::chrono::steady_clock::now() - began);
            if (took.count() > longest_ms) longest_ms = took.count();
        },
        // Not at the first time, if nobody is behind it.
        [&] { return overdue() > before && slow > 0; }, 75s);
    CHECK(longest_ms < 4000);
}
