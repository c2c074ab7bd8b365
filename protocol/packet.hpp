#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "protocol/bytes.hpp"
#include "protocol/command.hpp"
#include "protocol/error.hpp"

/// Packet framing: 3 bytes payload size, 1 byte sequence id, payload.  A payload of
/// payload_size_max bytes or more is sent as several packets, the last of which is shorter and may
/// be empty.

namespace protocol {

inline constexpr std::size_t header_size = 4;
inline constexpr std::uint32_t payload_size_max = 0xffffff;

struct packet_header {
    std::uint32_t payload_size = 0;  // 0 to payload_size_max
    std::uint8_t sequence = 0;       // wraps from 255 to 0
    friend bool operator==(const packet_header&, const packet_header&) = default;
};

packet_header decode_header(std::span<const std::uint8_t, header_size> bytes) noexcept;
void encode_header(const packet_header& header,
                   std::span<std::uint8_t, header_size> bytes) noexcept;

/// Appends `payload` as one packet, or as several from 16 MiB - 1 on, and advances `sequence` past
/// it.
void append_packet(std::vector<std::uint8_t>& out, bytes_view payload, std::uint8_t& sequence);

/// Starts a packet in place: appends room for its header and returns where that is, so that a
/// payload may be encoded straight behind it.  finish_packet() then fills the header in.
std::size_t begin_packet(std::vector<std::uint8_t>& out);

/// Frames everything appended since begin_packet() returned `header_at`, splitting it if need be.
void finish_packet(std::vector<std::uint8_t>& out, std::size_t header_at, std::uint8_t& sequence);

/// Appends a command as a client sends it: one packet, or several, with sequence ids from 0 on.
void append_command(std::vector<std::uint8_t>& out, command what, bytes_view argument);
inline void append_command(std::vector<std::uint8_t>& out, command what,
                           std::string_view argument) {
    append_command(out, what, as_bytes(argument));
}

/// Joins packets back to payloads, with a limit and a check of the sequence ids.
///
/// For login and for commands that must be seen whole; results are relayed without it.  Give it
/// bytes as they come: it takes no more than up to the end of one payload, so that what follows (a
/// TLS handshake, the next command) stays with the caller.  An error is final: close the
/// connection.
class packet_assembler {
public:
    explicit packet_assembler(std::size_t payload_bytes_max) noexcept
        : payload_bytes_max_(payload_bytes_max) {}

    /// Returns how many bytes of `input` it took; with complete() the rest is not looked at.
    /// Errors: wrong_sequence; too_long, as soon as a header announces more than the limit.
    result<std::size_t> feed(bytes_view input);

    /// True when payload() is whole.
    bool complete() const noexcept { return complete_; }
    /// The payload; valid until the next call of next() or feed().
    bytes_view payload() const noexcept { return payload_; }
    /// The sequence id of the payload's (last) packet.
    std::uint8_t sequence() const noexcept { return static_cast<std::uint8_t>(expected_ - 1); }

    /// Forgets the payload and waits for the next one, whose sequence id follows on.
    void next() noexcept;
    /// As next(), but the sequence id of the next packet is `sequence`, such as 0 for a new
    /// command.
    void next(std::uint8_t sequence) noexcept;

    /// How many bytes are surely missing until complete(); at least 1 unless complete().
    std::size_t wanted() const noexcept;

private:
    result<void> begin_body();

    std::size_t payload_bytes_max_;
    std::vector<std::uint8_t> payload_;
    std::uint8_t header_[header_size] = {};
    std::size_t header_bytes_ = 0;
    std::size_t body_left_ = 0;
    std::uint8_t expected_ = 0;
    bool more_follows_ = false;
    bool complete_ = false;
};

}  // namespace protocol
