#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "protocol/error.hpp"

namespace protocol {

/// Follows the packets of a file that a client sends for LOAD DATA LOCAL, up to the empty one that
/// ends it, so that they can be sent on as they come.
///
/// Only headers are looked at.  Their sequence ids are checked and then rewritten to what the
/// server expects.  Bytes behind the end belong to the client's next command and are left alone.
/// An error is final: close the connection.
class file_packets {
public:
    /// `first` is the sequence id of the client's first packet; the server's is lower by `shift`.
    file_packets(std::uint8_t first, std::uint8_t shift) noexcept
        : expected_(first), shift_(shift) {}

    /// Returns how many of `bytes`, those that follow what was taken before, can be sent on.  What
    /// it leaves until done() is a part of a header: it must come again, with more behind it.
    /// Errors: wrong_sequence.
    result<std::size_t> take(std::span<std::uint8_t> bytes);

    /// True when the empty packet has been taken.
    bool done() const noexcept { return done_; }

private:
    std::uint8_t expected_;
    std::uint8_t shift_;
    std::size_t body_left_ = 0;
    bool continues_ = false;  // the last packet was full: an empty one only ends its payload
    bool done_ = false;
};

}  // namespace protocol
