#include "protocol/server_login.hpp"

#include <openssl/crypto.h>

#include "protocol/auth_packets.hpp"
#include "protocol/capabilities.hpp"
#include "protocol/change_user.hpp"
#include "protocol/packet.hpp"

namespace protocol {
namespace {

constexpr std::uint32_t needed_capabilities =
    capability::protocol_41 | capability::secure_connection | capability::plugin_auth;

constexpr err_packet bad_handshake_error{1043, "08S01", "Bad handshake"};
constexpr err_packet insecure_transport_error{
    3159, "HY000",
    "Connections using insecure transport are prohibited while --require_secure_transport=ON."};
constexpr err_packet zstd_level_error{3923, "HY000",
                                      "Invalid zstd compression level for algorithm 'zstd'."};
constexpr err_packet old_client_error{
    1251, "08004",
    "Client does not support authentication protocol requested by server; consider upgrading MySQL "
    "client"};
constexpr std::uint16_t access_denied_code = 1045;
constexpr std::string_view access_denied_sqlstate = "28000";

/// caching_sha2_password's client sends one NUL for an empty password, others send nothing.
bool says_no_password(bytes_view response) noexcept {
    return response.empty() || (response.size() == 1 && response[0] == 0);
}

}  // namespace

server_login::server_login(const server_login_options& options, find_account find)
    : options_(options), find_(std::move(find)) {
    options_.capabilities |= needed_capabilities;
    options_.capabilities &= ~capability::ssl;
    if (options_.tls_available) options_.capabilities |= capability::ssl;
}

server_login::server_login(const server_login_options& options, find_account find,
                           const past_login& before)
    : server_login(options, std::move(find)) {
    state_ = state::finished;
    tls_active_ = before.tls;
    nonce_ = before.challenge;
    login_.capabilities = before.capabilities;
    login_.collation = before.collation;
    login_.tls = before.tls;
    login_.auth_plugin = before.came_by_native ? mysql_native_password : caching_sha2_password;
}

past_login server_login::past() const noexcept {
    return {.capabilities = login_.capabilities,
            .collation = login_.collation,
            .tls = tls_active_,
            .came_by_native = login_.auth_plugin == mysql_native_password,
            .challenge = nonce_};
}

server_login::step server_login::greet(const nonce& challenge, const nonce& second) {
    nonce_ = challenge;
    second_nonce_ = second;
    std::vector<std::uint8_t> hello;
    writer out(hello);
    encode(greeting{.server_version = options_.server_version,
                    .connection_id = options_.connection_id,
                    .nonce = nonce_,
                    .capabilities = options_.capabilities,
                    .collation = options_.collation,
                    .status = options_.status,
                    .auth_plugin = caching_sha2_password},
           out);
    state_ = state::response;
    return send(hello);
}

server_login::step server_login::advance(bytes_view payload, std::uint8_t sequence) {
    if (++rounds_ > rounds_max) return bad_handshake(errc::limit_exceeded);
    if (sequence != sequence_) return bad_handshake(errc::wrong_sequence);
    sequence_ = static_cast<std::uint8_t>(sequence + 1);
    switch (state_) {
        case state::response:
            return on_response(payload);
        case state::switched:
            used_password_ = !says_no_password(payload);
            return check(payload);
        case state::password:
            return on_first_password(payload);
        case state::encrypted_password:
            return on_encrypted_password(payload);
        case state::idle:
        case state::tls:
        case state::finished:
            break;
    }
    return bad_handshake(errc::wrong_state);
}

server_login::step server_login::on_response(bytes_view payload) {
    if (is_ssl_request(payload)) {
        if (!options_.tls_available || tls_active_) return bad_handshake(errc::malformed);
        state_ = state::tls;
        return {.next = action::start_tls};
    }
    const auto response = decode_handshake_response(payload);
    if (!response) return bad_handshake(response.error());
    if (response->user.size() > user_bytes_max) return bad_handshake(errc::too_long);
    if (!take_attributes(response->attributes)) return bad_handshake(errc::truncated);
    if (options_.tls_required && !is_secure())
        return fail(insecure_transport_error, errc::tls_required);

    login_.schema = response->schema;
    login_.capabilities = response->capabilities & options_.capabilities;
    const auto compressed = agreed_compression(login_.capabilities, response->zstd_level);
    if (!compressed) return fail(zstd_level_error, compressed.error());
    login_.compressed = *compressed;
    login_.collation = response->collation;
    login_.packet_bytes_max = response->packet_bytes_max;
    login_.tls = tls_active_;
    find_user(response->user);
    return identify(response->auth_plugin, response->auth_data);
}

server_login::step server_login::tls_established() {
    if (state_ != state::tls) return bad_handshake(errc::wrong_state);
    tls_active_ = true;
    state_ = state::response;
    return {};
}

server_login::step server_login::change_user(bytes_view payload, std::uint8_t sequence,
                                             const nonce& challenge) {
    sequence_ = static_cast<std::uint8_t>(sequence + 1);
    rounds_ = 0;
    if (state_ != state::finished) return bad_handshake(errc::wrong_state);
    const auto request = decode_change_user(payload, login_.capabilities);
    if (!request) return bad_handshake(request.error());
    if (request->user.size() > user_bytes_max) return bad_handshake(errc::too_long);
    if (!take_attributes(request->attributes)) return bad_handshake(errc::truncated);
    if (!capability::has(login_.capabilities, capability::plugin_auth))
        return fail(old_client_error, errc::unsupported);

    second_nonce_ = challenge;
    login_.schema = request->schema;
    if (request->collation != 0) login_.collation = request->collation;
    find_user(request->user);
    // The plugin named here means little: libmariadb names mysql_native_password whatever it used
    // before.  Who came by it answers to the nonce of then, as to MySQL; others get a new one.
    const bool came_by_native = login_.auth_plugin == mysql_native_password;
    if (!came_by_native || !native_is_possible()) return switch_to_sha2();
    method_ = method::native;
    used_password_ = !says_no_password(request->auth_data);
    return check(request->auth_data);
}

void server_login::find_user(std::string_view user) {
    const std::optional<account> found = find_(user);
    known_user_ = found.has_value();
    account_ = found.value_or(account{.verifiers = password_verifiers::of_nobody()});
    login_.user = user;
    login_.full_authentication = false;
    fast_success_due_ = false;
    captured_ = secret();
}

server_login::step server_login::identify(std::string_view plugin, bytes_view auth_data) {
    const bool can_switch = capability::has(login_.capabilities, capability::plugin_auth);
    used_password_ = !says_no_password(auth_data);
    const bool native = !can_switch || plugin == mysql_native_password;
    if (native && native_is_possible()) {
        method_ = method::native;
        return check(auth_data);
    }
    if (!can_switch) return fail(old_client_error, errc::unsupported);
    if (plugin != caching_sha2_password) return switch_to_sha2();
    method_ = method::caching_sha2;
    return check(auth_data);
}

server_login::step server_login::switch_to_sha2() {
    method_ = method::caching_sha2;
    nonce_ = second_nonce_;
    std::vector<std::uint8_t> request;
    writer out(request);
    encode(auth_switch_request{caching_sha2_password, nonce_}, out);
    state_ = state::switched;
    return send(request);
}

server_login::step server_login::check(bytes_view response) {
    const password_verifiers& known = account_.verifiers;
    login_.auth_plugin = method_ == method::native ? mysql_native_password : caching_sha2_password;
    const password_verifiers* const other =
        account_.other_verifiers ? &*account_.other_verifiers : nullptr;
    if (says_no_password(response)) {
        const bool none = known.empty_password || (other != nullptr && other->empty_password);
        return none ? authenticated() : denied();
    }
    if (method_ == method::native) return proves_digest(response) ? authenticated() : denied();
    if (options_.full_authentication || account_.capture_password || !known.sha2_stage2) {
        const std::uint8_t demand[] = {auth_more_data_header, sha2_message::full_authentication};
        state_ = state::password;
        return send(demand);
    }
    if (!proves_digest(response)) return denied();
    fast_success_due_ = true;
    return authenticated();
}

/// Whether the response to the challenge is that of one of the passwords.
bool server_login::proves_digest(bytes_view response) const {
    const auto of_one = [&](const password_verifiers& known) {
        if (known.empty_password) return false;
        if (method_ == method::native)
            return known.native_stage2 && verify_native(response, nonce_, *known.native_stage2);
        return known.sha2_stage2 && verify_sha2(response, nonce_, *known.sha2_stage2);
    };
    const bool first = of_one(account_.verifiers);
    const bool other = account_.other_verifiers && of_one(*account_.other_verifiers);
    return first || other;
}

bool server_login::is_right(std::string_view password) const {
    const bool first = account_.verifiers.matches(password);
    const bool other = account_.other_verifiers && account_.other_verifiers->matches(password);
    return first || other;
}

server_login::step server_login::on_first_password(bytes_view payload) {
    if (is_secure()) {
        if (payload.empty() || payload.back() != 0) return bad_handshake(errc::malformed);
        return check_clear(as_text(payload.first(payload.size() - 1)));
    }
    const bool wants_key = payload.size() == 1 && payload[0] == sha2_message::request_public_key;
    return wants_key ? send_public_key() : on_encrypted_password(payload);
}

server_login::step server_login::send_public_key() {
    if (options_.rsa_key == nullptr) return denied();
    std::vector<std::uint8_t> message;
    writer out(message);
    encode(auth_more_data{as_bytes(options_.rsa_key->public_pem())}, out);
    state_ = state::encrypted_password;
    return send(message);
}

server_login::step server_login::on_encrypted_password(bytes_view payload) {
    if (options_.rsa_key == nullptr) return denied();
    auto password = options_.rsa_key->decrypt_password(payload, nonce_);
    if (!password) return denied();
    const step checked = check_clear(*password);
    wipe(*password);
    return checked;
}

server_login::step server_login::check_clear(std::string_view password) {
    login_.full_authentication = true;
    if (password.size() > password_bytes_max) return denied();
    if (!is_right(password)) return denied();
    if (account_.capture_password) captured_ = secret(password);
    return authenticated();
}

server_login::step server_login::authenticated() {
    if (!known_user_ || (account_.require_tls && !tls_active_)) return denied();
    state_ = state::finished;
    return {.next = action::authenticated};
}

bytes_view server_login::accept(const ok_packet& ok) {
    output_.clear();
    if (fast_success_due_) {
        const std::uint8_t success[] = {auth_more_data_header, sha2_message::fast_auth_success};
        append_packet(output_, success, sequence_);
    }
    writer out(output_);
    const std::size_t header_at = begin_packet(output_);
    encode(ok, login_.capabilities, out);
    finish_packet(output_, header_at, sequence_);
    return output_;
}

bytes_view server_login::refuse(const err_packet& error) {
    return fail(error, errc::access_denied).output;
}

server_login::step server_login::denied() {
    std::string message = "Access denied for user '" + login_.user + "'";
    if (!options_.client_host.empty())
        message.append("@'").append(options_.client_host).append("'");
    message += used_password_ ? " (using password: YES)" : " (using password: NO)";
    return fail({access_denied_code, access_denied_sqlstate, message}, errc::access_denied);
}

server_login::step server_login::bad_handshake(boost::system::error_code why) {
    return fail(bad_handshake_error, why);
}

server_login::step server_login::fail(const err_packet& error, boost::system::error_code why) {
    output_.clear();
    writer out(output_);
    const std::size_t header_at = begin_packet(output_);
    encode(error, out);
    finish_packet(output_, header_at, sequence_);
    state_ = state::idle;
    return {.next = action::denied, .output = output_, .why = why};
}

server_login::step server_login::send(bytes_view payload) {
    output_.clear();
    append_packet(output_, payload, sequence_);
    return {.next = action::read, .output = output_};
}

bool server_login::take_attributes(bytes_view attributes) {
    login_.attributes.clear();
    const auto taken = for_each_attribute(attributes, [this](auto name, auto value) {
        if (login_.attributes.size() < attributes_max) login_.attributes.emplace_back(name, value);
    });
    return taken.has_value();
}

bool server_login::native_is_possible() const noexcept {
    return options_.allow_native && account_.verifiers.native_stage2.has_value() &&
           !account_.capture_password;
}

bool server_login::is_secure() const noexcept {
    return tls_active_ || options_.secure_transport;
}

}  // namespace protocol
