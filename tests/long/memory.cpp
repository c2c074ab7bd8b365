// Tidegate's resident size under 200 clients does not grow: at the end it is what it was after a
// sixth of the time (minutes 5 and 30), within 5 %.
//
// 100 clients of sysbench oltp_read_write and 100 of oltp_point_select, the latter on new
// connections every ten seconds, so that sessions come and go; reads may go to an edge.
// TIDEGATE_MEMORY_MINUTES: 30 if not set.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <thread>

#include "tests/integration/cluster.hpp"
#include "tests/long/bars.hpp"
#include "tests/long/sysbench.hpp"

using namespace long_test;
using namespace std::chrono_literals;

namespace {

constexpr int rows = 10'000;
constexpr double growth_percent_max = 5;

double megabytes(std::size_t bytes) {
    return std::round(static_cast<double>(bytes) / 1e4) / 100;
}

// A second's noise, such as buffers in use at that instant, is no growth: the median of some looks.
double resident_megabytes(integration::cluster& servers) {
    std::vector<double> looks;
    for (int i = 0; i < 11; ++i) {
        looks.push_back(megabytes(servers.tidegate().resident_bytes()));
        std::this_thread::sleep_for(500ms);
    }
    std::sort(looks.begin(), looks.end());
    return looks[looks.size() / 2];
}

/// The clients that come and go.
class visitors {
public:
    explicit visitors(const sysbench_options& options) : options_(options) { begin(); }

    void renew() {
        if (run_->running()) return;
        run_->finish();
        begin();
    }
    void finish() { run_->finish(); }

private:
    void begin() { run_ = std::make_unique<sysbench>(options_, "run"); }

    sysbench_options options_;
    std::unique_ptr<sysbench> run_;
};

int test() {
    const int minutes = setting("TIDEGATE_MEMORY_MINUTES", 30);
    const auto whole = std::chrono::minutes(minutes);
    const std::string columns =
        " (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, k INT NOT NULL DEFAULT 0, "
        "c CHAR(120) NOT NULL DEFAULT '', pad CHAR(60) NOT NULL DEFAULT '', KEY (k));";
    std::string schema = "CREATE DATABASE sbtest;";
    for (const std::string table : {"sbtest.sbtest1", "sbtest.sbtest2"}) {
        schema += "CREATE TABLE " + table + columns +
                  "SET SESSION cte_max_recursion_depth = 10000;"
                  "INSERT INTO " +
                  table +
                  " (id, k, c, pad) WITH RECURSIVE i (i) AS (SELECT 1 UNION "
                  "ALL SELECT i + 1 FROM i WHERE i < 10000) "
                  "SELECT i, i, REPEAT('c', 119), REPEAT('p', 59) FROM i;";
    }
    integration::cluster servers(
        {.schema = schema, .tables = {"{table: sbtest.sbtest1}", "{table: sbtest.sbtest2}"}});
    if (!servers.wait_until_caught_up()) throw std::runtime_error("the edge does not catch up");

    const sysbench_options base{.port = servers.tidegate().port(), .clients = 100, .rows = rows};
    sysbench_options steady = base;
    steady.workload = "oltp_read_write";
    steady.seconds = static_cast<int>(std::chrono::seconds(whole).count()) + 30;
    sysbench_options passing = base;
    passing.workload = "oltp_point_select";

    const auto begin = std::chrono::steady_clock::now();
    sysbench residents(steady, "run");
    visitors guests(passing);
    double early = 0;
    auto next_line = begin;
    while (std::chrono::steady_clock::now() < begin + whole) {
        if (!residents.running()) residents.finish();  // throws with the reason
        guests.renew();
        const auto now = std::chrono::steady_clock::now();
        if (early == 0 && now >= begin + whole / 6) early = resident_megabytes(servers);
        if (now >= next_line) {
            progress("resident: " + std::to_string(megabytes(servers.tidegate().resident_bytes())) +
                     " MB");
            next_line = now + 30s;
        }
        std::this_thread::sleep_for(500ms);
    }
    const double late = resident_megabytes(servers);
    const double growth = std::round((late - early) / early * 10000) / 100;
    progress("after a sixth: " + std::to_string(early) +
             " MB, at the end: " + std::to_string(late) + " MB");

    bars result;
    result.at_least("memory_minutes", minutes, minutes);
    result.at_most("memory_growth_percent", growth, growth_percent_max);
    return result.print();
}

}  // namespace

int main() {
    return run(&test);
}
