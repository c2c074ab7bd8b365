#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace proxy {

/// Why a client's connection ended.  Every end has one; it is logged once and counted.
enum class disconnect_reason : std::uint8_t {
    client_quit,       // COM_QUIT
    client_lost,       // closed or reset without COM_QUIT
    client_idle,       // longer than limits.client_idle_timeout
    client_stalled,    // reads nothing of its answer, or sends half a command and no more
    login_failed,      // wrong user or password, or TLS is required
    login_timeout,     // longer than limits.login_timeout
    too_many_clients,  // limits.clients_max
    no_memory,         // limits.memory, before it had logged in
    malformed_packet,  // not MySQL's protocol
    packet_too_large,  // limits.packet_bytes_max
    tls_failed,        // the TLS handshake failed
    no_proxy_header,   // from listen.proxy_protocol.from, without a right PROXY header
    backend_lost,      // with a transaction open or a result half sent: it cannot be hidden
    killed,            // by KILL
    shutdown,          // Tidegate stops
    internal_error     // a bug of ours
};

inline constexpr std::size_t disconnect_reason_count =
    static_cast<std::size_t>(disconnect_reason::internal_error) + 1;

std::string_view to_string(disconnect_reason why) noexcept;

}  // namespace proxy
