#include "protocol/binlog_event.hpp"

#include <catch2/catch.hpp>

#include "binlog_file.hpp"
#include "decode_everything.hpp"

using namespace binlog_test;
using namespace protocol;

namespace {

const bytes& capture() {
    static const bytes file = read_file(std::filesystem::path(BINLOG_TEST_DATA) / "capture.binlog");
    return file;
}

/// The events of the file as they stand there, with their checksums.
std::vector<bytes> checked_events() {
    std::vector<bytes> events;
    for (bytes_view rest = bytes_view(capture()).subspan(magic_size); !rest.empty();) {
        const bytes_view before = rest;
        REQUIRE(take_event(rest, checksum_algorithm::crc32).has_value());
        const auto event = before.first(before.size() - rest.size());
        events.emplace_back(event.begin(), event.end());
    }
    return events;
}

bool has_type(const bytes& event, event_type type) {
    return decode_event_header(event).value().type == type;
}

const bytes& first_of(const std::vector<bytes>& events, event_type type) {
    for (const bytes& event : events)
        if (has_type(event, type)) return event;
    FAIL("no such event in the recording");
    std::abort();
}

}  // namespace

TEST_CASE("The header of an event decodes from the bytes a MySQL server sends", "[binlog]") {
    const bytes captured{0xb1, 0xdc, 0x21, 0x69, 0x10, 0x07, 0, 0,    0,    0x1f,
                         0,    0,    0,    0x34, 0x02, 0,    0, 0x80, 0x00, 0xff};
    const event_header header = decode_event_header(captured).value();
    CHECK(header == event_header{.timestamp = 0x6921dcb1,
                                 .type = event_type::xid,
                                 .server_id = 7,
                                 .event_size = 31,
                                 .next_position = 0x234,
                                 .flags = event_flag::ignorable});
    CHECK(header.has(event_flag::ignorable));
    CHECK_FALSE(header.has(event_flag::artificial));
}

TEST_CASE("An event that was changed anywhere does not match its checksum", "[binlog]") {
    const auto events = checked_events();
    constexpr std::size_t size_offset = 9;
    bytes event = first_of(events, event_type::table_map);
    for (std::size_t i = 0; i < event.size(); ++i) {
        if (i >= size_offset && i < size_offset + 4) continue;
        CAPTURE(i);
        event[i] ^= 0x10;
        // A changed type byte may make it a format_description: checked all the same.
        CHECK(decode_event(event, checksum_algorithm::crc32).error() == errc::checksum_mismatch);
        event[i] ^= 0x10;
    }
    CHECK(decode_event(event, checksum_algorithm::crc32).has_value());
}

TEST_CASE("A format_description's checksum holds although the file is in use", "[binlog]") {
    bytes event = first_of(checked_events(), event_type::format_description);
    constexpr std::size_t flags_offset = 17;
    event[flags_offset] ^= event_flag::binlog_in_use;
    CHECK(decode_event(event, checksum_algorithm::none).has_value());
    event[flags_offset] ^= event_flag::artificial;
    CHECK(decode_event(event, checksum_algorithm::none).error() == errc::checksum_mismatch);
}

TEST_CASE("An event cut short anywhere is truncated", "[binlog]") {
    for (const bytes& event : checked_events()) {
        for (std::size_t size = 0; size < std::min<std::size_t>(event.size(), 600); ++size) {
            const bytes cut(event.data(), event.data() + size);
            REQUIRE(decode_event(cut, checksum_algorithm::crc32).error() == errc::truncated);
            bytes_view rest = cut;
            REQUIRE(take_event(rest, checksum_algorithm::crc32).error() == errc::truncated);
            REQUIRE(rest.size() == cut.size());
        }
        bytes longer = event;
        longer.push_back(0);
        REQUIRE(decode_event(longer, checksum_algorithm::crc32).error() == errc::malformed);
    }
}

TEST_CASE("The body of an event cut short anywhere never decodes to something else", "[binlog]") {
    decode_everything decode;
    for (const bytes& event : raw_events(capture())) {
        const binlog_event_view whole = view_of(event);
        CAPTURE(static_cast<int>(whole.header.type));
        // Decoded first, so that rows find their table.
        const auto failed = decode(whole);
        const bool no_decoder = whole.header.type == event_type::stop;
        REQUIRE((no_decoder || !failed));
        for (std::size_t size = 0; size < std::min<std::size_t>(whole.body.size(), 3'000); ++size) {
            const bytes cut(whole.body.data(), whole.body.data() + size);
            binlog_event_view shorter = whole;
            shorter.body = cut;
            decode_everything fresh = decode;
            const auto error = fresh(shorter);
            // Text and lists that go on to the end of the event may be shorter in peace.
            if (error) REQUIRE(error.category() == error_category());
        }
    }
}

TEST_CASE("An unknown event may be skipped only if its writer says so", "[binlog]") {
    event_header header{.type = static_cast<event_type>(43), .event_size = event_header::size};
    CHECK_FALSE(is_known(header.type));
    CHECK(may_skip(header).error() == errc::unknown_event);
    header.flags = event_flag::ignorable;
    CHECK(may_skip(header).has_value());
    CHECK(is_known(event_type::gtid_tagged));
    CHECK_FALSE(is_known(static_cast<event_type>(255)));
}

TEST_CASE("An event smaller than its header is malformed", "[binlog]") {
    bytes event(event_header::size);
    event[9] = event_header::size - 1;
    CHECK(decode_event(event, checksum_algorithm::none).error() == errc::malformed);
    event[9] = event_header::size;
    CHECK(decode_event(event, checksum_algorithm::none).has_value());
    CHECK(decode_event(event, checksum_algorithm::crc32).error() == errc::truncated);
}
