#pragma once

#include <string>
#include <string_view>

#include "rules/token.hpp"

namespace rules {

/// The inside of a quoted name or string: `a``b` gives a``b.  A missing end quote is none.
/// @param text  starts with the quote
constexpr std::string_view inside_quotes(std::string_view text) {
    const char quote = text.front();
    text.remove_prefix(1);
    if (!text.empty() && text.back() == quote) text.remove_suffix(1);
    return text;
}

/// Calls `take` with each byte of a quoted name's inside, a doubled quote as one.
template <class Take>
constexpr void each_byte_unquoted(std::string_view inside, char quote, Take take) {
    for (std::size_t i = 0; i < inside.size(); i += inside[i] == quote ? 2 : 1) take(inside[i]);
}

/// The name that an identifier token stands for, exactly as spelled.
std::string name_of(const token& t);

/// The same in lower case (ASCII).
std::string lower_name_of(const token& t);

/// The x of @x, @'x' and @@x, lower case.
std::string variable_name_of(const token& t);

}  // namespace rules
