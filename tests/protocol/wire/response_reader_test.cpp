#include "protocol/response_reader.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "protocol/capabilities.hpp"
#include "protocol/server_status.hpp"
#include "recording.hpp"
#include "wire_bytes.hpp"

using namespace protocol;
using wire_bytes::bytes;
using wire_bytes::encoded;
using wire_bytes::hex;

namespace {

using roles = std::vector<std::string>;

/// Gives one packet to a reader as a relay would.
result<packet_role> give(response_reader& reader, std::uint32_t payload_size, bytes_view payload) {
    const std::uint8_t first = payload.empty() ? std::uint8_t{0} : payload[0];
    const packet_role role = reader.classify(payload_size, first);
    const bool whole = response_reader::needs_payload(role);
    const auto moved = reader.advance(role, payload_size, whole ? payload : bytes_view{});
    if (!moved) return moved.error();
    return role;
}

result<packet_role> give(response_reader& reader, const bytes& payload) {
    return give(reader, static_cast<std::uint32_t>(payload.size()), payload);
}

/// The roles of a recorded response.  Fails unless the reader is done exactly at its last packet.
roles replay(const recording::session& session, const recording::response& response) {
    response_reader reader(static_cast<command>(response.command.at(0)), session.capabilities);
    roles out;
    for (const bytes& packet : response.packets) {
        REQUIRE_FALSE(reader.done());
        const auto role = give(reader, bytes(packet.begin() + 4, packet.end()));
        REQUIRE(role.has_value());
        out.emplace_back(to_string(*role));
    }
    REQUIRE(reader.done());
    return out;
}

roles replay(const std::string& kind, const std::string& name) {
    const recording::session session = recording::load(kind);
    return replay(session, session[name]);
}

constexpr std::uint32_t modern = capability::protocol_41 | capability::deprecate_eof;
constexpr std::uint32_t classic = capability::protocol_41;
const bytes ok_more = hex("00 00 00 0a00 0000");
const bytes ok_last = hex("00 00 00 0200 0000");
const bytes ok_end = hex("fe 00 00 0200 0000");
const bytes eof = hex("fe 0000 0200");

}  // namespace

TEST_CASE("A reader is done exactly where a real server falls silent, whatever the command") {
    const std::string kind = GENERATE("eof", "deprecate_eof", "query_attributes");
    const recording::session session = recording::load(kind);
    for (const recording::response& response : session.responses) {
        CAPTURE(kind, response.name);
        replay(session, response);
    }
    CHECK(session.responses.size() > 45);
}

TEST_CASE("The packets of a result have their roles") {
    CHECK(replay("eof", "select_rows") ==
          roles{"column_count", "column_definition", "column_definition", "column_definition",
                "eof_after_columns", "row", "row", "row", "result_end"});
    CHECK(replay("deprecate_eof", "select_rows") == roles{"column_count", "column_definition",
                                                          "column_definition", "column_definition",
                                                          "row", "row", "row", "result_end"});
    CHECK(replay("eof", "select_no_rows") ==
          roles{"column_count", "column_definition", "eof_after_columns", "result_end"});
}

TEST_CASE("An error may end a response at its start or among its rows") {
    CHECK(replay("eof", "syntax_error") == roles{"err"});
    CHECK(replay("eof", "error_after_rows").back() == "err");
    CHECK(replay("deprecate_eof", "multi_statements_with_error") ==
          roles{"column_count", "column_definition", "row", "result_end", "err"});
}

TEST_CASE("Results follow one another while the server says that more exist") {
    CHECK(replay("deprecate_eof", "multi_statements") ==
          roles{"column_count", "column_definition", "row", "result_end", "ok", "column_count",
                "column_definition", "row", "row", "row", "result_end"});
    CHECK(replay("deprecate_eof", "call_with_results").back() == "ok");
}

TEST_CASE("A prepared statement's parameters come before its columns") {
    CHECK(replay("eof", "prepare_plain") == roles{"prepare_ok"});
    CHECK(replay("eof", "prepare_both") == roles{"prepare_ok", "parameter_definition",
                                                 "eof_after_parameters", "column_definition",
                                                 "column_definition", "eof_after_columns"});
    CHECK(replay("deprecate_eof", "prepare_both") ==
          roles{"prepare_ok", "parameter_definition", "column_definition", "column_definition"});
    const recording::session session = recording::load("deprecate_eof");
    response_reader reader(command::stmt_prepare, session.capabilities);
    const bytes& packet = session["prepare_both"].packets.front();
    REQUIRE(give(reader, bytes(packet.begin() + 4, packet.end())).has_value());
    CHECK(reader.prepared()->parameters == 1);
    CHECK(reader.prepared()->columns == 2);
}

TEST_CASE("No rows follow the definitions of a cursor: they come with COM_STMT_FETCH") {
    CHECK(replay("eof", "execute_cursor") == roles{"column_count", "column_definition",
                                                   "column_definition", "column_definition",
                                                   "eof_after_columns"});
    CHECK(replay("deprecate_eof", "execute_cursor").back() == "result_end");
    CHECK(replay("eof", "fetch_some") == roles{"row", "row", "result_end"});
    CHECK(replay("deprecate_eof", "fetch_rest") == roles{"row", "result_end"});
}

TEST_CASE("Commands that the server does not answer are done at once") {
    for (const command sent : {command::quit, command::stmt_close, command::stmt_send_long_data}) {
        CHECK(response_reader(sent, modern).done());
    }
    CHECK(recording::load("eof")["stmt_close"].packets.empty());
}

