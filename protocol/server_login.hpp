#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/auth.hpp"
#include "protocol/bytes.hpp"
#include "protocol/collations.hpp"
#include "protocol/compression.hpp"
#include "protocol/err_packet.hpp"
#include "protocol/error.hpp"
#include "protocol/greeting.hpp"
#include "protocol/handshake_response.hpp"
#include "protocol/ok_packet.hpp"
#include "protocol/rsa_password.hpp"
#include "protocol/server_status.hpp"

namespace protocol {

/// What the proxy knows of a user that may log in.
struct account {
    password_verifiers verifiers{};
    /// Of another password that is as good, while it is being changed.
    std::optional<password_verifiers> other_verifiers{};
    bool require_tls = false;
    /// The password itself is wanted, by full authentication: see take_password().
    bool capture_password = false;
};

/// How clients are let in.  Views and the key must outlive the login.
struct server_login_options {
    std::string_view server_version = "8.4.0";
    std::uint32_t connection_id = 0;
    /// To offer.  What a login needs is added; ssl is set with tls_available, and only then.
    std::uint32_t capabilities = 0;
    std::uint8_t collation = collations::utf8mb4_0900_ai_ci;
    std::uint16_t status = server_status::autocommit;  // in the greeting
    bool tls_available = false;
    bool tls_required = false;
    bool secure_transport = false;  // a Unix socket: a clear password may pass
    /// The default plugin, caching_sha2_password, settles with the digest when it knows it.  True
    /// demands the password itself, over TLS or RSA.
    bool full_authentication = false;
    bool allow_native = true;                  // mysql_native_password for clients that name it
    const rsa_private_key* rsa_key = nullptr;  // without it, full authentication needs TLS
    std::string_view client_host{};            // for the text of a denial only
};

/// What COM_CHANGE_USER needs of the login before it, all that is worth keeping of one.
struct past_login {
    std::uint32_t capabilities = 0;
    std::uint16_t collation = 0;
    bool tls = false;
    bool came_by_native = false;  // mysql_native_password
    nonce challenge{};            // that its password proved itself with
};

/// A client that has proved who it is.  Owns its text.
struct login {
    std::string user{};
    std::string schema{};            // as asked for; empty: none
    std::uint32_t capabilities = 0;  // of both sides
    std::uint16_t collation = 0;     // id; up to 255 but for COM_CHANGE_USER
    std::uint32_t packet_bytes_max = 0;
    compression compressed{};        // from behind the final OK on
    std::string_view auth_plugin{};  // static text
    bool full_authentication = false;
    bool tls = false;
    std::vector<std::pair<std::string, std::string>> attributes{};
};

/// The server's side of a login, without the socket.
///
///   greet() -> write; then for each payload of the client: advance().
///
/// After `authenticated` the caller has the last word: accept() or refuse() gives the bytes to
/// write. A wrong password, an unknown user and an account's rule all end in the same packets and
/// the same work, so that nobody learns which users exist.
class server_login {
public:
    static constexpr unsigned rounds_max = 8;  // payloads from the client, in one login
    static constexpr std::size_t payload_bytes_max = 1u << 17;  // for the packet_assembler
    static constexpr std::size_t user_bytes_max = 96;           // 32 characters, as in mysql.user
    static constexpr std::size_t attributes_max = 512;          // the rest is dropped

    /// Returns nullopt for a user that does not exist.
    using find_account = std::function<std::optional<account>(std::string_view user)>;

    enum class action : std::uint8_t {
        read,           ///< Write output, then read the next payload.
        start_tls,      ///< Do the TLS handshake as the server, then call tls_established().
        authenticated,  ///< who() is set: call accept() or refuse().
        denied,         ///< Write output (an ERR packet), then close; why says the reason.
    };
    struct step {
        action next = action::read;
        bytes_view output{};  // whole packets; valid until the next call
        boost::system::error_code why{};
    };

    server_login(const server_login_options& options, find_account find);
    /// Goes on where another login has ended: only change_user() may follow.
    server_login(const server_login_options& options, find_account find, const past_login& before);

    /// The greeting.  `challenge` is from random_nonce(), as is `second`, for a switch of plugins.
    step greet(const nonce& challenge, const nonce& second);

    /// `sequence` is the id of the payload's last packet.  Malformed input is a denied step with
    /// error 1043 "Bad handshake".
    step advance(bytes_view payload, std::uint8_t sequence);

    /// To be called once after start_tls has been done: read the next payload.
    step tls_established();

    /// Starts over with COM_CHANGE_USER, whose payload this is, on a connection whose login is
    /// done. The client is always asked for a new proof, with `challenge` (from random_nonce()).
    /// From there as with advance(); who() is the new user's once `authenticated`.
    step change_user(bytes_view payload, std::uint8_t sequence, const nonce& challenge);

    const login& who() const noexcept { return login_; }
    past_login past() const noexcept;

    /// The password that the client has proved to be right, if it came in clear and the account
    /// wants it captured.  To be called once `authenticated`.
    secret take_password() noexcept { return std::exchange(captured_, secret()); }

    /// The end of a login: an OK packet.
    bytes_view accept(const ok_packet& ok);
    /// The end of a login that is correct but unwelcome (unknown schema, too many connections).
    bytes_view refuse(const err_packet& error);

private:
    enum class state : std::uint8_t {
        idle,
        response,
        tls,
        switched,
        password,
        encrypted_password,
        finished,
    };
    enum class method : std::uint8_t { caching_sha2, native };

    step on_response(bytes_view payload);
    step on_first_password(bytes_view payload);
    step on_encrypted_password(bytes_view payload);
    step identify(std::string_view plugin, bytes_view auth_data);
    step switch_to_sha2();
    step check(bytes_view response);
    step check_clear(std::string_view password);
    step send_public_key();
    step authenticated();
    step denied();
    step bad_handshake(boost::system::error_code why);
    step fail(const err_packet& error, boost::system::error_code why);
    step send(bytes_view payload);
    bool proves_digest(bytes_view response) const;
    bool is_right(std::string_view password) const;
    void find_user(std::string_view user);
    bool take_attributes(bytes_view attributes);
    bool native_is_possible() const noexcept;
    bool is_secure() const noexcept;

    server_login_options options_;
    find_account find_;
    state state_ = state::idle;
    method method_ = method::caching_sha2;
    account account_{};
    bool known_user_ = false;
    bool used_password_ = false;  // for the text of a denial
    bool fast_success_due_ = false;
    bool tls_active_ = false;
    secret captured_;
    unsigned rounds_ = 0;
    std::uint8_t sequence_ = 0;  // of the next packet to send
    nonce nonce_{};
    nonce second_nonce_{};
    std::vector<std::uint8_t> output_;
    login login_;
};

}  // namespace protocol
