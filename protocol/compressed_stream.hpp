#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "protocol/bytes.hpp"
#include "protocol/compression.hpp"
#include "protocol/error.hpp"

/// The compressed protocol: from the end of the login on, the stream of ordinary packets is cut
/// into compressed packets wherever it suits the sender.
///
///   3 bytes size of the content as sent, 1 byte sequence id, 3 bytes size of the content
///   uncompressed or 0 if it is sent as it is, content
///
/// Sequence ids are of this layer's own.  They begin at 0 with each command; an answer goes on from
/// the command's.

namespace protocol {

inline constexpr std::size_t compressed_header_size = 7;
inline constexpr std::size_t compressed_content_max = 0xffffff;
/// Shorter content is sent as it is, as MySQL does: compressed it would rarely be shorter.
inline constexpr std::size_t compressed_content_min = 50;

/// Appends `content`, 1 to compressed_content_max bytes, as one compressed packet: as it is if it
/// is short or does not get shorter.  `how` is not none.
void append_compressed_packet(std::vector<std::uint8_t>& out, bytes_view content,
                              std::uint8_t sequence, const compression& how,
                              compression_memory& memory);

/// Turns compressed packets back into the stream that was cut.
///
/// Bytes go in as they come and come out in pieces, so that no more is held than the algorithm's
/// window.  A packet can make no more than it states.  An error is final: close the connection.
class compressed_reader {
public:
    /// `algorithm` is not none.  `memory` must outlive the reader.
    compressed_reader(compression_algorithm algorithm, compression_memory& memory) noexcept
        : algorithm_(algorithm), memory_(&memory) {}
    ~compressed_reader() { finish_packet(); }
    compressed_reader(const compressed_reader&) = delete;
    compressed_reader& operator=(const compressed_reader&) = delete;

    struct progress {
        std::size_t used = 0;  // of the input
        std::size_t made = 0;  // of the output
    };
    /// Goes on until `input` is used up, `output` is full or a packet ends, whichever is first.
    /// Errors: wrong_sequence; malformed (a packet without content); decompress_failed (also for
    /// content that is not exactly as long as stated).
    result<progress> read(bytes_view input, std::span<std::uint8_t> output);

    /// True when a packet has given all its content and lacks only bytes that make none.
    bool owes_end() const noexcept { return in_packet_ && content_left_ == 0; }
    /// How many bytes of the packet are still to be read; at least 1.
    std::size_t wanted() const noexcept {
        return in_packet_ ? sent_left_ : compressed_header_size - header_bytes_;
    }

    /// The sequence id that the next packet must have.
    void expect(std::uint8_t sequence) noexcept { expected_ = sequence; }
    std::uint8_t expected() const noexcept { return expected_; }

private:
    result<void> begin_packet();
    result<progress> read_content(bytes_view input, std::span<std::uint8_t> output);
    result<progress> decompress(bytes_view input, std::span<std::uint8_t> output);
    void finish_packet() noexcept;

    compression_algorithm algorithm_;
    compression_memory* memory_;
    std::unique_ptr<decompressor> decompressor_;  // in the middle of a compressed packet
    std::uint8_t header_[compressed_header_size] = {};
    std::size_t header_bytes_ = 0;
    std::size_t sent_left_ = 0;     // of this packet, as sent
    std::size_t content_left_ = 0;  // of this packet, uncompressed
    std::uint8_t expected_ = 0;
    bool in_packet_ = false;
};

}  // namespace protocol
