#pragma once

#include <bitset>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/pin_reason.hpp"
#include "proxy/worker_counters.hpp"
#include "rules/sql_mode.hpp"

namespace proxy {

/// Why and since when a session keeps its connection: one entry for each reason that holds now.
/// Not for several threads.
class pin_ledger {
public:
    using clock = std::chrono::steady_clock;
    struct entry {
        pin_reason why{};
        clock::time_point since{};
        std::string statement{};  // that began it, without its literals
    };

    /// Takes note of what pins now, after a statement.  Counts what has begun.  Mostly nothing has
    /// changed, and that costs a comparison.
    void update(const std::bitset<pin_reason_count>& pins, std::string_view statement,
                const rules::lex_options& lexing, worker_counters& count);

    /// Without pin_reason::last_statement, which comes and goes with every warning.
    const std::vector<entry>& entries() const noexcept { return entries_; }

private:
    std::bitset<pin_reason_count> noted_;
    std::vector<entry> entries_;
};

/// An entry of some session's ledger, for people.
struct pin_report {
    std::uint32_t connection = 0;  // CONNECTION_ID()
    std::string user{};
    pin_reason why{};
    std::string statement{};
    std::chrono::milliseconds age{};
};

}  // namespace proxy
