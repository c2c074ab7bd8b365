#include "rules/utf8.hpp"

#include <cstdint>

namespace rules {
namespace {

/// Bytes of the character that begins with this one; 0: none does.
std::size_t size_of(std::uint8_t first) noexcept {
    if (first < 0x80) return 1;
    if (first < 0xc2) return 0;  // a later byte, or a longer form of ASCII
    if (first < 0xe0) return 2;
    if (first < 0xf0) return 3;
    return first < 0xf5 ? 4 : 0;
}

bool is_second(std::uint8_t first, std::uint8_t second) noexcept {
    switch (first) {
        case 0xe0:
            return second >= 0xa0;
        case 0xed:
            return second < 0xa0;  // a surrogate
        case 0xf0:
            return second >= 0x90;
        case 0xf4:
            return second < 0x90;
        default:
            return true;
    }
}

}  // namespace

bool is_utf8(std::string_view text, std::size_t character_bytes_max) noexcept {
    const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(text[at]); };
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t size = size_of(byte(at));
        if (size == 0 || size > character_bytes_max || size > text.size() - at) return false;
        for (std::size_t i = 1; i < size; ++i)
            if ((byte(at + i) & 0xc0) != 0x80) return false;
        if (size > 1 && !is_second(byte(at), byte(at + 1))) return false;
        at += size;
    }
    return true;
}

}  // namespace rules
