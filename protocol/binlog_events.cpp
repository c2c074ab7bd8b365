#include "protocol/binlog_events.hpp"

namespace protocol {
namespace {

/// Size and text without the NULs that fill up a field of fixed size.
std::string_view up_to_nul(std::string_view field) {
    return field.substr(0, field.find('\0'));
}

}  // namespace

result<format_description> decode_format_description(const binlog_event_view& event) {
    cursor in(event.body);
    format_description description;
    description.binlog_version = in.u16();
    description.server_version = up_to_nul(in.text(50));
    description.created = in.u32();
    const std::uint8_t header_size = in.u8();
    if (in.failed() || in.at_end()) return errc::truncated;
    description.post_header_sizes = in.bytes(in.remaining() - 1);
    const std::uint8_t algorithm = in.u8();
    if (in.failed()) return errc::truncated;
    if (description.binlog_version != 4 || header_size != event_header::size)
        return errc::unsupported;
    if (algorithm > static_cast<std::uint8_t>(checksum_algorithm::crc32)) return errc::unsupported;
    description.checksum = static_cast<checksum_algorithm>(algorithm);
    return description;
}

result<rotate> decode_rotate(const binlog_event_view& event) {
    cursor in(event.body);
    const rotate decoded{in.u64(), in.rest()};
    if (in.failed()) return errc::truncated;
    return decoded;
}

result<query_event> decode_query(const binlog_event_view& event) {
    cursor in(event.body);
    query_event query;
    query.thread_id = in.u32();
    query.execution_seconds = in.u32();
    const std::uint8_t schema_size = in.u8();
    query.error_code = in.u16();
    query.status_variables = in.bytes(in.u16());
    query.schema = in.text(schema_size);
    const std::uint8_t nul = in.u8();
    query.text = in.rest();
    if (in.failed()) return errc::truncated;
    if (nul != 0) return errc::malformed;
    return query;
}

result<xid_event> decode_xid(const binlog_event_view& event) {
    cursor in(event.body);
    const xid_event decoded{in.u64()};
    if (in.failed()) return errc::truncated;
    return decoded;
}

result<xa_prepare_event> decode_xa_prepare(const binlog_event_view& event) {
    constexpr std::uint32_t part_size_max = 64;  // of the XA specification
    cursor in(event.body);
    xa_prepare_event decoded;
    decoded.one_phase = in.u8() != 0;
    decoded.format_id = static_cast<std::int32_t>(in.u32());
    const std::uint32_t transaction_size = in.u32();
    const std::uint32_t branch_size = in.u32();
    if (in.failed()) return errc::truncated;
    if (transaction_size > part_size_max || branch_size > part_size_max) return errc::malformed;
    decoded.transaction_id = in.bytes(transaction_size);
    decoded.branch_qualifier = in.bytes(branch_size);
    if (in.failed()) return errc::truncated;
    return decoded;
}

result<std::string_view> decode_rows_query(const binlog_event_view& event) {
    cursor in(event.body);
    in.u8();  // the text's size modulo 256, useless
    const auto text = in.rest();
    if (in.failed()) return errc::truncated;
    return text;
}

result<gtid_set> decode_previous_gtids(const binlog_event_view& event) {
    return gtid_set::decode(event.body);
}

result<heartbeat> decode_heartbeat(const binlog_event_view& event) {
    if (event.header.type == event_type::heartbeat)
        return heartbeat{as_text(event.body), event.header.next_position};

    enum field : std::uint8_t { end = 0, file = 1, position = 2 };
    cursor in(event.body);
    heartbeat decoded;
    while (!in.at_end()) {
        const std::uint8_t type = in.u8();
        if (type == field::end) break;
        const auto value = in.lenenc_bytes();
        if (in.failed()) return errc::truncated;
        if (type == field::file) decoded.file = as_text(value);
        if (type == field::position) {
            cursor number(value);
            decoded.position = number.lenenc();
            if (number.failed()) return errc::truncated;
        }
    }
    return decoded;
}

result<incident> decode_incident(const binlog_event_view& event) {
    cursor in(event.body);
    const std::uint16_t number = in.u16();
    const std::uint8_t message_size = in.u8();
    const incident decoded{number, in.text(message_size)};
    if (in.failed()) return errc::truncated;
    return decoded;
}

}  // namespace protocol
