// A rows event of version 2:
//
//     u48 table id, u16 flags, u16 size of the extra data (itself included), extra data,
//     lenenc number of columns, bitmap of the columns present (an update has two), rows
//
// The extra data is a type byte and a value: 1 is the partition, u16, and of an update also the
// partition the row was in before, u16.  Types we do not know say nothing about the rows.

#include "protocol/binlog_rows_event.hpp"

#include "protocol/binlog_table_map.hpp"

namespace protocol {
namespace {

std::optional<std::uint16_t> partition_of(bytes_view extra) {
    constexpr std::uint8_t partition_info = 1;
    cursor in(extra);
    if (in.u8() != partition_info) return std::nullopt;
    const std::uint16_t partition = in.u16();
    if (in.failed()) return std::nullopt;
    return partition;
}

}  // namespace

result<rows_event> decode_rows_event(const binlog_event_view& event) {
    rows_event decoded;
    switch (event.header.type) {
        case event_type::write_rows:
            decoded.operation = rows_operation::write;
            break;
        case event_type::update_rows:
            decoded.operation = rows_operation::update;
            break;
        case event_type::delete_rows:
            decoded.operation = rows_operation::remove;
            break;
        default:
            return errc::unsupported;
    }
    constexpr std::uint16_t size_field = 2;
    cursor in(event.body);
    decoded.table_id = in.u48();
    decoded.flags = in.u16();
    const std::uint16_t extra_size = in.u16();
    if (in.failed()) return errc::truncated;
    if (extra_size < size_field) return errc::malformed;
    decoded.partition = partition_of(in.bytes(extra_size - size_field));

    const std::uint64_t columns = in.lenenc();
    if (in.failed()) return errc::truncated;
    if (columns > table_map::columns_max) return errc::limit_exceeded;
    decoded.columns = static_cast<std::uint32_t>(columns);
    const std::size_t bitmap_size = (columns + 7) / 8;
    if (decoded.operation != rows_operation::write) decoded.before_columns = in.bytes(bitmap_size);
    if (decoded.operation != rows_operation::remove) decoded.after_columns = in.bytes(bitmap_size);
    decoded.rows = in.rest_bytes();
    if (in.failed()) return errc::truncated;
    return decoded;
}

}  // namespace protocol
