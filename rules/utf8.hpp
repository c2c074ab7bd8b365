#pragma once

#include <cstddef>
#include <string_view>

namespace rules {

/// Whether MySQL takes `text` for valid utf8mb4, or utf8mb3 if characters have at most
/// `character_bytes_max` 3 bytes: the shortest forms only, no surrogates (tried on 9.7).
bool is_utf8(std::string_view text, std::size_t character_bytes_max) noexcept;

}  // namespace rules
