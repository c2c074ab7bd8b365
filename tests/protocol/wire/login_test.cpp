#include <catch2/catch.hpp>
#include <map>

#include "protocol/client_login.hpp"
#include "protocol/packet.hpp"
#include "protocol/server_login.hpp"
#include "wire_bytes.hpp"

/// Both sides of a login talk to each other, without a socket.

using namespace protocol;
using wire_bytes::bytes;
using tls_mode = client_login_options::tls_mode;

namespace {

const rsa_private_key& test_key() {
    static const rsa_private_key key = rsa_private_key::generate().value();
    return key;
}

server_login::find_account accounts() {
    return [](std::string_view user) -> std::optional<account> {
        if (user == "app") return account{.verifiers = password_verifiers::from_password("secret")};
        if (user == "open") return account{.verifiers = password_verifiers::from_password("")};
        if (user == "tls")
            return account{.verifiers = password_verifiers::from_password("secret"),
                           .require_tls = true};
        if (user == "hashed")  // "password"
            return account{.verifiers = password_verifiers::from_native_hash(
                                            "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19")
                                            .value()};
        return std::nullopt;
    };
}

nonce nonce_of(std::uint8_t byte) {
    nonce out;
    out.fill(byte);
    return out;
}

/// What came of a conversation.
struct ending {
    boost::system::error_code client_error{};
    client_login_result client{};
    server_error denial{};
    bool logged_in = false;
    bool accepted = false;
    login server{};
    boost::system::error_code why{};
};

/// Carries packets between a client and a server until one of them ends it.
class conversation {
public:
    conversation(client_login_options client, server_login_options server)
        : client_(std::move(client)), server_(server, accounts()) {}

    ending run() {
        take(server_.greet(nonce_of('a'), nonce_of('b')));
        while (!over_) {
            from_server_.next(from_server_sequence_);
            const std::size_t used = from_server_.feed(to_client_).value();
            if (!from_server_.complete()) break;  // both wait: the caller sees no ending
            from_server_sequence_ = static_cast<std::uint8_t>(from_server_.sequence() + 1);
            to_client_.erase(to_client_.begin(), to_client_.begin() + static_cast<long>(used));
            take(client_.advance(from_server_.payload(), from_server_.sequence()));
        }
        out_.client = client_.outcome();
        out_.denial = client_.denial();
        out_.server = server_.who();
        return out_;
    }

private:
    void take(const server_login::step& step) {
        bytes_view output = step.output;
        if (step.next == server_login::action::authenticated) {
            out_.accepted = true;
            output = server_.accept({.status = 2});
        }
        if (step.next == server_login::action::denied) out_.why = step.why;
        to_client_.insert(to_client_.end(), output.begin(), output.end());
    }

    void take(const result<client_login::step>& step) {
        if (!step) {
            out_.client_error = step.error();
            over_ = true;
            return;
        }
        out_.logged_in = step->next == client_login::action::logged_in;
        over_ = out_.logged_in || step->next == client_login::action::denied;
        if (step->output.empty()) return;
        const bytes_view packet = step->output;
        take(server_.advance(packet.subspan(header_size), packet[3]));
        from_server_sequence_ = static_cast<std::uint8_t>(packet[3] + 1);
        if (step->next != client_login::action::start_tls) return;
        take(server_.tls_established());
        take(client_.tls_established());
    }

    client_login client_;
    server_login server_;
    packet_assembler from_server_{client_login::payload_bytes_max};
    std::uint8_t from_server_sequence_ = 0;
    bytes to_client_;
    ending out_;
    bool over_ = false;
};

client_login_options as(const std::string& user, const std::string& password,
                        tls_mode tls = tls_mode::off) {
    return {.user = user, .password = password, .tls = tls};
}

server_login_options offering(std::uint32_t more = 0) {
    return {.capabilities = capability::connect_with_db | capability::session_track |
                            capability::deprecate_eof | capability::connect_attrs |
                            capability::plugin_auth_lenenc_data | more,
            .tls_available = true,
            .rsa_key = &test_key(),
            .client_host = "10.0.0.7"};
}

ending talk(client_login_options client, server_login_options server = offering()) {
    return conversation(std::move(client), server).run();
}

}  // namespace

