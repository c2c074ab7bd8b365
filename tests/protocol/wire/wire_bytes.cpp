#include "wire_bytes.hpp"

#include <charconv>
#include <stdexcept>

namespace wire_bytes {

bytes hex(std::string_view digits) {
    std::string packed;
    for (const char c : digits)
        if (c != ' ' && c != '\n') packed += c;
    bytes out(packed.size() / 2);
    for (std::size_t i = 0; i < out.size(); ++i) {
        const char* const pair = packed.data() + 2 * i;
        if (std::from_chars(pair, pair + 2, out[i], 16).ptr != pair + 2)
            throw std::invalid_argument("not hex: " + packed);
    }
    return out;
}

std::string to_hex(protocol::bytes_view value) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (const std::uint8_t byte : value) {
        out += digits[byte >> 4];
        out += digits[byte & 15];
    }
    return out;
}

}  // namespace wire_bytes
