#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "protocol/binlog_event.hpp"
#include "protocol/bytes.hpp"

namespace protocol {

/// A transaction_payload event: the events of a whole transaction but for its GTID, compressed.
///
/// Any session of the source may turn compression on: a reader that ignores this event loses
/// transactions without noticing.
struct transaction_payload {
    enum class compression : std::uint8_t { zstd = 0, none = 255 };

    compression algorithm = compression::none;
    std::uint64_t uncompressed_size = 0;  // as the event claims; 0 if it does not
    bytes_view data{};                    // points into the event
};

/// @return `errc::unsupported` for an unknown compression.
result<transaction_payload> decode_transaction_payload(const binlog_event_view& event);

/// The events inside, one behind another, to be read with
/// `take_event(rest, checksum_algorithm::none)`.  Their next_position is 0.
/// @param size_max  Memory that the result may take, whatever the event claims.
/// @return `errc::limit_exceeded` beyond size_max, `errc::decompress_failed` or
///         `errc::truncated` for bad zstd data.
result<std::vector<std::uint8_t>> decompress(const transaction_payload& payload,
                                             std::size_t size_max);

}  // namespace protocol
