#pragma once

#include <cstddef>
#include <cstdint>

#include "protocol/bytes.hpp"
#include "protocol/error.hpp"

namespace protocol {

/// The type byte of a binlog event.  A value without a name here is a type we do not know; see
/// may_skip().
enum class event_type : std::uint8_t {
    unknown = 0,
    query = 2,
    stop = 3,
    rotate = 4,
    intvar = 5,
    rand = 13,
    user_var = 14,
    format_description = 15,
    xid = 16,
    begin_load_query = 17,
    execute_load_query = 18,
    table_map = 19,
    write_rows_v1 = 23,
    update_rows_v1 = 24,
    delete_rows_v1 = 25,
    incident = 26,
    heartbeat = 27,
    ignorable = 28,
    rows_query = 29,
    write_rows = 30,
    update_rows = 31,
    delete_rows = 32,
    gtid = 33,
    anonymous_gtid = 34,
    previous_gtids = 35,
    transaction_context = 36,
    view_change = 37,
    xa_prepare = 38,
    partial_update_rows = 39,
    transaction_payload = 40,
    heartbeat_v2 = 41,
    gtid_tagged = 42,
};

namespace event_flag {
inline constexpr std::uint16_t binlog_in_use = 0x01;    // of the first event of an open file
inline constexpr std::uint16_t thread_specific = 0x04;  // the statement used temporary tables
inline constexpr std::uint16_t suppress_use = 0x08;
inline constexpr std::uint16_t artificial = 0x20;  // made by the dump thread, not in the file
inline constexpr std::uint16_t ignorable = 0x80;   // may be skipped by who does not know it
}  // namespace event_flag

/// What follows each event of a binlog file: nothing, or its CRC32 in four bytes.
enum class checksum_algorithm : std::uint8_t { none = 0, crc32 = 1 };

/// The 19 bytes in front of every event.
struct event_header {
    static constexpr std::size_t size = 19;

    std::uint32_t timestamp = 0;  // seconds since 1970, when the statement began; 0 if artificial
    event_type type = event_type::unknown;
    std::uint32_t server_id = 0;   // of the server that first logged the event
    std::uint32_t event_size = 0;  // header, body and checksum
    /// Where the next event begins, modulo 2^32; 0 in artificial events and inside a
    /// transaction_payload.
    std::uint32_t next_position = 0;
    std::uint16_t flags = 0;  // of event_flag

    bool has(std::uint16_t flag) const noexcept { return (flags & flag) != 0; }

    friend bool operator==(const event_header&, const event_header&) = default;
};

/// One event, taken apart but not interpreted.  The views point into the bytes it came from.
struct binlog_event_view {
    event_header header{};
    bytes_view body{};  // what follows the header, without the checksum
    bytes_view raw{};   // header and body, without the checksum
};

/// Reads the header at the start of `data`, which may go on past the event.
/// @return `errc::truncated`, or `errc::malformed` for a size smaller than a header.
result<event_header> decode_event_header(bytes_view data) noexcept;

/// Reads one event, as it follows the OK byte of a dump packet or stands in a binlog file, and
/// verifies its checksum.
///
/// @param data       Exactly one event, its checksum included.
/// @param algorithm  What the current format_description says; before the first one, what the
///                   replica asked for with `SET @source_binlog_checksum`.  Ignored for a
///                   format_description event itself, which always carries a CRC32.
/// @return `errc::truncated`, `errc::malformed` if the size in the header is not that of `data`,
///         or `errc::checksum_mismatch`.
result<binlog_event_view> decode_event(bytes_view data, checksum_algorithm algorithm) noexcept;

/// Cuts the first event off `rest`, for events that stand one behind another: in a binlog file
/// behind its four magic bytes, or in a transaction_payload.  Errors are those of decode_event().
result<binlog_event_view> take_event(bytes_view& rest, checksum_algorithm algorithm) noexcept;

/// True if this code knows the event's type by name.
bool is_known(event_type type) noexcept;

/// What a replica must do with an event that it does not handle: skip it if its writer said that
/// that loses nothing, otherwise stop.
/// @return success to skip, `errc::unknown_event` to stop.
result<void> may_skip(const event_header& header) noexcept;

}  // namespace protocol
