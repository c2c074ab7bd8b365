#pragma once

#include <bit>
#include <cstdint>

#include "protocol/bytes.hpp"

namespace protocol {

// The integers of mysql::serialization, found in gtid_tagged events and in GTID sets with tags.
//
// The number of one-bits at the low end of the first byte is the number of bytes that follow; a
// zero-bit ends them, unless there are eight.  The other bits, little-endian, are the value:
//
//     xxxxxxx0                       7 bits
//     xxxxxx01 xxxxxxxx             14 bits
//     ...
//     11111111 and eight bytes      64 bits

/// Reads an unsigned integer; a short read makes `in` fail.
inline std::uint64_t read_varint(cursor& in) noexcept {
    const std::uint8_t first = in.u8();
    const auto more = static_cast<unsigned>(std::countr_one(first));
    if (more == 0) return first >> 1;
    const std::uint64_t high = in.fixed(more);
    if (more == 8) return high;
    // One byte is in hand; its upper 7 - more bits are the value's lowest.
    const unsigned low_bits = 7 - more;
    return high << low_bits | (low_bits == 0 ? 0U : static_cast<unsigned>(first >> (more + 1)));
}

/// Reads a signed integer: the sign is in the lowest bit, the other bits count away from zero
/// (0, -1, 1, -2, ...).
inline std::int64_t read_signed_varint(cursor& in) noexcept {
    const std::uint64_t raw = read_varint(in);
    return static_cast<std::int64_t>(raw >> 1 ^ (0 - (raw & 1)));
}

/// Appends an unsigned integer of less than 2^7, such as the size of a tag.
inline void write_small_varint(writer& out, std::uint8_t value) {
    out.u8(static_cast<std::uint8_t>(value << 1));
}

}  // namespace protocol
