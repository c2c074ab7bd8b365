#include "protocol/binlog_events.hpp"

#include <zstd.h>

#include <catch2/catch.hpp>

#include "binlog_file.hpp"
#include "protocol/binlog_dump.hpp"
#include "protocol/binlog_rows_event.hpp"
#include "protocol/binlog_table_map.hpp"

using namespace binlog_test;
using namespace protocol;

namespace {

bytes from_hex(std::string_view text) {
    bytes data;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2)
        data.push_back(
            static_cast<std::uint8_t>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
    return data;
}

binlog_event_view event_of(event_type type, const bytes& body) {
    return {{.type = type, .event_size = event_header::size}, body, {}};
}

/// A GTID event with a tag, as MySQL 9.7.4 wrote it.
const bytes tagged_gtid = from_hex(
    "027600000002e43d02f019039503e50322c503b102a50304f103000000020404060a7461675f6108200a240c7f6413"
    "0dcbd060061091041283120b");

const bytes& recorded(event_type type) {
    static const std::vector<bytes> events =
        raw_events(read_file(std::filesystem::path(BINLOG_TEST_DATA) / "capture.binlog"));
    for (const bytes& event : events)
        if (decode_event_header(event).value().type == type) return event;
    FAIL("no such event in the recording");
    std::abort();
}

bytes payload_body(std::uint8_t compression, std::uint64_t claimed_size, const bytes& data) {
    bytes body;
    writer out(body);
    const auto field = [&](std::uint64_t type, std::uint64_t value) {
        out.lenenc(type);
        out.lenenc(lenenc_size(value));
        out.lenenc(value);
    };
    field(2, compression);
    field(3, claimed_size);
    field(1, data.size());
    out.u8(0);
    out.bytes(data);
    return body;
}

bytes compressed(const bytes& data) {
    bytes out(ZSTD_compressBound(data.size()));
    out.resize(ZSTD_compress(out.data(), out.size(), data.data(), data.size(), 3));
    return out;
}

result<bytes> unpack(const bytes& body, std::size_t size_max) {
    const auto payload =
        decode_transaction_payload(event_of(event_type::transaction_payload, body));
    if (!payload) return payload.error();
    return decompress(*payload, size_max);
}

}  // namespace

TEST_CASE("A format_description says which server wrote the file, and with checksums", "[binlog]") {
    const bytes& event = recorded(event_type::format_description);
    const auto description = decode_format_description(view_of(event)).value();
    CHECK(description.binlog_version == 4);
    CHECK(description.server_version.substr(0, 2) == "9.");
    CHECK(description.checksum == checksum_algorithm::crc32);
    CHECK(description.post_header_sizes.size() >= 42);
}

TEST_CASE("A format_description of other headers or checksums is unsupported", "[binlog]") {
    bytes event = recorded(event_type::format_description);
    event.back() = 2;
    CHECK(decode_format_description(view_of(event)).error() == errc::unsupported);
    event.back() = 0;
    CHECK(decode_format_description(view_of(event)).value().checksum == checksum_algorithm::none);
    event[event_header::size] = 3;
    CHECK(decode_format_description(view_of(event)).error() == errc::unsupported);
}

