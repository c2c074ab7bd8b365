#include "protocol/ok_packet.hpp"

#include <catch2/catch.hpp>

#include "protocol/capabilities.hpp"
#include "protocol/eof_packet.hpp"
#include "protocol/err_packet.hpp"
#include "protocol/server_status.hpp"
#include "protocol/session_track.hpp"
#include "recording.hpp"
#include "wire_bytes.hpp"

using namespace protocol;
using wire_bytes::bytes;
using wire_bytes::encoded;
using wire_bytes::hex;

namespace {

constexpr std::uint32_t tracks = capability::session_track;

/// The changes that the last packet of a recorded response announces.
std::vector<std::pair<session_track_type, std::pair<std::string, std::string>>> changes_of(
    const std::string& name) {
    const recording::session session = recording::load("deprecate_eof");
    const bytes& packet = session[name].packets.back();
    const auto ok = decode_ok(bytes_view(packet).subspan(4), session.capabilities).value();
    std::vector<std::pair<session_track_type, std::pair<std::string, std::string>>> out;
    session_track_reader in(ok.session_state);
    while (in.next())
        out.push_back(
            {in.change().type, {std::string(in.change().name), std::string(in.change().value)}});
    REQUIRE_FALSE(in.failed());
    return out;
}

}  // namespace

TEST_CASE("An OK packet decodes to the packet that was encoded") {
    const bytes state = encoded(session_change{session_track_type::schema, {}, "shop"});
    const ok_packet sent{.affected_rows = 300,
                         .last_insert_id = 70'000,
                         .status = server_status::autocommit | server_status::session_state_changed,
                         .warnings = 1,
                         .info = "Rows matched: 300",
                         .session_state = state};
    const bytes payload = encoded(sent, tracks);
    const bool same = decode_ok(payload, tracks).value() == sent;
    CHECK(same);
}

TEST_CASE("An OK packet for a client without session tracking has its info's length, too") {
    const bytes payload =
        encoded(ok_packet{.status = 0x4002, .info = "hello", .session_state = bytes_view{}}, 0u);
    CHECK(payload == hex("00 00 00 0200 0000 05 68656c6c6f"));
    CHECK(decode_ok(payload, 0).value().info == "hello");
}

TEST_CASE("An OK packet without info and state ends at its warnings, as MySQL sends it") {
    CHECK(encoded(ok_packet{.status = 2}, tracks) == hex("00 00 00 0200 0000"));
    const bytes brief = hex("00 00 00 0200 0000");
    CHECK(decode_ok(brief, tracks).value().status == 2);
}

TEST_CASE("An OK packet that MySQL 9.7 sent encodes to the same bytes") {
    const recording::session session = recording::load(GENERATE("deprecate_eof", "eof"));
    for (const char* name : {"ping", "update", "tracked_set", "tracked_use", "tracked_write"}) {
        CAPTURE(name);
        const bytes& packet = session[name].packets.back();
        const bytes payload(packet.begin() + 4, packet.end());
        const ok_packet ok = decode_ok(payload, session.capabilities).value();
        CHECK(encoded(ok, session.capabilities) == payload);
    }
}

TEST_CASE("An OK packet cut short anywhere is truncated") {
    const bytes state = encoded(session_change{session_track_type::schema, {}, "shop"});
    const bytes full =
        encoded(ok_packet{.affected_rows = 300, .info = "info", .session_state = state}, tracks);
    wire_bytes::for_each_cut(full, [](const bytes& cut) {
        CAPTURE(cut.size());
        const bool whole_without_the_optional_end = cut.size() == 9;
        if (!whole_without_the_optional_end)
            CHECK(decode_ok(cut, tracks).error() == errc::truncated);
    });
}

TEST_CASE("An ERR packet is not an OK packet") {
    CHECK(decode_ok(hex("ff 15"), 0).error() == errc::unexpected_header);
}

