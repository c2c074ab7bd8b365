#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/bytes.hpp"

/// Payloads for the wire tests.
namespace wire_bytes {

using bytes = std::vector<std::uint8_t>;

/// Bytes from hex digits, such as a capture; spaces are skipped.
bytes hex(std::string_view digits);

/// For messages of failed checks.
std::string to_hex(protocol::bytes_view value);

inline bytes of(std::string_view text) {
    return {text.begin(), text.end()};
}

/// What encode(value, more..., writer) writes.
template <class Value, class... More>
bytes encoded(const Value& value, More... more) {
    bytes out;
    protocol::writer to(out);
    encode(value, more..., to);
    return out;
}

/// Calls visit with each proper prefix of `full`, each in a block of its own, so that
/// AddressSanitizer sees a decoder that reads past the end.
template <class Visitor>
void for_each_cut(const bytes& full, Visitor&& visit) {
    for (std::size_t size = 0; size < full.size(); ++size)
        visit(bytes(full.begin(), full.begin() + static_cast<std::ptrdiff_t>(size)));
}

}  // namespace wire_bytes
