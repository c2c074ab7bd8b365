#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/bytes.hpp"
#include "protocol/capabilities.hpp"
#include "protocol/command.hpp"
#include "tests/support/mysql_connection.hpp"
#include "tests/support/raw_client.hpp"

namespace session_test {

using bytes = std::vector<std::uint8_t>;

/// Where two conversations part, for people: long ones must not be printed whole.  Empty if they
/// are equal.
std::string difference(const bytes& directly, const bytes& through);

/// A command as it goes over the wire; queries are their text.
struct wire_command {
    protocol::command what = protocol::command::query;
    bytes argument{};

    wire_command(const char* sql) : wire_command(protocol::command::query, sql) {}  // NOLINT
    wire_command(const std::string& sql)                                            // NOLINT
        : wire_command(protocol::command::query, sql) {}
    wire_command(protocol::command sent, std::string_view text)
        : what(sent), argument(text.begin(), text.end()) {}
    wire_command(protocol::command sent, bytes body) : what(sent), argument(std::move(body)) {}
};

/// Sees the bytes that a real server sends to a client of these capabilities.
class wire_client {
public:
    /// Throws std::runtime_error, as ask() does, if the server ends the connection.
    wire_client(std::uint16_t port, std::uint32_t capabilities, const support::login& as = {});

    std::uint32_t capabilities() const noexcept { return capabilities_; }
    /// The whole response, framed as it came.  Empty for a command without one.  If the server asks
    /// for a file, it gets these pieces, a packet each.
    bytes ask(const wire_command& command, const std::vector<bytes>& file = {});
    /// Sends the command only; its answer is then to be read from socket().
    void send(const wire_command& command);
    support::raw_client& socket() noexcept { return socket_; }

private:
    support::raw_client socket_;
    std::uint32_t capabilities_ = 0;
};

}  // namespace session_test
