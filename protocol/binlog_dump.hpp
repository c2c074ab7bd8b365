#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/bytes.hpp"
#include "protocol/gtid_set.hpp"

namespace protocol {

/// COM_REGISTER_SLAVE: lets the source list this replica in `SHOW REPLICAS`.  Optional.
struct register_replica {
    std::uint32_t server_id = 0;  // unlike that of any other server of the topology
    std::string_view host{};      // what the replica calls itself: at most 255 bytes each
    std::string_view user{};
    std::string_view password{};  // shown to whoever may list replicas: leave it empty
    std::uint16_t port = 0;
};

/// Appends the command's payload, command byte included.  Longer texts are cut at 255 bytes.
void encode(const register_replica& replica, writer& out);

namespace dump_flag {
/// End the stream with an EOF packet at the end of the last binlog, instead of waiting there.
inline constexpr std::uint16_t non_blocking = 0x01;
/// Send heartbeat_v2 events, whose position does not wrap at 4 GiB.
inline constexpr std::uint16_t heartbeat_v2 = 0x02;
/// The GTID set is encoded without tags; it does not keep tagged transactions from the stream.
inline constexpr std::uint16_t untagged_set = 0x04;
}  // namespace dump_flag

/// COM_BINLOG_DUMP_GTID: asks the source for every transaction that is not in a set.
///
/// What the source answers depends on user variables the replica must set first, on the same
/// connection (the names with `master_` are for sources before 8.0.26):
///
///     SET @source_binlog_checksum = 'CRC32', @master_binlog_checksum = 'CRC32'
///         -- without it the source takes us for one that knows no checksums: error 1236
///     SET @source_heartbeat_period = <nanoseconds>, @master_heartbeat_period = <nanoseconds>
///     SET @replica_uuid = '<uuid>', @slave_uuid = '<uuid>'
///         -- ends another dump with the same uuid: how a successor gets rid of a dead reader
///
/// Each packet of the answer is 0x00 and one event (see decode_event), an ERR packet, or EOF.
struct binlog_dump_gtid {
    std::uint16_t flags = dump_flag::heartbeat_v2;
    std::uint32_t server_id = 0;         // 0 makes the source end the stream at the end, too
    std::string_view file{};             // usually empty: the set says where to begin
    std::uint64_t position = 4;          // in `file`; 4 is behind the magic bytes
    const gtid_set* executed = nullptr;  // what the replica has; null is the empty set
};

/// Appends the command's payload, command byte included.
void encode(const binlog_dump_gtid& dump, writer& out);

}  // namespace protocol
