#include "protocol/binlog_event.hpp"

#include <zlib.h>

#include <algorithm>

namespace protocol {
namespace {

constexpr std::size_t checksum_size = 4;
constexpr std::size_t flags_offset = 17;

/// The server computes a format_description's checksum before it marks the file as in use.
std::uint32_t crc32_of(bytes_view event, bool mask_in_use) noexcept {
    std::uint8_t header[event_header::size];
    std::copy_n(event.begin(), event_header::size, header);
    if (mask_in_use) header[flags_offset] &= static_cast<std::uint8_t>(~event_flag::binlog_in_use);
    uLong crc = ::crc32(0, header, event_header::size);
    const auto body = event.subspan(event_header::size);
    crc = ::crc32(crc, body.data(), static_cast<uInt>(body.size()));
    return static_cast<std::uint32_t>(crc);
}

}  // namespace

result<event_header> decode_event_header(bytes_view data) noexcept {
    cursor in(data);
    event_header header;
    header.timestamp = in.u32();
    header.type = static_cast<event_type>(in.u8());
    header.server_id = in.u32();
    header.event_size = in.u32();
    header.next_position = in.u32();
    header.flags = in.u16();
    if (in.failed()) return errc::truncated;
    if (header.event_size < event_header::size) return errc::malformed;
    return header;
}

result<binlog_event_view> decode_event(bytes_view data, checksum_algorithm algorithm) noexcept {
    const auto header = decode_event_header(data);
    if (!header) return header.error();
    if (header->event_size > data.size()) return errc::truncated;
    if (header->event_size < data.size()) return errc::malformed;

    const bool describes_format = header->type == event_type::format_description;
    if (describes_format || algorithm == checksum_algorithm::crc32) {
        if (data.size() < event_header::size + checksum_size) return errc::truncated;
        const auto checked = data.first(data.size() - checksum_size);
        const std::uint32_t stored = cursor(data.last(checksum_size)).u32();
        if (crc32_of(checked, describes_format) != stored) return errc::checksum_mismatch;
        data = checked;
    }
    return binlog_event_view{*header, data.subspan(event_header::size), data};
}

result<binlog_event_view> take_event(bytes_view& rest, checksum_algorithm algorithm) noexcept {
    const auto header = decode_event_header(rest);
    if (!header) return header.error();
    if (header->event_size > rest.size()) return errc::truncated;
    const auto event = decode_event(rest.first(header->event_size), algorithm);
    if (event) rest = rest.subspan(header->event_size);
    return event;
}

bool is_known(event_type type) noexcept {
    switch (type) {
        case event_type::query:
        case event_type::stop:
        case event_type::rotate:
        case event_type::intvar:
        case event_type::rand:
        case event_type::user_var:
        case event_type::format_description:
        case event_type::xid:
        case event_type::begin_load_query:
        case event_type::execute_load_query:
        case event_type::table_map:
        case event_type::write_rows_v1:
        case event_type::update_rows_v1:
        case event_type::delete_rows_v1:
        case event_type::incident:
        case event_type::heartbeat:
        case event_type::ignorable:
        case event_type::rows_query:
        case event_type::write_rows:
        case event_type::update_rows:
        case event_type::delete_rows:
        case event_type::gtid:
        case event_type::anonymous_gtid:
        case event_type::previous_gtids:
        case event_type::transaction_context:
        case event_type::view_change:
        case event_type::xa_prepare:
        case event_type::partial_update_rows:
        case event_type::transaction_payload:
        case event_type::heartbeat_v2:
        case event_type::gtid_tagged:
            return true;
        case event_type::unknown:
            break;
    }
    return false;
}

result<void> may_skip(const event_header& header) noexcept {
    if (!header.has(event_flag::ignorable)) return errc::unknown_event;
    return {};
}

}  // namespace protocol
