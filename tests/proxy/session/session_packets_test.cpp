// Packets that are none of a client's, through Tidegate and on the server itself.
#include <catch2/catch.hpp>

#include "protocol/packet.hpp"
#include "tests/proxy/session/one_connection.hpp"
#include "tests/proxy/session/wire_client.hpp"

using namespace session_test;
using protocol::command;

namespace {

constexpr std::uint32_t capabilities =
    protocol::capability::deprecate_eof | protocol::capability::plugin_auth_lenenc_data;

bytes packet(std::uint8_t sequence, std::string_view payload) {
    bytes out;
    protocol::append_packet(out, protocol::as_bytes(payload), sequence);
    return out;
}

/// What is answered to these bytes, and whether the session goes on.
struct outcome {
    bytes answer{};
    bool goes_on = false;
};

outcome outcome_of(std::uint16_t port, const bytes& sent) {
    wire_client client(port, capabilities, app);
    outcome told;
    REQUIRE(client.socket().send(sent));
    told.answer = client.socket().receive_packet();
    try {
        told.goes_on = !client.ask({command::ping, ""}).empty();
    } catch (const std::runtime_error&) {  // the server has closed the connection
    }
    return told;
}

}  // namespace

TEST_CASE("Packets out of order, and empty ones, are answered as the server answers them",
          "[proxy]") {
    struct {
        const char* what;
        bytes sent;
        std::uint16_t code;
        bool goes_on;
    } const table[] = {
        {"a query with the next id", packet(1, "\3SELECT 1"), 1156, false},
        {"a ping with the last id", packet(255, "\x0e"), 1156, false},
        {"a quit with a wrong id", packet(7, "\1"), 1156, false},
        {"an empty packet", packet(0, ""), 1047, true},
        {"an empty packet with a wrong id", packet(2, ""), 1156, false},
        {"a long command whose second packet has a wrong id",
         [] {
             bytes first = packet(0, "\3" + std::string(protocol::payload_size_max - 1, ' '));
             first.back() ^= 9;  // first is followed by an empty packet: its id
             return first;
         }(),
         1156, false},
    };
    for (const auto& one : table) {
        CAPTURE(one.what);
        const outcome directly = outcome_of(server().port(), one.sent);
        const outcome through = outcome_of(tidegate().port(), one.sent);
        CHECK(difference(directly.answer, through.answer) == "");
        CHECK(directly.goes_on == through.goes_on);
        REQUIRE(through.answer.size() > 7);
        CHECK(through.answer[5] + 256 * through.answer[6] == one.code);
        CHECK(through.goes_on == one.goes_on);
    }
}
