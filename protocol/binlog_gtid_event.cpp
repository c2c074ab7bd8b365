// The event that opens a transaction, in its two forms.
//
// gtid (33), anonymous_gtid (34):
//     u8 flags, uuid, u64 number, u8 2, i64 last_committed, i64 sequence_number,
//     u56 immediate_commit (bit 55: u56 original_commit follows), lenenc transaction_size,
//     u32 immediate_version (bit 31: u32 original_version follows), [u64 commit group ticket]
//   Older servers end the event after an earlier field.
//
// gtid_tagged (42): a message of mysql::serialization, all integers varints:
//     version 1, size of the whole message, id of the last field that must not be ignored,
//     { field id, value }, ids ascending, absent fields left out

#include "protocol/binlog_events.hpp"
#include "protocol/binlog_varint.hpp"

namespace protocol {
namespace {

constexpr std::uint8_t flag_may_have_statements = 0x01;

/// A field in which the highest bit says that another one of the same kind follows.
struct field_pair {
    std::uint64_t first = 0;
    std::uint64_t second = 0;
};

field_pair read_pair(cursor& in, std::size_t width) {
    const std::uint64_t more = std::uint64_t{1} << (8 * width - 1);
    const std::uint64_t first = in.fixed(width);
    if ((first & more) == 0) return {first, first};
    return {first & ~more, in.fixed(width)};
}

result<gtid_event> decode_untagged(const binlog_event_view& event) {
    constexpr std::uint8_t logical_timestamps = 2;
    cursor in(event.body);
    gtid_event decoded;
    decoded.may_have_statements = (in.u8() & flag_may_have_statements) != 0;
    for (auto& byte : decoded.id.source.bytes) byte = in.u8();
    decoded.id.number = in.u64();
    if (in.failed()) return errc::truncated;
    if (decoded.id.number > gtid::number_max) return errc::bad_gtid;
    if (event.header.type == event_type::anonymous_gtid)
        decoded.id = {};
    else if (decoded.id.number == 0)
        return errc::bad_gtid;

    if (in.at_end() || in.u8() != logical_timestamps) return decoded;
    decoded.last_committed = static_cast<std::int64_t>(in.u64());
    decoded.sequence_number = static_cast<std::int64_t>(in.u64());
    if (!in.at_end()) {
        const auto commit = read_pair(in, 7);
        decoded.immediate_commit_timestamp = commit.first;
        decoded.original_commit_timestamp = commit.second;
    }
    if (!in.at_end()) decoded.transaction_size = in.lenenc();
    if (!in.at_end()) {
        const auto version = read_pair(in, 4);
        decoded.immediate_server_version = static_cast<std::uint32_t>(version.first);
        decoded.original_server_version = static_cast<std::uint32_t>(version.second);
    }
    if (in.failed()) return errc::truncated;
    return decoded;
}

enum tagged_field : std::uint64_t {
    flags = 0,
    source = 1,
    number = 2,
    tag = 3,
    last_committed = 4,
    sequence_number = 5,
    immediate_commit = 6,
    original_commit = 7,
    transaction_size = 8,
    immediate_version = 9,
    original_version = 10,
    commit_group_ticket = 11,
};

result<void> read_tag(cursor& in, gtid_event& decoded) {
    const std::uint64_t size = read_varint(in);
    if (size > gtid_tag::size_max) return errc::bad_gtid;
    const auto parsed = gtid_tag::parse(in.text(size));
    if (!parsed) return parsed.error();
    decoded.id.tag = *parsed;
    return {};
}

result<void> read_source(cursor& in, uuid& source) {
    for (auto& byte : source.bytes) {
        const std::uint64_t value = read_varint(in);
        if (value > 0xff) return errc::malformed;
        byte = static_cast<std::uint8_t>(value);
    }
    return {};
}

std::uint32_t read_version(cursor& in) {
    return static_cast<std::uint32_t>(read_varint(in));
}

/// Reads the field of a known id.
result<void> read_field(std::uint64_t id, cursor& in, gtid_event& decoded) {
    switch (id) {
        case tagged_field::flags:
            decoded.may_have_statements = (read_varint(in) & flag_may_have_statements) != 0;
            return {};
        case tagged_field::source:
            return read_source(in, decoded.id.source);
        case tagged_field::number:
            decoded.id.number = static_cast<std::uint64_t>(read_signed_varint(in));
            return {};
        case tagged_field::tag:
            return read_tag(in, decoded);
        case tagged_field::last_committed:
            decoded.last_committed = read_signed_varint(in);
            return {};
        case tagged_field::sequence_number:
            decoded.sequence_number = read_signed_varint(in);
            return {};
        case tagged_field::immediate_commit:
            decoded.immediate_commit_timestamp = read_varint(in);
            return {};
        case tagged_field::original_commit:
            decoded.original_commit_timestamp = read_varint(in);
            return {};
        case tagged_field::transaction_size:
            decoded.transaction_size = read_varint(in);
            return {};
        case tagged_field::immediate_version:
            decoded.immediate_server_version = read_version(in);
            return {};
        case tagged_field::original_version:
            decoded.original_server_version = read_version(in);
            return {};
        default:  // commit_group_ticket
            read_varint(in);
            return {};
    }
}

result<gtid_event> decode_tagged(const binlog_event_view& event) {
    constexpr std::uint64_t serialization_version = 1;
    cursor in(event.body);
    const std::uint64_t version = read_varint(in);
    const std::uint64_t size = read_varint(in);
    const std::uint64_t last_not_ignorable = read_varint(in);
    if (in.failed()) return errc::truncated;
    if (version != serialization_version) return errc::unsupported;
    if (size > event.body.size()) return errc::truncated;
    if (size < event.body.size()) return errc::trailing_bytes;

    gtid_event decoded;
    for (std::uint64_t least_id = 0; !in.at_end();) {
        const std::uint64_t id = read_varint(in);
        if (in.failed()) return errc::truncated;
        if (id < least_id) return errc::malformed;
        if (id > tagged_field::commit_group_ticket) {
            // Newer fields come last: the rest is for newer readers, or a reason to stop.
            if (id <= last_not_ignorable) return errc::unsupported;
            break;
        }
        const auto done = read_field(id, in, decoded);
        if (in.failed()) return errc::truncated;
        if (!done) return done.error();
        least_id = id + 1;
    }
    if (decoded.id.number == 0 || decoded.id.number > gtid::number_max) return errc::bad_gtid;
    if (decoded.original_commit_timestamp == 0)
        decoded.original_commit_timestamp = decoded.immediate_commit_timestamp;
    if (decoded.original_server_version == 0)
        decoded.original_server_version = decoded.immediate_server_version;
    return decoded;
}

}  // namespace

result<gtid_event> decode_gtid_event(const binlog_event_view& event) {
    return event.header.type == event_type::gtid_tagged ? decode_tagged(event)
                                                        : decode_untagged(event);
}

}  // namespace protocol
