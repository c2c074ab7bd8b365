#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "rules/sql_mode.hpp"

namespace rules {

/// One call of GET_LOCK(), RELEASE_LOCK() or RELEASE_ALL_LOCKS() in a text.
struct lock_call {
    enum class kind : std::uint8_t { take, release, release_all };
    kind what = kind::take;
    /// The lock's name as the string literal that was written; empty if it is any other expression.
    /// Points into the text.
    std::string_view name;
};

/// The calls in `text`, in order; may find some that are no calls (an alias of that name), and
/// never misses one, but for those inside stored routines.
std::vector<lock_call> lock_calls(std::string_view text, const lex_options& options);

}  // namespace rules
