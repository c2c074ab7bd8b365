// What a relay makes of a response, packet by packet; response_relay_oracle_test.cpp compares it
// with a real server.
#include "proxy/response_relay.hpp"

#include <catch2/catch.hpp>

#include "protocol/capabilities.hpp"
#include "protocol/packet.hpp"
#include "protocol/prepare_ok.hpp"
#include "protocol/session_track.hpp"
#include "protocol/text_result.hpp"
#include "tests/proxy/session/relayed.hpp"

using namespace session_test;
using protocol::command;

namespace {

namespace capability = protocol::capability;

constexpr std::uint32_t backend = capability::session_track | capability::deprecate_eof;

proxy::response_relay::options to_client(std::uint32_t client, command sent = command::query) {
    proxy::response_relay::options how;
    how.sent = sent;
    how.backend_capabilities = backend;
    how.client_capabilities = client;
    how.status = 2;
    return how;
}

template <class Packet>
bytes framed(const Packet& packet, std::uint32_t capabilities, std::uint8_t sequence = 1) {
    bytes out;
    const std::size_t header_at = protocol::begin_packet(out);
    protocol::writer body(out);
    if constexpr (requires { protocol::encode(packet, capabilities, body); })
        protocol::encode(packet, capabilities, body);
    else
        protocol::encode(packet, body);
    protocol::finish_packet(out, header_at, sequence);
    return out;
}

bytes result(std::uint32_t capabilities, std::size_t columns, std::size_t rows) {
    bytes out;
    std::uint8_t sequence = 1;
    protocol::text_result_writer writer(out, capabilities, sequence);
    std::vector<protocol::column_definition> definitions(columns);
    for (auto& definition : definitions) definition.name = "c";
    writer.columns(definitions, 2);
    const std::vector<protocol::text_value> row(columns, "value");
    for (std::size_t i = 0; i < rows; ++i) writer.row(row);
    writer.end(protocol::ok_packet{.status = 2});
    return out;
}

bytes joined(bytes one, const bytes& other) {
    one.insert(one.end(), other.begin(), other.end());
    return one;
}

const protocol::err_packet unknown_column{1054, "42S22", "Unknown column 'x'"};

}  // namespace

TEST_CASE("A result reaches a client without EOF packets as it is", "[proxy]") {
    silent_observer observer;
    const bytes sent = result(backend, 3, 500);
    const relayed got = relay(to_client(backend), observer, sent);
    CHECK(got.told == sent);
    CHECK(got.done);
    CHECK(observer.oks == 1);
}

TEST_CASE("EOF packets are put in for clients that expect them, however the input is cut",
          "[proxy]") {
    const bytes sent = result(backend, 2, 3);
    const bytes expected = result(0, 2, 3);
    for (std::size_t cut = 0; cut <= sent.size(); ++cut) {
        CAPTURE(cut);
        silent_observer observer;
        const auto pieces = [cut](std::size_t n) { return n == 0 ? cut : 1000; };
        const relayed got = relay(to_client(0), observer, sent, pieces);
        CHECK(got.told == expected);
        CHECK(observer.oks == 1);
    }
}

TEST_CASE("What follows a response is not taken", "[proxy]") {
    silent_observer observer;
    const bytes sent = joined(result(backend, 1, 1), bytes{1, 2, 3});
    const relayed got = relay(to_client(backend), observer, sent);
    CHECK(got.told == result(backend, 1, 1));
    CHECK(got.unused == 3);
}

TEST_CASE("A client is told the news that it has asked for, and no others", "[proxy]") {
    struct filter final : proxy::response_observer {
        protocol::bytes_view on_ok(const protocol::ok_packet&) override { return news; }
        void on_err(const protocol::err_packet&) override {}
        bytes news{};
    };
    bytes all, wanted;
    {
        protocol::writer out(all);
        protocol::encode({protocol::session_track_type::schema, {}, "shop"}, out);
        protocol::encode({protocol::session_track_type::state_change, {}, "1"}, out);
        protocol::writer less(wanted);
        protocol::encode({protocol::session_track_type::schema, {}, "shop"}, less);
    }
    const bytes sent = framed(protocol::ok_packet{.status = 2, .session_state = all}, backend);
    filter observer;
    SECTION("some") {
        observer.news = wanted;
        CHECK(relay(to_client(backend), observer, sent).told ==
              framed(protocol::ok_packet{.status = 2, .session_state = wanted}, backend));
    }
    SECTION("none") {
        CHECK(relay(to_client(backend), observer, sent).told ==
              framed(protocol::ok_packet{.status = 2}, backend));
    }
    SECTION("without CLIENT_SESSION_TRACK") {
        observer.news = wanted;
        CHECK(relay(to_client(0), observer, sent).told ==
              framed(protocol::ok_packet{.status = 2}, 0));
    }
}

