#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "protocol/bytes.hpp"
#include "protocol/error.hpp"

namespace protocol {

inline constexpr std::size_t nonce_size = 20;
/// What the server sends for the client to mix with its password.
using nonce = std::array<std::uint8_t, nonce_size>;

/// The server's first packet, HandshakeV10.  Views point into the decoded payload.
struct greeting {
    std::string_view server_version{};
    std::uint32_t connection_id = 0;
    protocol::nonce nonce{};
    std::uint32_t capabilities = 0;  // what the server offers
    std::uint8_t collation = 0;      // the server's default, its low byte
    std::uint16_t status = 0;
    std::string_view auth_plugin{};  // empty without CLIENT_PLUGIN_AUTH
    friend bool operator==(const greeting&, const greeting&) = default;
};

/// Errors: unexpected_header for a server older than protocol 10 (an ERR packet, which a server may
/// send instead, starts with 0xff: look first); bad_handshake for one without protocol 4.1 or with
/// a nonce of another size; truncated.
result<greeting> decode_greeting(bytes_view payload);
void encode(const greeting& value, writer& out);

}  // namespace protocol
