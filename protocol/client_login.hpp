#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/auth.hpp"
#include "protocol/bytes.hpp"
#include "protocol/capabilities.hpp"
#include "protocol/collations.hpp"
#include "protocol/compression.hpp"
#include "protocol/err_packet.hpp"
#include "protocol/error.hpp"

namespace protocol {

/// How to log in to a server.
struct client_login_options {
    enum class tls_mode : std::uint8_t { off, preferred, required };

    std::string user{};
    secret password{};
    std::string schema{};  // empty: none
    /// Servers read one byte: set a collation with an id above 255 by SET NAMES afterwards.
    std::uint8_t collation = collations::utf8mb4_0900_ai_ci;
    /// Wanted; what the server lacks is dropped.  protocol_41, secure_connection, plugin_auth,
    /// connect_with_db, connect_attrs and ssl are set as the other options need them.
    std::uint32_t capabilities =
        capability::long_password | capability::long_flag | capability::transactions |
        capability::multi_statements | capability::multi_results | capability::ps_multi_results |
        capability::plugin_auth_lenenc_data | capability::session_track | capability::deprecate_eof;
    std::uint32_t packet_bytes_max = 1u << 30;
    std::vector<std::pair<std::string, std::string>> attributes{};
    tls_mode tls = tls_mode::off;  // preferred: if the server offers it
    compression compressed{};      // if the server offers it
    /// Whether the server may be asked for its RSA key when it wants the password and TLS is off.
    /// Whoever can change packets on the way can then read the password.
    bool allow_public_key_retrieval = true;
    /// The connection is a Unix socket, where the password may be sent in clear.
    bool secure_transport = false;
};

/// What a login came to.  Owns its text.
struct client_login_result {
    std::uint32_t capabilities = 0;  // of both sides
    std::uint32_t offered = 0;       // capabilities of the server
    compression compressed{};        // from behind the final OK on
    std::uint32_t connection_id = 0;
    std::uint8_t server_collation = 0;
    std::uint16_t status = 0;          // of the final OK
    bool full_authentication = false;  // the server did not know the password's digest yet
    std::string server_version{};
    std::string auth_plugin{};
    std::vector<std::uint8_t> session_state{};  // of the final OK; see session_track.hpp
};

/// The server's refusal.  Owns its text.
struct server_error {
    std::uint16_t code = 0;
    std::string sqlstate{};
    std::string message{};
};

/// Logging in to a server, without the socket.
///
/// The driver reads one payload at a time (packet_assembler) and gives it to advance(); a step says
/// what to do next.  Knows caching_sha2_password (fast; full over TLS, over a secure transport or
/// with RSA), sha256_password (likewise, always in full), mysql_native_password,
/// mysql_clear_password over TLS only, and switches between them.
class client_login {
public:
    static constexpr unsigned rounds_max = 12;  // payloads from the server, in one login
    static constexpr std::size_t payload_bytes_max = 1u << 20;  // for the packet_assembler

    enum class action : std::uint8_t {
        read,       ///< Read the next payload (after having written output).
        start_tls,  ///< Write output, do the TLS handshake, call tls_established().
        logged_in,  ///< Done: outcome() is set.
        denied,     ///< The server sent an ERR packet: denial() is set.  Close.
    };
    struct step {
        action next = action::read;
        bytes_view
            output{};  // whole packets to write first; valid until the next call; may be empty
    };

    explicit client_login(client_login_options options);
    ~client_login();  // wipes what it last sent
    client_login(const client_login&) = delete;
    client_login& operator=(const client_login&) = delete;

    /// `sequence` is the id of the payload's last packet.
    /// Errors (final, close): malformed (also a user or schema with a NUL in it), bad_handshake,
    /// tls_unavailable, unknown_auth_plugin, access_denied (the server wants the password in a way
    /// that the options forbid), limit_exceeded, and the decoders'.
    result<step> advance(bytes_view payload, std::uint8_t sequence);

    /// To be called once after start_tls has been done.
    result<step> tls_established();

    const client_login_result& outcome() const noexcept { return outcome_; }
    const server_error& denial() const noexcept { return denial_; }

private:
    enum class state : std::uint8_t { greeting, tls, authenticating, public_key, done };

    result<step> on_greeting(bytes_view payload);
    result<step> on_auth_packet(bytes_view payload);
    result<step> on_auth_switch(bytes_view payload);
    result<step> on_more_data(bytes_view payload);
    result<step> on_public_key(bytes_view payload);
    result<step> on_ok(bytes_view payload);
    result<step> on_err(bytes_view payload);
    result<step> send_response();
    result<step> send_password(std::uint8_t public_key_request);
    result<step> send_clear();
    result<step> send(bytes_view payload, action next = action::read);
    std::vector<std::uint8_t> challenge_response() const;
    std::uint32_t wanted_capabilities(std::uint32_t offered) const noexcept;
    bool is_secure() const noexcept;

    client_login_options options_;
    state state_ = state::greeting;
    bool tls_active_ = false;
    unsigned rounds_ = 0;
    std::uint8_t sequence_ = 0;  // of the next packet to send
    nonce nonce_{};
    std::string plugin_;
    std::vector<std::uint8_t> output_;
    client_login_result outcome_;
    server_error denial_;
};

}  // namespace protocol
