#pragma once

#include <cstddef>
#include <string_view>

#include "rules/sql_mode.hpp"

namespace rules {

/// How many bytes of `text` belong together at `i` (1 or 2), as far as it matters: where the second
/// byte of a character could be mistaken for a quote or a backslash.
std::size_t multibyte_size(std::string_view text, std::size_t i, multibyte charset);

inline std::size_t character_size(std::string_view text, std::size_t i, multibyte charset) {
    return charset == multibyte::none ? 1 : multibyte_size(text, i, charset);
}

}  // namespace rules
