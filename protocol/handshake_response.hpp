#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/bytes.hpp"
#include "protocol/error.hpp"

namespace protocol {

inline constexpr std::size_t ssl_request_size = 32;
inline constexpr std::size_t connect_attributes_bytes_max = 65'536;  // as the server's own limit

/// The client's answer to the greeting, HandshakeResponse41.  Views point into the decoded payload.
///
/// `capabilities` decides which fields are on the wire; encode() sets none of its flags by itself.
struct handshake_response {
    std::uint32_t capabilities = 0;
    std::uint32_t packet_bytes_max = 0;
    std::uint8_t collation = 0;
    /// Filler by the manual.  Some clients put the high byte of a collation id here, and MySQL (9.7
    /// as before) does not look at it: id 305 becomes 49.
    std::uint8_t collation_high = 0;
    std::string_view user{};
    bytes_view auth_data{};
    std::string_view schema{};       // with CLIENT_CONNECT_WITH_DB
    std::string_view auth_plugin{};  // with CLIENT_PLUGIN_AUTH
    bytes_view attributes{};         // with CLIENT_CONNECT_ATTRS; see for_each_attribute()
    std::uint8_t zstd_level = 0;     // with CLIENT_ZSTD_COMPRESSION_ALGORITHM
};

/// The client's first packet when it wants TLS: the first 32 bytes of its response to come.
struct ssl_request {
    std::uint32_t capabilities = 0;
    std::uint32_t packet_bytes_max = 0;
    std::uint8_t collation = 0;
    std::uint8_t collation_high = 0;
    friend bool operator==(const ssl_request&, const ssl_request&) = default;
};

/// True when the payload is an SSLRequest rather than a whole response.
bool is_ssl_request(bytes_view payload) noexcept;

/// Errors: truncated, bad_handshake (no protocol 4.1), malformed, too_long.
result<ssl_request> decode_ssl_request(bytes_view payload);
result<handshake_response> decode_handshake_response(bytes_view payload);

void encode(const ssl_request& value, writer& out);
void encode(const handshake_response& value, writer& out);

/// Calls visit(name, value) for each connect attribute, in order.
template <class Visitor>
result<void> for_each_attribute(bytes_view attributes, Visitor&& visit) {
    cursor in(attributes);
    while (!in.at_end()) {
        const std::string_view name = in.lenenc_text();
        const std::string_view value = in.lenenc_text();
        if (in.failed()) return errc::truncated;
        visit(name, value);
    }
    return {};
}

}  // namespace protocol