TEST_CASE("After a request for a local file the client's data come before the verdict") {
    CHECK(replay("deprecate_eof", "load_data_local") == roles{"local_infile", "ok"});
    response_reader reader(command::query, modern);
    REQUIRE(give(reader, hex("fb 726f7773")).has_value());
    CHECK(reader.awaits_client_data());
    CHECK_FALSE(reader.done());
    REQUIRE(give(reader, ok_last).has_value());
    CHECK_FALSE(reader.awaits_client_data());
    CHECK(reader.done());
}

TEST_CASE("Whatever a continuation of a 16 MiB row begins with, it is no end and no error") {
    const std::uint32_t capabilities = GENERATE(classic, modern);
    const std::uint8_t first = GENERATE(as<std::uint8_t>{}, 0x00, 0xfe, 0xff, 0xfb, 0x01);
    const std::uint32_t last_size = GENERATE(0u, 5u, 7u);
    CAPTURE(capabilities, first, last_size);
    response_reader reader(command::stmt_fetch, capabilities);
    for (const std::uint32_t size : {payload_size_max, payload_size_max, last_size}) {
        const packet_role expected =
            reader.begun() ? packet_role::row_continuation : packet_role::row;
        const std::uint8_t byte = reader.begun() ? first : std::uint8_t{0};
        CHECK(reader.classify(size, byte) == expected);
        CHECK(reader.advance(expected, size).has_value());
        CHECK_FALSE(reader.done());
    }
    CHECK(give(reader, capabilities == modern ? ok_end : eof).value() == packet_role::result_end);
    CHECK(reader.done());
}

TEST_CASE("A row whose first column has 16 MiB begins with 0xfe and is a row") {
    const std::uint32_t capabilities = GENERATE(classic, modern);
    response_reader reader(command::stmt_fetch, capabilities);
    CHECK(reader.classify(payload_size_max, 0xfe) == packet_role::row);
    CHECK(reader.advance(packet_role::row, payload_size_max).has_value());
    CHECK(reader.classify(20, 0xfe) == packet_role::row_continuation);
}

TEST_CASE("An end of rows with session state is an end, though it is longer than an EOF") {
    response_reader reader(command::stmt_fetch, modern | capability::session_track);
    const bytes state(60'000, 0x05);
    const bytes payload = encoded(ok_packet{.header = 0xfe, .status = 2, .session_state = state},
                                  modern | capability::session_track);
    CHECK(give(reader, payload).value() == packet_role::result_end);
    CHECK(reader.last_ok()->session_state.size() == state.size());
    CHECK(reader.done());
}

TEST_CASE("A reader reports the status, warnings and OK of each result") {
    response_reader reader(command::query, classic);
    CHECK_FALSE(reader.begun());
    REQUIRE(give(reader, hex("00 03 04 0a00 0100")).has_value());
    CHECK(reader.begun());
    CHECK_FALSE(reader.done());
    CHECK(reader.last_ok()->affected_rows == 3);
    CHECK(reader.last_ok()->last_insert_id == 4);
    CHECK(reader.warnings() == 1);
    CHECK(reader.results() == 1);
    REQUIRE(give(reader, hex("01")).has_value());
    CHECK(reader.last_ok() == nullptr);
    CHECK(reader.columns() == 1);
    CHECK(reader.results() == 1);
}

TEST_CASE("The ERR packet that ended a response is kept at hand") {
    response_reader reader(command::query, modern);
    const bytes err = encoded(err_packet{1054, "42S22", "Unknown column"});
    REQUIRE(give(reader, err).has_value());
    CHECK(reader.done());
    CHECK(reader.failed());
    CHECK(reader.last_err()->code == 1054);
}

TEST_CASE("More results are followed after an OK only where a command may have them") {
    response_reader query(command::query, modern);
    REQUIRE(give(query, ok_more).has_value());
    CHECK_FALSE(query.done());
    response_reader ping(command::ping, modern);
    REQUIRE(give(ping, ok_more).has_value());
    CHECK(ping.done());
}

TEST_CASE("A binlog dump is a stream of rows until EOF or an error") {
    response_reader reader(command::binlog_dump_gtid, modern);
    CHECK(give(reader, hex("00 0102030405")).value() == packet_role::row);
    CHECK(give(reader, eof).value() == packet_role::result_end);
    CHECK(reader.done());
}

TEST_CASE("What no server sends there is malformed") {
    response_reader query(command::query, classic);
    CHECK(give(query, bytes{}).error() == errc::malformed);
    response_reader counted(command::query, classic);
    CHECK(give(counted, hex("fd 000001 00")).error() == errc::trailing_bytes);
    CHECK(give(counted, hex("fd ffffff")).error() == errc::limit_exceeded);
    response_reader columns(command::query, classic);
    REQUIRE(give(columns, hex("01")).has_value());
    REQUIRE(give(columns, hex("03 646566")).has_value());
    CHECK(give(columns, hex("00 00 00 0200 0000")).error() == errc::malformed);
    response_reader ping(command::ping, classic);
    CHECK(give(ping, hex("01")).error() == errc::malformed);
    response_reader prepare(command::stmt_prepare, classic);
    CHECK(give(prepare, hex("00 01000000")).error() == errc::truncated);
    response_reader finished(command::ping, classic);
    REQUIRE(give(finished, ok_last).has_value());
    CHECK(give(finished, ok_last).error() == errc::malformed);
}

TEST_CASE("A packet that must be read whole and is too long for that ends the connection") {
    response_reader reader(command::query, modern);
    const std::uint32_t size = response_reader::needed_payload_bytes_max + 1;
    CHECK(reader.classify(size, 0x00) == packet_role::oversized);
    CHECK(reader.advance(packet_role::oversized, size).error() == errc::limit_exceeded);
}
