#include "replicator/edge_error.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string>

namespace replicator {
namespace {

// What passes when somebody tidies up: full disk or table, a server that is (super_)read_only.
constexpr std::array<unsigned, 6> passing{1021, 1041, 1114, 1290, 1836, 3100};

// Errors whose text quotes values of rows.
constexpr std::array<unsigned, 6> quoting{1062, 1264, 1292, 1366, 1406, 3819};

bool holds(std::span<const unsigned> numbers, unsigned number) {
    return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
}

}  // namespace

failure edge_failure(const sql_error& why, std::string_view what) {
    std::string text = "edge, " + std::string(what) + ": error " + std::to_string(why.number);
    if (!holds(quoting, why.number)) text += ", " + why.message;
    if (why.lock_conflict()) return fail(errc::edge_busy, std::move(text));
    const bool again = why.connection_lost() || holds(passing, why.number);
    return fail(again ? errc::edge_lost : errc::edge_refused, std::move(text));
}

}  // namespace replicator
