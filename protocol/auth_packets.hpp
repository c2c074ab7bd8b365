#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/bytes.hpp"
#include "protocol/error.hpp"

/// What follows the handshake response until OK or ERR.  Views point into the decoded payload.

namespace protocol {

inline constexpr std::string_view caching_sha2_password = "caching_sha2_password";
inline constexpr std::string_view mysql_native_password = "mysql_native_password";
inline constexpr std::string_view sha256_password = "sha256_password";  // caching_sha2's elder
inline constexpr std::string_view mysql_clear_password = "mysql_clear_password";

inline constexpr std::uint8_t auth_switch_header = 0xfe;
inline constexpr std::uint8_t auth_more_data_header = 0x01;

/// First (and only) byte of caching_sha2_password's messages.
namespace sha2_message {
inline constexpr std::uint8_t request_public_key = 0x02;  // from the client, without a header
inline constexpr std::uint8_t fast_auth_success = 0x03;   // from the server, as auth_more_data
inline constexpr std::uint8_t full_authentication = 0x04;
}  // namespace sha2_message

/// sha256_password's one message, from the client: the public key, please.
inline constexpr std::uint8_t sha256_request_public_key = 0x01;

/// The server asks for another plugin, with a fresh nonce.
struct auth_switch_request {
    std::string_view plugin{};
    bytes_view data{};  // the nonce, without the NUL that ends it on the wire
};

/// A server's message to the client's plugin.
struct auth_more_data {
    bytes_view data{};
};

// The client's answer to either, AuthSwitchResponse, is a payload that is all data: it has no
// codec.

/// The old form without plugin and data (one byte, pre-4.1 passwords) is errc::unsupported.
result<auth_switch_request> decode_auth_switch_request(bytes_view payload);
result<auth_more_data> decode_auth_more_data(bytes_view payload);
void encode(const auth_switch_request& value, writer& out);
void encode(const auth_more_data& value, writer& out);

}  // namespace protocol
