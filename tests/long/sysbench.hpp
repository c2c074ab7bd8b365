#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/child_process.hpp"
#include "tests/support/temp_folder.hpp"

namespace long_test {

struct sysbench_options {
    std::string workload{};  // oltp_point_select, …
    std::uint16_t port = 0;
    int clients = 1;
    int seconds = 10;
    std::string prepared = "auto";  // --db-ps-mode: auto or disable
    int tables = 2;
    int rows = 10'000;  // of a table
};

/// A running sysbench, as account app in the schema sbtest.
class sysbench {
public:
    /// `command`: prepare, run, cleanup.
    sysbench(const sysbench_options& options, const std::string& command);

    bool running() { return process_.running(); }
    /// Waits for the end and returns the report.  Throws std::runtime_error with what sysbench said
    /// if it failed or did not end in time.
    std::string finish();

private:
    support::temp_folder folder_;
    support::child_process process_;
    int seconds_;
};

/// The number behind `label` in a sysbench report: "ignored errors:", "queries:".
double reported(const std::string& report, const std::string& label);

/// Makes the schema sbtest with its tables on the server at `port`.
void prepare_sysbench(sysbench_options options);

}  // namespace long_test
