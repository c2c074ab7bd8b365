#pragma once

#include <cstddef>

namespace rules {

// A text may be as long as max_allowed_packet lets it (1 GiB); what is kept of it is bounded by
// these. A statement that passes one of them is `incomplete` and `unknown`.

inline constexpr std::size_t symbols_max = 200'000;    ///< normalised symbols looked at, per text
inline constexpr std::size_t statements_max = 1'000;   ///< statements of one text
inline constexpr std::size_t names_max = 10'000;       ///< distinct names, per statement
inline constexpr std::size_t name_bytes_max = 1'024;   ///< of one name: MySQL has 64 characters
inline constexpr std::size_t assignments_max = 1'000;  ///< of one SET
inline constexpr std::size_t nesting_max = 200;        ///< parentheses in a WHERE clause followed

}  // namespace rules