TEST_CASE("MySQL reports each variable that SET changed, with its value") {
    using type = session_track_type;
    const auto changes = changes_of("tracked_set");
    CHECK(std::ranges::count(
              changes, std::pair{type::system_variables,
                                 std::pair<std::string, std::string>{"autocommit", "OFF"}}) == 1);
    const auto mode = std::ranges::find_if(
        changes, [](const auto& change) { return change.second.first == "sql_mode"; });
    REQUIRE(mode != changes.end());
    CHECK(mode->second.second.find("ANSI_QUOTES") != std::string::npos);
}

TEST_CASE("MySQL says that session state changed") {
    using type = session_track_type;
    const auto changes = changes_of("tracked_set");
    CHECK(changes.back() ==
          std::pair{type::state_change, std::pair<std::string, std::string>{"", "1"}});
}

TEST_CASE("MySQL reports a schema, transaction characteristics and a GTID as text") {
    using type = session_track_type;
    using entry = std::pair<type, std::pair<std::string, std::string>>;
    const auto use = changes_of("tracked_use");
    CHECK(std::ranges::count(use, entry{type::schema, {"", "mysql"}}) == 1);
    const auto begin = changes_of("tracked_begin");
    CHECK(std::ranges::count(begin, entry{type::transaction_characteristics,
                                          {"", "START TRANSACTION READ ONLY;"}}) == 1);
    const auto write = changes_of("tracked_write");
    const bool has_gtid = std::ranges::any_of(write, [](const auto& change) {
        return change.first == type::gtids && change.second.second.find(':') == 36;
    });
    CHECK(has_gtid);
}

TEST_CASE("Session changes decode to those that were encoded, unknown types included") {
    const std::vector<session_change> sent{
        {session_track_type::system_variables, "sql_mode", "ANSI"},
        {session_track_type::schema, {}, "shop"},
        {session_track_type::state_change, {}, "1"},
        {session_track_type::gtids, {}, "3e11fa47-71ca-11e1-9e33-c80aa9429562:23"},
        {session_track_type{77}, {}, "from the future"},
        {session_track_type::transaction_state, {}, "T_______"}};
    bytes state;
    writer out(state);
    for (const session_change& change : sent) encode(change, out);
    session_track_reader in(state);
    for (const session_change& change : sent) {
        REQUIRE(in.next());
        CHECK(in.change() == change);
    }
    CHECK_FALSE(in.next());
    CHECK_FALSE(in.failed());
    CHECK_FALSE(is_known(session_track_type{77}));
}

TEST_CASE("Several variables in one entry are visited one by one, as MariaDB sends them") {
    const bytes state = hex("00 08 01 61 01 62 01 63 01 64");
    session_track_reader in(state);
    REQUIRE(in.next());
    CHECK(in.change().name == "a");
    REQUIRE(in.next());
    CHECK(in.change().name == "c");
    CHECK(in.change().value == "d");
    CHECK_FALSE(in.next());
    CHECK_FALSE(in.failed());
}

TEST_CASE("A session change cut short anywhere is a failure") {
    const bytes full = encoded(session_change{session_track_type::system_variables, "a", "bc"});
    wire_bytes::for_each_cut(full, [](const bytes& cut) {
        CAPTURE(cut.size());
        session_track_reader in(cut);
        CHECK_FALSE(in.next());
        CHECK(in.failed() == !cut.empty());
    });
}

TEST_CASE("An ERR packet decodes with and without SQLSTATE") {
    const err_packet sent{1064, "42000", "syntax"};
    const bytes payload = encoded(sent);
    CHECK(decode_err(payload).value() == sent);
    const bytes early = hex("ff 1004 546f6f206d616e79");
    CHECK(decode_err(early).value() == err_packet{1040, "HY000", "Too many"});
    CHECK(decode_err(hex("ff 1004 23 3432")).error() == errc::truncated);
    CHECK(decode_err(hex("00 1004")).error() == errc::unexpected_header);
}

TEST_CASE("An EOF packet decodes to the packet that was encoded, and not from a longer one") {
    const eof_packet sent{3, 0x22};
    CHECK(decode_eof(encoded(sent)).value() == sent);
    CHECK(decode_eof(hex("fe 0300 2200 00")).error() == errc::trailing_bytes);
    CHECK(decode_eof(hex("fe 0300")).error() == errc::truncated);
}
