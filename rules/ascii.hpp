#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace rules {

// Classes of bytes as MySQL's lexer has them, whatever the locale.  Bytes from 0x80 on are parts of
// words: every multi-byte character is one.

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

constexpr bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

constexpr bool is_control(char c) {
    return (static_cast<unsigned char>(c) < 0x20) || c == 0x7f;
}

constexpr bool is_hex_digit(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// What an unquoted identifier is made of.
inline constexpr auto word_bytes = [] {
    std::array<bool, 256> in{};
    for (std::size_t c = 0; c < in.size(); ++c)
        in[c] = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                c == '_' || c == '$' || c >= 0x80;
    return in;
}();
constexpr bool is_word(char c) {
    return word_bytes[static_cast<unsigned char>(c)];
}

constexpr char to_lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
constexpr char to_upper(char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
}

constexpr bool equal_ignoring_case(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (to_upper(a[i]) != to_upper(b[i])) return false;
    return true;
}

inline std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = to_lower(c);
    return out;
}

}  // namespace rules
