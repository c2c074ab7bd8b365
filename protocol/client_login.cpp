#include "protocol/client_login.hpp"

#include <openssl/crypto.h>

#include <algorithm>

#include "protocol/auth_packets.hpp"
#include "protocol/greeting.hpp"
#include "protocol/handshake_response.hpp"
#include "protocol/ok_packet.hpp"
#include "protocol/packet.hpp"
#include "protocol/rsa_password.hpp"

namespace protocol {
namespace {

constexpr std::uint8_t empty_password_answer = 0;  // how caching_sha2_password's client says "none"

std::vector<std::uint8_t> encode_attributes(
    const std::vector<std::pair<std::string, std::string>>& attributes) {
    std::vector<std::uint8_t> bytes;
    writer out(bytes);
    for (const auto& [name, value] : attributes) {
        out.lenenc_text(name);
        out.lenenc_text(value);
    }
    return bytes;
}

// Such a name would end early on the wire, and what follows it be taken for other fields.
bool holds_nul(std::string_view text) noexcept {
    return text.find('\0') != text.npos;
}

template <class Bytes>
std::vector<std::uint8_t> to_vector(const Bytes& bytes) {
    return {bytes.begin(), bytes.end()};
}

}  // namespace

client_login::client_login(client_login_options options) : options_(std::move(options)) {}

client_login::~client_login() {
    OPENSSL_cleanse(output_.data(), output_.size());
}

result<client_login::step> client_login::advance(bytes_view payload, std::uint8_t sequence) {
    if (++rounds_ > rounds_max) return errc::limit_exceeded;
    if (sequence != sequence_) return errc::wrong_sequence;
    sequence_ = static_cast<std::uint8_t>(sequence + 1);
    if (payload.empty()) return errc::truncated;
    if (payload[0] == err_packet::header) return on_err(payload);
    switch (state_) {
        case state::greeting:
            return on_greeting(payload);
        case state::authenticating:
            return on_auth_packet(payload);
        case state::public_key:
            return on_public_key(payload);
        case state::tls:
        case state::done:
            break;
    }
    return errc::wrong_state;
}

result<client_login::step> client_login::on_greeting(bytes_view payload) {
    const auto hello = decode_greeting(payload);
    if (!hello) return hello.error();
    using tls_mode = client_login_options::tls_mode;
    const bool offers_tls = capability::has(hello->capabilities, capability::ssl);
    if (options_.tls == tls_mode::required && !offers_tls) return errc::tls_unavailable;
    const bool wants_tls = options_.tls != tls_mode::off && offers_tls;

    outcome_.offered = hello->capabilities;
    outcome_.capabilities = wanted_capabilities(hello->capabilities);
    const auto compressed = agreed_compression(outcome_.capabilities, options_.compressed.level);
    if (!compressed) return compressed.error();
    outcome_.compressed = *compressed;
    outcome_.connection_id = hello->connection_id;
    outcome_.server_version = hello->server_version;
    outcome_.server_collation = hello->collation;
    nonce_ = hello->nonce;
    plugin_ = hello->auth_plugin.empty() ? mysql_native_password : hello->auth_plugin;
    if (!wants_tls) return send_response();

    std::vector<std::uint8_t> request;
    writer out(request);
    encode(ssl_request{.capabilities = outcome_.capabilities,
                       .packet_bytes_max = options_.packet_bytes_max,
                       .collation = options_.collation},
           out);
    state_ = state::tls;
    return send(request, action::start_tls);
}

result<client_login::step> client_login::tls_established() {
    if (state_ != state::tls) return errc::wrong_state;
    tls_active_ = true;
    return send_response();
}

result<client_login::step> client_login::send_response() {
    if (holds_nul(options_.user) || holds_nul(options_.schema)) return errc::malformed;
    // A default plugin that we lack is no obstacle: the server switches to the account's own.
    if (plugin_ != caching_sha2_password && plugin_ != mysql_native_password)
        plugin_ = caching_sha2_password;
    const std::vector<std::uint8_t> attributes = encode_attributes(options_.attributes);
    if (attributes.size() > connect_attributes_bytes_max) return errc::too_long;
    const std::vector<std::uint8_t> auth_data = challenge_response();

    std::vector<std::uint8_t> response;
    writer out(response);
    encode(handshake_response{.capabilities = outcome_.capabilities,
                              .packet_bytes_max = options_.packet_bytes_max,
                              .collation = options_.collation,
                              .user = options_.user,
                              .auth_data = auth_data,
                              .schema = options_.schema,
                              .auth_plugin = plugin_,
                              .attributes = attributes,
                              .zstd_level = outcome_.compressed.level},
           out);
    state_ = state::authenticating;
    return send(response);
}

result<client_login::step> client_login::on_auth_packet(bytes_view payload) {
    switch (payload[0]) {
        case ok_packet::plain_header:
            return on_ok(payload);
        case auth_switch_header:
            return on_auth_switch(payload);
        case auth_more_data_header:
            return on_more_data(payload);
        default:
            return errc::unexpected_header;
    }
}

result<client_login::step> client_login::on_auth_switch(bytes_view payload) {
    const auto request = decode_auth_switch_request(payload);
    if (!request) return request.error();
    plugin_ = request->plugin;
    if (plugin_ == mysql_clear_password) {
        // Anyone may ask for it, so it is given only where nobody else can listen.
        if (!is_secure()) return errc::access_denied;
        return send_clear();
    }
    const bool known = plugin_ == caching_sha2_password || plugin_ == sha256_password ||
                       plugin_ == mysql_native_password;
    if (!known) return errc::unknown_auth_plugin;
    if (request->data.size() != nonce_.size()) return errc::malformed;
    std::ranges::copy(request->data, nonce_.begin());
    if (plugin_ == sha256_password) {
        if (!options_.password.empty()) return send_password(sha256_request_public_key);
        const std::uint8_t none[] = {empty_password_answer};
        return send(none);
    }
    std::vector<std::uint8_t> answer = challenge_response();
    if (answer.empty() && plugin_ == caching_sha2_password) answer = {empty_password_answer};
    return send(answer);
}

result<client_login::step> client_login::on_more_data(bytes_view payload) {
    const auto message = decode_auth_more_data(payload);
    if (!message) return message.error();
    if (plugin_ != caching_sha2_password || message->data.size() != 1) return errc::malformed;
    switch (message->data[0]) {
        case sha2_message::fast_auth_success:
            return step{};  // the OK follows
        case sha2_message::full_authentication:
            return send_password(sha2_message::request_public_key);
        default:
            return errc::malformed;
    }
}

result<client_login::step> client_login::send_password(std::uint8_t public_key_request) {
    outcome_.full_authentication = true;
    if (is_secure()) return send_clear();
    if (!options_.allow_public_key_retrieval) return errc::access_denied;
    state_ = state::public_key;
    const std::uint8_t request[] = {public_key_request};
    return send(request);
}

result<client_login::step> client_login::send_clear() {
    const std::string& password = options_.password.text();
    std::vector<std::uint8_t> clear(password.size() + 1);  // a NUL at its end
    std::ranges::copy(password, clear.begin());
    const auto sent = send(clear);
    OPENSSL_cleanse(clear.data(), clear.size());
    return sent;
}

result<client_login::step> client_login::on_public_key(bytes_view payload) {
    const auto message = decode_auth_more_data(payload);
    if (!message) return message.error();
    const auto cipher = encrypt_password(options_.password, nonce_, as_text(message->data));
    if (!cipher) return cipher.error();
    state_ = state::authenticating;
    return send(*cipher);
}

result<client_login::step> client_login::on_ok(bytes_view payload) {
    const auto ok = decode_ok(payload, outcome_.capabilities);
    if (!ok) return ok.error();
    outcome_.status = ok->status;
    outcome_.auth_plugin = plugin_;
    outcome_.session_state = to_vector(ok->session_state);
    state_ = state::done;
    return step{.next = action::logged_in};
}

result<client_login::step> client_login::on_err(bytes_view payload) {
    const auto error = decode_err(payload);
    if (!error) return error.error();
    denial_ = {error->code, std::string(error->sqlstate), std::string(error->message)};
    state_ = state::done;
    return step{.next = action::denied};
}

std::vector<std::uint8_t> client_login::challenge_response() const {
    if (options_.password.empty()) return {};
    if (plugin_ == mysql_native_password)
        return to_vector(scramble_native(options_.password, nonce_));
    return to_vector(scramble_sha2(options_.password, nonce_));
}

std::uint32_t client_login::wanted_capabilities(std::uint32_t offered) const noexcept {
    constexpr std::uint32_t decided_here = capability::ssl | capability::connect_with_db |
                                           capability::connect_attrs | capability::compress |
                                           capability::zstd_compression |
                                           capability::multi_factor_authentication;
    std::uint32_t wanted = (options_.capabilities & ~decided_here) | capability::protocol_41 |
                           capability::secure_connection | capability::plugin_auth;
    if (options_.tls != client_login_options::tls_mode::off) wanted |= capability::ssl;
    if (options_.compressed.algorithm == compression_algorithm::zlib)
        wanted |= capability::compress;
    if (options_.compressed.algorithm == compression_algorithm::zstd)
        wanted |= capability::zstd_compression;
    if (!options_.schema.empty()) wanted |= capability::connect_with_db;
    if (!options_.attributes.empty()) wanted |= capability::connect_attrs;
    return wanted & offered;
}

bool client_login::is_secure() const noexcept {
    return tls_active_ || options_.secure_transport;
}

result<client_login::step> client_login::send(bytes_view payload, action next) {
    OPENSSL_cleanse(output_.data(), output_.size());  // it may have held the password
    output_.clear();
    append_packet(output_, payload, sequence_);
    return step{next, output_};
}

}  // namespace protocol
