#pragma once

#include <cstdint>

#include "protocol/bytes.hpp"
#include "protocol/error.hpp"

namespace protocol {

/// The end of definitions or rows on connections without CLIENT_DEPRECATE_EOF.
struct eof_packet {
    static constexpr std::uint8_t header = 0xfe;
    static constexpr std::size_t payload_size = 5;
    /// A longer packet that starts with 0xfe is a row (or an OK), never an EOF.
    static constexpr std::uint32_t payload_size_limit = 8;

    std::uint16_t warnings = 0;
    std::uint16_t status = 0;
    friend bool operator==(const eof_packet&, const eof_packet&) = default;
};

result<eof_packet> decode_eof(bytes_view payload);
void encode(const eof_packet& value, writer& out);

}  // namespace protocol
