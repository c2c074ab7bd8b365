#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "protocol/bytes.hpp"
#include "protocol/error.hpp"

/// The PROXY protocol, versions 1 and 2: one header in front of everything else, by which a load
/// balancer says whose connection it passes on
/// (https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt).
///
///   1: "PROXY TCP4 192.0.2.1 192.0.2.2 56324 3306\r\n", TCP6 likewise, or "PROXY UNKNOWN ...\r\n"
///   2: 12 bytes signature, 1 byte version and command, 1 byte family and transport, 2 bytes size
///      of the rest (big-endian); source and destination address, source and destination port,
///      then type-length-value fields

namespace protocol {

/// An end of a TCP connection.
struct network_endpoint {
    bool is_v6 = false;
    std::array<std::uint8_t, 16> address{};  // as on the wire; of IPv4 the first 4 bytes
    std::uint16_t port = 0;
    friend bool operator==(const network_endpoint&, const network_endpoint&) = default;
};

/// Both ends of a TCP connection.
struct connection_ends {
    network_endpoint source{};
    network_endpoint destination{};
    friend bool operator==(const connection_ends&, const connection_ends&) = default;
};

struct proxy_header {
    /// Of the connection passed on.  Nothing if it is the sender's own (a health check) or of a
    /// kind that has no IP address: then what counts is the connection that the header came on.
    std::optional<connection_ends> passed_on{};
    friend bool operator==(const proxy_header&, const proxy_header&) = default;
};

inline constexpr std::size_t proxy_header_v1_bytes_max = 107;   // CR LF included
inline constexpr std::size_t proxy_header_v2_bytes_max = 4096;  // ours: certificates are not sent

struct decoded_proxy_header {
    proxy_header header{};
    std::size_t size = 0;  // of the input; what follows is not the header's
};

/// Reads the header that `input` begins with; nothing if more bytes are needed to tell.
/// Errors: malformed (no header, or not exactly as specified), too_long.
result<std::optional<decoded_proxy_header>> decode_proxy_header(bytes_view input);

/// Appends a version 2 header.  Both ends of `passed_on` must be of one family.
void encode_v2(const proxy_header& header, writer& out);

}  // namespace protocol
