#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/bytes.hpp"
#include "protocol/error.hpp"

namespace protocol {

/// The server's "done", also as the end of a result when EOF packets are deprecated.
/// Views point into the decoded payload.
struct ok_packet {
    static constexpr std::uint8_t plain_header = 0x00;
    static constexpr std::uint8_t result_end_header = 0xfe;

    std::uint8_t header = plain_header;
    std::uint64_t affected_rows = 0;
    std::uint64_t last_insert_id = 0;
    std::uint16_t status = 0;  // server_status bits
    std::uint16_t warnings = 0;
    std::string_view info{};
    /// With CLIENT_SESSION_TRACK and session_state_changed: see session_track.hpp.
    bytes_view session_state{};
};

bool operator==(const ok_packet& a, const ok_packet& b) noexcept;

/// `capabilities` are those of the connection: a session state needs CLIENT_SESSION_TRACK.
result<ok_packet> decode_ok(bytes_view payload, std::uint32_t capabilities);

/// Sets or clears session_state_changed on the wire as session_state and the capabilities demand.
void encode(const ok_packet& value, std::uint32_t capabilities, writer& out);

}  // namespace protocol