TEST_CASE("A tagged GTID event decodes from the bytes a MySQL server sends", "[binlog]") {
    const auto event = decode_gtid_event(event_of(event_type::gtid_tagged, tagged_gtid)).value();
    CHECK(event.id.to_string() == "728f78c6-e5f9-11f1-ace9-02fc00000001:tag_a:1");
    CHECK_FALSE(event.may_have_statements);
    CHECK(event.last_committed == 8);
    CHECK(event.sequence_number == 9);
    CHECK(event.immediate_commit_timestamp == event.original_commit_timestamp);
    CHECK(event.immediate_commit_timestamp / 1'000'000 == 1'795'299'736);
    CHECK(event.transaction_size == 292);
    CHECK(event.immediate_server_version == 90704);
    CHECK(event.original_server_version == 90704);
}

TEST_CASE("A tagged GTID event cut short anywhere does not decode", "[binlog]") {
    for (std::size_t size = 0; size < tagged_gtid.size(); ++size) {
        CAPTURE(size);
        const bytes cut(tagged_gtid.data(), tagged_gtid.data() + size);
        CHECK(decode_gtid_event(event_of(event_type::gtid_tagged, cut)).error() == errc::truncated);
    }
}

TEST_CASE("An unknown field of a tagged GTID event is skipped only if it may be", "[binlog]") {
    bytes body = tagged_gtid;
    body.insert(body.end(), {13 << 1, 0x02});  // a field of the future
    body[1] = static_cast<std::uint8_t>(body.size() << 1);
    CHECK(decode_gtid_event(event_of(event_type::gtid_tagged, body)).value().id.number == 1);
    body[2] = 13 << 1;  // must not be ignored
    CHECK(decode_gtid_event(event_of(event_type::gtid_tagged, body)).error() == errc::unsupported);
}

TEST_CASE("A GTID event of an older server has fewer fields", "[binlog]") {
    bytes body;
    writer out(body);
    out.u8(1);
    out.bytes(uuid::parse("3e11fa47-71ca-11e1-9e33-c80aa9429562").value().bytes);
    out.u64(23);
    const auto oldest = decode_gtid_event(event_of(event_type::gtid, body)).value();
    CHECK(oldest.id.to_string() == "3e11fa47-71ca-11e1-9e33-c80aa9429562:23");
    CHECK(oldest.may_have_statements);
    CHECK(oldest.immediate_commit_timestamp == 0);

    out.u8(2);
    out.u64(4);
    out.u64(5);
    const auto of_5_7 = decode_gtid_event(event_of(event_type::gtid, body)).value();
    CHECK(of_5_7.last_committed == 4);
    CHECK(of_5_7.sequence_number == 5);

    out.fixed(1'000'000 | std::uint64_t{1} << 55, 7);
    out.fixed(999'999, 7);
    out.lenenc(300);
    out.u32(80'400 | 1U << 31);
    out.u32(80'036);
    const auto of_8_0 = decode_gtid_event(event_of(event_type::gtid, body)).value();
    CHECK(of_8_0.immediate_commit_timestamp == 1'000'000);
    CHECK(of_8_0.original_commit_timestamp == 999'999);
    CHECK(of_8_0.transaction_size == 300);
    CHECK(of_8_0.immediate_server_version == 80'400);
    CHECK(of_8_0.original_server_version == 80'036);
}

TEST_CASE("A GTID event with number zero is none", "[binlog]") {
    const bytes body(25);
    CHECK(decode_gtid_event(event_of(event_type::gtid, body)).error() == errc::bad_gtid);
    CHECK(decode_gtid_event(event_of(event_type::anonymous_gtid, body)).has_value());
}

TEST_CASE("A query event tells its schema, its text and its settings", "[binlog]") {
    const auto query = decode_query(view_of(recorded(event_type::query))).value();
    CHECK(query.text == "CREATE DATABASE capture");
    CHECK(query.schema == "capture");
    const auto settings = decode_query_settings(query).value();
    CHECK(settings.complete);
    CHECK(settings.charset->client_collation == 255);
    CHECK(settings.sql_mode.has_value());
    CHECK(settings.ddl_xid.has_value());
    CHECK(settings.default_collation_for_utf8mb4 == 255);
}

TEST_CASE("An unknown status variable hides those behind it, not the query", "[binlog]") {
    const bytes variables{1, 5, 0, 0, 0, 0, 0, 0, 0, 200, 9, 9, 9};
    const query_event query{.status_variables = variables};
    const auto settings = decode_query_settings(query).value();
    CHECK(settings.sql_mode == 5U);
    CHECK_FALSE(settings.complete);
}

TEST_CASE("Both heartbeats tell where the source is", "[binlog]") {
    const bytes v2 = from_hex(
        "010d62696e6c6f672e303030303031"
        "0203fc250d"
        "00");
    const auto beat = decode_heartbeat(event_of(event_type::heartbeat_v2, v2)).value();
    CHECK(beat.file == "binlog.000001");
    CHECK(beat.position == 0x0d25);
    for (std::size_t size = 0; size < v2.size(); ++size) {
        const bytes cut(v2.data(), v2.data() + size);
        const auto decoded = decode_heartbeat(event_of(event_type::heartbeat_v2, cut));
        if (!decoded) CHECK(decoded.error() == errc::truncated);
    }

    const bytes v1 = from_hex("62696e6c6f672e303030303031");
    auto event = event_of(event_type::heartbeat, v1);
    event.header.next_position = 77;
    CHECK(decode_heartbeat(event).value().file == "binlog.000001");
    CHECK(decode_heartbeat(event).value().position == 77);
}

TEST_CASE("An XA PREPARE event tells its transaction and whether it commits", "[binlog]") {
    const auto event = decode_xa_prepare(view_of(recorded(event_type::xa_prepare))).value();
    CHECK_FALSE(event.one_phase);
    CHECK(event.format_id == 7);
    CHECK(as_text(event.transaction_id) == "trx");
    CHECK(as_text(event.branch_qualifier) == "branch");
    const bytes too_long = from_hex(
        "00"
        "01000000"
        "41000000"
        "00000000");
    CHECK(decode_xa_prepare(event_of(event_type::xa_prepare, too_long)).error() == errc::malformed);
}

TEST_CASE("The statement behind rows is read whole", "[binlog]") {
    CHECK(decode_rows_query(view_of(recorded(event_type::rows_query))).value() ==
          "INSERT INTO copied VALUES (1000, 1)");
}

TEST_CASE("Row events that are not whole rows are unsupported, with that name", "[binlog]") {
    const bytes body(20);
    for (const event_type type : {event_type::partial_update_rows, event_type::write_rows_v1,
                                  event_type::update_rows_v1, event_type::delete_rows_v1})
        CHECK(decode_rows_event(event_of(type, body)).error() == errc::unsupported);
}

TEST_CASE("A rows event tells the partition its rows are in now", "[binlog]") {
    bytes body;
    writer out(body);
    out.u48(7);
    out.u16(rows_flag::statement_end);
    out.u16(7);
    out.bytes(
        from_hex("01"
                 "0100"
                 "0000"));  // moved from partition 0 to 1
    out.lenenc(2);
    out.u8(0b11);
    out.u8(0b01);
    const auto rows = decode_rows_event(event_of(event_type::update_rows, body)).value();
    CHECK(rows.operation == rows_operation::update);
    CHECK(rows.table_id == 7);
    CHECK(rows.flags == rows_flag::statement_end);
    CHECK(rows.partition == 1);
    CHECK(rows.columns == 2);
    CHECK(rows.before_columns[0] == 0b11);
    CHECK(rows.after_columns[0] == 0b01);
    CHECK(rows.rows.empty());
}

TEST_CASE("A compressed transaction is unpacked, but not beyond its limit", "[binlog]") {
    const bytes data(100'000, 7);
    const bytes packed = compressed(data);
    CHECK(unpack(payload_body(0, data.size(), packed), 100'000).value() == data);
    CHECK(unpack(payload_body(0, 0, packed), 100'000).value() == data);
    CHECK(unpack(payload_body(0, data.size(), packed), 99'999).error() == errc::limit_exceeded);
    CHECK(unpack(payload_body(0, 0, packed), 99'999).error() == errc::limit_exceeded);
    CHECK(unpack(payload_body(255, data.size(), data), 100'000).value() == data);
    CHECK(unpack(payload_body(255, 0, data), 99'999).error() == errc::limit_exceeded);
    CHECK(unpack(payload_body(0, 0, {}), 99'999).value().empty());
}

TEST_CASE("A compressed transaction that lies about itself is refused", "[binlog]") {
    const bytes data(100'000, 7);
    bytes packed = compressed(data);
    CHECK(unpack(payload_body(0, 5, packed), 200'000).error() == errc::decompress_failed);
    CHECK(unpack(payload_body(0, 150'000, packed), 200'000).error() == errc::decompress_failed);
    CHECK(unpack(payload_body(1, data.size(), packed), 200'000).error() == errc::unsupported);
    for (std::size_t size = 1; size < packed.size(); ++size) {
        const bytes cut(packed.data(), packed.data() + size);
        CHECK(unpack(payload_body(0, data.size(), cut), 200'000).error() == errc::truncated);
    }
    packed[0] ^= 1;
    CHECK(unpack(payload_body(0, data.size(), packed), 200'000).error() == errc::decompress_failed);
}

TEST_CASE("The commands of a replica have the layout of the manual", "[binlog]") {
    writer registration;
    encode(register_replica{.server_id = 0x01020304, .host = "h", .user = "u", .port = 3306},
           registration);
    CHECK(bytes(registration.view().begin(), registration.view().end()) == from_hex("15"
                                                                                    "04030201"
                                                                                    "0168"
                                                                                    "0175"
                                                                                    "00"
                                                                                    "ea0c"
                                                                                    "00000000"
                                                                                    "00000000"));

    const gtid_set executed = gtid_set::parse("3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5").value();
    writer dump;
    encode(
        binlog_dump_gtid{.flags = dump_flag::non_blocking, .server_id = 9, .executed = &executed},
        dump);
    CHECK(bytes(dump.view().begin(), dump.view().end()) ==
          from_hex("1e"
                   "0100"
                   "09000000"
                   "00000000"
                   "0400000000000000"
                   "30000000"
                   "0100000000000000"
                   "3e11fa4771ca11e19e33c80aa9429562"
                   "0100000000000000"
                   "0100000000000000"
                   "0600000000000000"));
}
