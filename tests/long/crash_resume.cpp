// Tidegate is killed (SIGKILL) again and again at random moments of the initial copy, of catching
// up and of following, while writers go on at the primary.  After each restart, once the edge's
// watermark holds all that the primary has executed, the edge's tables are compared with the
// primary's filtered contents, row by row.
//
// TIDEGATE_KILLS: how often that is done; 20 if not set; some rounds kill more than once.
//  TIDEGATE_SEED: repeats a run's random choices.
#include <random>
#include <thread>

#include "tests/integration/cluster.hpp"
#include "tests/long/bars.hpp"
#include "tests/long/crash_workload.hpp"

using namespace long_test;
using namespace std::chrono_literals;

namespace {

std::string select(const kept_table& table, const std::string& where) {
    return "SELECT " + table.columns + " FROM " + table.name + " WHERE " + where + " ORDER BY " +
           table.key;
}

std::string to_text(const support::row& row) {
    std::string text;
    for (const auto& value : row) text += " " + value.value_or("NULL");
    return text;
}

// The first rows that differ, for whoever has to find out why.
void print_difference(const support::rows& expected, const support::rows& seen) {
    constexpr int printed_max = 5;
    int printed = 0;
    for (std::size_t i = 0; i < std::max(expected.size(), seen.size()); ++i) {
        if (i < expected.size() && i < seen.size() && expected[i] == seen[i]) continue;
        progress("  primary:" + (i < expected.size() ? to_text(expected[i]) : " no row"));
        progress("  edge:   " + (i < seen.size() ? to_text(seen[i]) : " no row"));
        if (++printed == printed_max) return;
    }
}

bool all_equal(integration::cluster& servers, std::size_t& rows) {
    bool equal = true;
    rows = 0;
    for (const kept_table& table : workload_tables()) {
        const support::rows expected = servers.primary().query(select(table, table.where));
        const support::rows seen = servers.edge().query(select(table, "1"));
        rows += expected.size();
        if (seen == expected) continue;
        equal = false;
        progress("DIFFERENT: " + table.name + ": " + std::to_string(expected.size()) +
                 " rows on the primary, " + std::to_string(seen.size()) + " on the edge");
        print_difference(expected, seen);
    }
    return equal;
}

/// Writers stand still; true if the edge then comes to hold exactly what it should.
bool edge_is_exact(integration::cluster& servers, int round) {
    if (!servers.wait_until_caught_up(120s)) {
        progress("round " + std::to_string(round) + ": the edge does not catch up");
        progress(servers.tidegate().log());
        return false;
    }
    std::size_t rows = 0;
    const bool equal = all_equal(servers, rows);
    progress("round " + std::to_string(round) + ": " + std::to_string(rows) + " rows " +
             (equal ? "equal" : "NOT EQUAL"));
    return equal;
}

int test() {
    const int rounds = setting("TIDEGATE_KILLS", 20);
    const auto seed = static_cast<unsigned>(
        setting("TIDEGATE_SEED", 1 + static_cast<int>(std::random_device{}() % 1'000'000)));
    progress("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const auto moment = [&](int least, int most) {
        std::uniform_int_distribution<int> any(least, most);
        return std::chrono::milliseconds(any(random));
    };

    integration::cluster_options options{.schema = workload_schema()};
    for (const kept_table& table : workload_tables()) options.tables.push_back(table.rule);
    integration::cluster servers(options);
    crash_workload writers(servers.primary(), seed);

    int killed = 0, equal = 0;
    const auto kill_and_restart = [&](std::chrono::milliseconds down) {
        servers.tidegate().kill();
        ++killed;
        std::this_thread::sleep_for(down);
        servers.tidegate().start();
    };
    for (int round = 1; round <= rounds; ++round) {
        // The first processes do not live long enough to copy everything.  Some later ones have
        // much to catch up with, and are killed again while they do.
        std::this_thread::sleep_for(round == 1 ? moment(0, 300) : moment(20, 1500));
        kill_and_restart(round % 5 == 0 ? 2000ms : moment(0, 200));
        for (int more = round == 1 ? 3 : round % 4 == 0 ? 1 : 0; more > 0; --more) {
            std::this_thread::sleep_for(moment(0, 400));
            kill_and_restart(0ms);
        }
        writers.pause();
        equal += edge_is_exact(servers, round) ? 1 : 0;
        writers.resume();
    }
    progress(std::to_string(writers.transactions()) + " transactions were written");
    if (!writers.problem().empty())
        throw std::runtime_error("a writer ended: " + writers.problem());

    bars result;
    result.at_least("crash_resume_kills", killed, rounds);
    result.equal("crash_resume_equal", equal, rounds);
    return result.print();
}

}  // namespace

int main() {
    return run(&test);
}
