#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/mysql_server.hpp"

namespace long_test {

/// A table of the workload and what of it the edge keeps.
struct kept_table {
    std::string name;     // schema.table
    std::string columns;  // that the edge keeps, in the edge's order
    std::string key;      // columns to sort by
    std::string where;    // the row filter as SQL
    std::string rule;     // the same as a rule of tidegate.yaml
};

/// Statements that make the workload's schema and some rows.
std::string workload_schema();
const std::vector<kept_table>& workload_tables();

/// Threads that change rows on the primary without an end: inserts, updates, deletes, changes of
/// primary keys, transactions over several tables, rows that move in and out of a row filter.
class crash_workload {
public:
    crash_workload(support::mysql_server& primary, unsigned seed);
    ~crash_workload();
    crash_workload(const crash_workload&) = delete;
    crash_workload& operator=(const crash_workload&) = delete;

    /// Lets every writer finish its transaction, and returns when none is open.
    void pause();
    void resume();
    long transactions() const { return transactions_; }
    /// What went wrong in a writer, or nothing.
    std::string problem();

private:
    void write(unsigned seed, const std::stop_token& stop);
    bool may_go_on(const std::stop_token& stop);

    support::mysql_server* primary_;
    std::atomic<long> transactions_ = 0;
    std::mutex mutex_;
    std::condition_variable_any changed_;
    bool paused_ = false;
    int writing_ = 0;
    std::string problem_;
    std::vector<std::jthread> threads_;
};

}  // namespace long_test
