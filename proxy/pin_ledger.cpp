#include "proxy/pin_ledger.hpp"

#include "rules/digest.hpp"

namespace proxy {
namespace {

constexpr std::size_t statement_bytes_max = 256;

}  // namespace

void pin_ledger::update(const std::bitset<pin_reason_count>& pins, std::string_view statement,
                        const rules::lex_options& lexing, worker_counters& count) {
    if (pins == noted_) return;
    std::erase_if(entries_,
                  [&](const entry& e) { return !pins.test(static_cast<std::size_t>(e.why)); });
    const auto begun = pins & ~noted_;
    noted_ = pins;
    for (std::size_t i = 0; i < pin_reason_count; ++i) {
        if (!begun.test(i)) continue;
        const auto why = static_cast<pin_reason>(i);
        count.pins[why].add();
        if (why == pin_reason::last_statement) continue;
        entries_.push_back(
            {why, clock::now(), rules::digest_text(statement, lexing, statement_bytes_max)});
    }
    if (entries_.empty()) entries_ = {};
}

}  // namespace proxy