TEST_CASE("A right password is settled by the fast path, in clear and over TLS") {
    const tls_mode tls = GENERATE(tls_mode::off, tls_mode::required);
    const ending out = talk(as("app", "secret", tls));
    CHECK(out.logged_in);
    CHECK(out.accepted);
    CHECK_FALSE(out.client.full_authentication);
    CHECK(out.client.auth_plugin == "caching_sha2_password");
    CHECK(out.client.status == 2);
    CHECK(out.server.user == "app");
    CHECK(out.server.tls == (tls == tls_mode::required));
}

TEST_CASE("Full authentication sends the password over TLS, or encrypted with the server's key") {
    const tls_mode tls = GENERATE(tls_mode::off, tls_mode::required);
    server_login_options server = offering();
    server.full_authentication = true;
    const ending out = talk(as("app", "secret", tls), server);
    CHECK(out.logged_in);
    CHECK(out.client.full_authentication);
    CHECK(out.server.full_authentication);
    const ending wrong = talk(as("app", "Secret", tls), server);
    CHECK(wrong.denial.code == 1045);
    CHECK(wrong.client.full_authentication);
}

TEST_CASE("An account known by its native hash logs in with caching_sha2_password too") {
    CHECK(talk(as("hashed", "password")).logged_in);
    CHECK(talk(as("hashed", "password")).server.full_authentication);
    CHECK(talk(as("hashed", "passwort")).denial.code == 1045);
}

TEST_CASE("A client that forbids key retrieval does not ask for the key") {
    server_login_options server = offering();
    server.full_authentication = true;
    client_login_options client = as("app", "secret");
    client.allow_public_key_retrieval = false;
    CHECK(talk(client, server).client_error == errc::access_denied);
}

TEST_CASE("A server without a key denies full authentication in clear") {
    server_login_options server = offering();
    server.full_authentication = true;
    server.rsa_key = nullptr;
    CHECK(talk(as("app", "secret"), server).denial.code == 1045);
    CHECK(talk(as("app", "secret", tls_mode::required), server).logged_in);
}

TEST_CASE("An empty password is right only for an account that has none") {
    CHECK(talk(as("open", "")).logged_in);
    CHECK(talk(as("open", "x")).denial.code == 1045);
    const ending out = talk(as("app", ""));
    CHECK(out.denial.code == 1045);
    CHECK(out.denial.message == "Access denied for user 'app'@'10.0.0.7' (using password: NO)");
}

TEST_CASE("A wrong password and an unknown user are denied alike") {
    const bool full = GENERATE(false, true);
    server_login_options server = offering();
    server.full_authentication = full;
    for (const char* user : {"app", "nobody"}) {
        const ending out = talk(as(user, "wrong"), server);
        CHECK_FALSE(out.accepted);
        CHECK(out.why == errc::access_denied);
        CHECK(out.denial.code == 1045);
        CHECK(out.denial.sqlstate == "28000");
        CHECK(out.denial.message == "Access denied for user '" + std::string(user) +
                                        "'@'10.0.0.7' (using password: YES)");
        CHECK(out.client.full_authentication == full);
    }
}

TEST_CASE("An unknown user is denied with an empty password too") {
    CHECK(talk(as("nobody", "")).denial.code == 1045);
}

TEST_CASE("TLS is demanded by the server, by the account, or by the client") {
    server_login_options strict = offering();
    strict.tls_required = true;
    CHECK(talk(as("app", "secret"), strict).denial.code == 3159);
    CHECK(talk(as("app", "secret", tls_mode::required), strict).logged_in);

    CHECK(talk(as("tls", "secret")).denial.code == 1045);
    CHECK(talk(as("tls", "secret", tls_mode::required)).logged_in);

    server_login_options without = offering();
    without.tls_available = false;
    CHECK(talk(as("app", "secret", tls_mode::required), without).client_error ==
          errc::tls_unavailable);
}

TEST_CASE("Schema, collation, attributes and the common capabilities arrive") {
    client_login_options client = as("app", "secret");
    client.schema = "shop";
    client.collation = 45;
    client.attributes = {{"program_name", "test"}, {"_pid", "7"}};
    const ending out = talk(client);
    CHECK(out.logged_in);
    CHECK(out.server.schema == "shop");
    CHECK(out.server.collation == 45);
    CHECK(out.server.attributes == client.attributes);
    CHECK(out.server.capabilities == out.client.capabilities);
    CHECK(capability::has(out.server.capabilities, capability::deprecate_eof));
    CHECK_FALSE(capability::has(out.server.capabilities, capability::multi_statements));
}

TEST_CASE("A name with a NUL in it is not sent") {
    CHECK(talk(as(std::string("a\0b", 3), "secret")).client_error == errc::malformed);
}