TEST_CASE("A held error is kept from the client", "[proxy]") {
    silent_observer observer;
    auto how = to_client(backend);
    how.hold_error = true;
    const bytes sent = framed(unknown_column, backend);
    proxy::response_relay relay(how, observer);
    proxy::relay_output out;
    bytes input = sent;
    const auto taken = relay.take(input, out);
    REQUIRE(taken.has_value());
    CHECK(*taken == sent.size());
    CHECK(out.empty());
    CHECK(relay.done());
    CHECK_FALSE(relay.begun());
    REQUIRE(relay.held_error());
    CHECK(protocol::decode_err(*relay.held_error())->code == 1054);
    CHECK(observer.errors == 0);
}

TEST_CASE("An error behind the first bytes is not held, for the client has had those", "[proxy]") {
    silent_observer observer;
    auto how = to_client(backend);
    how.hold_error = true;
    bytes sent = result(backend, 1, 1);
    // In place of the end of the result.
    sent.resize(sent.size() -
                framed(protocol::ok_packet{.header = 0xfe, .status = 2}, backend).size());
    const auto sequence = static_cast<std::uint8_t>(4);
    sent = joined(sent, framed(unknown_column, backend, sequence));
    const relayed got = relay(how, observer, sent);
    CHECK(got.told == sent);
    CHECK(got.done);
    CHECK(observer.errors == 1);
}

TEST_CASE("A prepared statement gets the id that the session has given it", "[proxy]") {
    silent_observer observer;
    auto how = to_client(backend, command::stmt_prepare);
    how.statement_id = 4711;
    const bytes sent = framed(protocol::prepare_ok{.statement_id = 3}, backend);
    CHECK(relay(how, observer, sent).told ==
          framed(protocol::prepare_ok{.statement_id = 4711}, backend));
}

TEST_CASE("What a server may not send ends the relay", "[proxy]") {
    const std::vector<bytes> impossible{
        {0x05, 0x00, 0x00, 0x01, 0xfb, 'p', 'a', 't', 'h'},         // a client's file
        {0x01, 0x00, 0x00, 0x01, 0x00},                             // an OK cut short
        {0x00, 0x00, 0x00, 0x01},                                   // nothing
        {0x02, 0x00, 0x00, 0x01, 0x01, 0x01},                       // a column count and a byte
        {0x01, 0x00, 0x00, 0x01, 0xff},                             // an ERR cut short
        {0x09, 0x00, 0x00, 0x01, 0xfe, 0, 0, 0, 0, 0, 0, 0, 0x10},  // a count beyond all limits
        {0xff, 0xff, 0xff, 0x01, 0x00},                             // an OK of 16 MiB
    };
    for (const bytes& sent : impossible) {
        CAPTURE(sent);
        silent_observer observer;
        const relayed got = relay(to_client(backend), observer, sent);
        CHECK(got.failed);
        CHECK_FALSE(got.done);
        CHECK(got.told.empty());
    }
}

TEST_CASE("A packet that is needed whole says how much it needs", "[proxy]") {
    silent_observer observer;
    const bytes sent = framed(
        protocol::ok_packet{.status = 2, .info = std::string_view("Rows matched: 1")}, backend);
    proxy::response_relay relay(to_client(backend), observer);
    proxy::relay_output out;
    for (std::size_t has = 0; has < sent.size(); ++has) {
        CAPTURE(has);
        bytes input(sent.begin(), sent.begin() + static_cast<std::ptrdiff_t>(has));
        const auto taken = relay.take(input, out);
        REQUIRE(taken.has_value());
        CHECK(*taken == 0);
        CHECK(relay.needed() > has);
        CHECK(relay.needed() <= sent.size());
    }
}
