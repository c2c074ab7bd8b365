#include "protocol/server_login.hpp"

#include <catch2/catch.hpp>

#include "protocol/auth_packets.hpp"
#include "protocol/capabilities.hpp"
#include "protocol/change_user.hpp"
#include "protocol/client_login.hpp"
#include "protocol/packet.hpp"
#include "wire_bytes.hpp"

using namespace protocol;
using wire_bytes::bytes;
using wire_bytes::encoded;
using wire_bytes::hex;

namespace {

constexpr std::uint32_t client_capabilities =
    capability::protocol_41 | capability::secure_connection | capability::plugin_auth;

nonce first_nonce() {
    nonce out;
    out.fill('1');
    return out;
}
nonce second_nonce() {
    nonce out;
    out.fill('2');
    return out;
}

server_login make(server_login_options options = {}) {
    options.capabilities |= capability::connect_attrs;
    server_login out(options, [](std::string_view user) -> std::optional<account> {
        if (user != "app") return std::nullopt;
        return account{.verifiers = password_verifiers::from_password("secret")};
    });
    out.greet(first_nonce(), second_nonce());
    return out;
}

bytes response(std::string_view plugin, bytes_view auth_data, std::string_view user = "app",
               std::uint32_t capabilities = client_capabilities) {
    return encoded(handshake_response{
        .capabilities = capabilities, .user = user, .auth_data = auth_data, .auth_plugin = plugin});
}

bytes_view payload_of(const server_login::step& step) {
    return step.output.subspan(header_size);
}

std::uint16_t error_code(const server_login::step& step) {
    REQUIRE(step.next == server_login::action::denied);
    return decode_err(payload_of(step)).value().code;
}

}  // namespace

TEST_CASE("A client that names mysql_native_password is let in by it, where that is allowed") {
    server_login allowed = make();
    const auto proof = scramble_native("secret", first_nonce());
    CHECK(allowed.advance(response(mysql_native_password, proof), 1).next ==
          server_login::action::authenticated);
    CHECK(allowed.who().auth_plugin == mysql_native_password);

    server_login forbidden = make({.allow_native = false});
    const auto step = forbidden.advance(response(mysql_native_password, proof), 1);
    CHECK(decode_auth_switch_request(payload_of(step)).value().plugin == caching_sha2_password);
}

namespace {

server_login make_for(const account& known) {
    server_login out({.capabilities = capability::zstd_compression | capability::compress,
                      .secure_transport = true},
                     [known](std::string_view) { return known; });
    out.greet(first_nonce(), second_nonce());
    return out;
}

}  // namespace

TEST_CASE("Two passwords are as good as one while they change places") {
    const account both{.verifiers = password_verifiers::from_password("old"),
                       .other_verifiers = password_verifiers::from_password("new")};
    for (const std::string_view password : {"old", "new"}) {
        const auto sha2 = scramble_sha2(password, first_nonce());
        CHECK(make_for(both).advance(response(caching_sha2_password, sha2), 1).next ==
              server_login::action::authenticated);
        const auto native = scramble_native(password, first_nonce());
        CHECK(make_for(both).advance(response(mysql_native_password, native), 1).next ==
              server_login::action::authenticated);
    }
    const auto wrong = scramble_sha2("other", first_nonce());
    CHECK(error_code(make_for(both).advance(response(caching_sha2_password, wrong), 1)) == 1045);
}

TEST_CASE("A password that is to be captured must come itself, and is given out once") {
    const account known{.verifiers = password_verifiers::from_password("secret"),
                        .capture_password = true};
    const auto proof = scramble_sha2("secret", first_nonce());
    server_login login = make_for(known);
    auto step = login.advance(response(caching_sha2_password, proof), 1);
    CHECK(wire_bytes::to_hex(payload_of(step)) == wire_bytes::to_hex(hex("01 04")));
    SECTION("the right one") {
        step = login.advance(wire_bytes::of(std::string_view("secret\0", 7)), 3);
        CHECK(step.next == server_login::action::authenticated);
        CHECK(login.take_password() == "secret");
        CHECK(login.take_password().empty());
    }
    SECTION("a wrong one") {
        step = login.advance(wire_bytes::of(std::string_view("secreT\0", 7)), 3);
        CHECK(error_code(step) == 1045);
        CHECK(login.take_password().empty());
    }
    SECTION("the native way gives away too little") {
        server_login native = make_for(known);
        const auto digest = scramble_native("secret", first_nonce());
        const auto asked = native.advance(response(mysql_native_password, digest), 1);
        CHECK(decode_auth_switch_request(payload_of(asked)).value().plugin ==
              caching_sha2_password);
    }
}

TEST_CASE("A zstd level that MySQL refuses is refused in its words") {
    const account known{.verifiers = password_verifiers::from_password("")};
    bytes wanted = response(caching_sha2_password, {}, "app",
                            client_capabilities | capability::zstd_compression);
    wanted.back() = 22;  // the level is the last field
    server_login right = make_for(known);
    CHECK(right.advance(wanted, 1).next == server_login::action::authenticated);
    CHECK(right.who().compressed == compression{compression_algorithm::zstd, 22});
    for (const std::uint8_t level : {std::uint8_t{0}, std::uint8_t{23}}) {
        wanted.back() = level;
        CHECK(error_code(make_for(known).advance(wanted, 1)) == 3923);
    }
}

TEST_CASE("A client without plugins proves itself the native way") {
    constexpr std::uint32_t old = client_capabilities & ~capability::plugin_auth;
    const auto proof = scramble_native("secret", first_nonce());
    server_login allowed = make();
    CHECK(allowed.advance(response({}, proof, "app", old), 1).next ==
          server_login::action::authenticated);
    server_login forbidden = make({.allow_native = false});
    CHECK(error_code(forbidden.advance(response({}, proof, "app", old), 1)) == 1251);
}

TEST_CASE(
    "A client that names another plugin is switched to caching_sha2_password, and its nonce") {
    for (const char* plugin : {"", "mysql_clear_password", "sha256_password", "made_up"}) {
        CAPTURE(plugin);
        server_login login = make();
        const auto step = login.advance(response(plugin, {}), 1);
        REQUIRE(step.next == server_login::action::read);
        const auto request = decode_auth_switch_request(payload_of(step)).value();
        CHECK(request.plugin == caching_sha2_password);
        CHECK(as_text(request.data) == as_text(second_nonce()));
        const auto proof = scramble_sha2("secret", second_nonce());
        CHECK(login.advance(proof, 3).next == server_login::action::authenticated);
    }
}

TEST_CASE("A proof for the first nonce does not pass after a switch") {
    server_login login = make();
    login.advance(response("made_up", {}), 1);
    CHECK(error_code(login.advance(scramble_sha2("secret", first_nonce()), 3)) == 1045);
}

TEST_CASE("The fast path ends in two packets, of which the last is OK") {
    server_login login = make();
    login.advance(response(caching_sha2_password, scramble_sha2("secret", first_nonce())), 1);
    CHECK(wire_bytes::to_hex(login.accept({.status = 2})) ==
          wire_bytes::to_hex(hex("020000 02 01 03  070000 03 00 00 00 0200 0000")));
}

TEST_CASE("A correct login may still be refused") {
    server_login login = make();
    login.advance(response(caching_sha2_password, scramble_sha2("secret", first_nonce())), 1);
    const bytes_view wire = login.refuse({1049, "42000", "Unknown database 'x'"});
    CHECK(wire[3] == 2);
    CHECK(decode_err(wire.subspan(header_size)).value().code == 1049);
}

TEST_CASE("Malformed input ends in Bad handshake and tells why") {
    const auto bad = [](const bytes& payload, std::uint8_t sequence, errc why) {
        server_login login = make();
        const auto step = login.advance(payload, sequence);
        CHECK(error_code(step) == 1043);
        CHECK(step.why == why);
    };
    bad({}, 1, errc::truncated);
    bad(hex("85a6 0300"), 1, errc::truncated);
    bad(hex("8500 0000"), 1, errc::bad_handshake);
    bad(response(caching_sha2_password, {}), 2, errc::wrong_sequence);
    bad(response(caching_sha2_password, {}, std::string(97, 'u')), 1, errc::too_long);
    bad(encoded(ssl_request{client_capabilities | capability::ssl, 0, 0, 0}), 1, errc::malformed);
}

TEST_CASE("A handshake response cut short anywhere lets nobody in") {
    const auto proof = scramble_sha2("secret", first_nonce());
    wire_bytes::for_each_cut(response(caching_sha2_password, proof), [](const bytes& cut) {
        CAPTURE(cut.size());
        server_login login = make();
        const auto step = login.advance(cut, 1);
        const bool let_in = step.next == server_login::action::authenticated;
        // The NUL behind the plugin is optional, as with MySQL.
        const bool whole = as_text(cut).ends_with(caching_sha2_password);
        CHECK(let_in == whole);
    });
}

TEST_CASE("A client cannot ask for TLS twice") {
    server_login login = make({.tls_available = true});
    const bytes request = encoded(ssl_request{client_capabilities | capability::ssl, 0, 0, 0});
    CHECK(login.advance(request, 1).next == server_login::action::start_tls);
    CHECK(login.tls_established().next == server_login::action::read);
    CHECK(error_code(login.advance(request, 2)) == 1043);
}

TEST_CASE("Plain text behind a request for TLS is not taken for part of the login") {
    server_login login = make({.tls_available = true});
    login.advance(encoded(ssl_request{client_capabilities | capability::ssl, 0, 0, 0}), 1);
    const auto proof = scramble_sha2("secret", first_nonce());
    CHECK(error_code(login.advance(response(caching_sha2_password, proof), 2)) == 1043);
}

TEST_CASE("COM_CHANGE_USER asks for a new proof and forgets the old user") {
    server_login login = make();
    login.advance(response(caching_sha2_password, scramble_sha2("secret", first_nonce())), 1);
    login.accept({.status = 2});

    const auto old_proof = scramble_sha2("secret", first_nonce());
    const bytes command = encoded(change_user{.user = "app",
                                              .auth_data = old_proof,
                                              .schema = "shop",
                                              .collation = 45,
                                              .auth_plugin = caching_sha2_password},
                                  client_capabilities);
    const auto step = login.change_user(command, 0, second_nonce());
    REQUIRE(step.next == server_login::action::read);
    CHECK(step.output[3] == 1);
    CHECK(payload_of(step)[0] == auth_switch_header);
    const auto proof = scramble_sha2("secret", second_nonce());
    CHECK(login.advance(proof, 2).next == server_login::action::authenticated);
    CHECK(login.who().schema == "shop");
    CHECK(login.who().collation == 45);

    const bytes other = encoded(change_user{.user = "other"}, client_capabilities);
    login.accept({});
    login.change_user(other, 0, first_nonce());
    CHECK(error_code(login.advance(scramble_sha2("secret", first_nonce()), 2)) == 1045);
}

TEST_CASE("A client that came by the native plugin changes its user by it, with its first nonce") {
    server_login login = make();
    login.advance(response(mysql_native_password, scramble_native("secret", first_nonce())), 1);
    login.accept({.status = 2});
    const auto proof = scramble_native("secret", first_nonce());
    const bytes right =
        encoded(change_user{.user = "app", .auth_data = proof}, client_capabilities);
    CHECK(login.change_user(right, 0, second_nonce()).next == server_login::action::authenticated);
    login.accept({.status = 2});
    const bytes none = encoded(change_user{.user = "app"}, client_capabilities);
    CHECK(error_code(login.change_user(none, 0, second_nonce())) == 1045);
}

TEST_CASE("A login is forgotten but for what the change of its user needs") {
    const auto find = [](std::string_view user) -> std::optional<account> {
        if (user != "app") return std::nullopt;
        return account{.verifiers = password_verifiers::from_password("secret")};
    };
    past_login past;
    SECTION("by the native plugin, with the nonce of then") {
        server_login login = make();
        login.advance(response(mysql_native_password, scramble_native("secret", first_nonce())), 1);
        login.accept({.status = 2});
        past = login.past();
        server_login next({}, find, past);
        const auto proof = scramble_native("secret", first_nonce());
        const bytes right =
            encoded(change_user{.user = "app", .auth_data = proof}, client_capabilities);
        CHECK(next.change_user(right, 0, second_nonce()).next ==
              server_login::action::authenticated);
        CHECK(next.who().capabilities == login.who().capabilities);
        CHECK(next.who().collation == login.who().collation);
    }
    SECTION("by the other, with a new one") {
        server_login login = make();
        login.advance(response(caching_sha2_password, scramble_sha2("secret", first_nonce())), 1);
        login.accept({.status = 2});
        past = login.past();
        server_login next({}, find, past);
        const bytes command = encoded(change_user{.user = "app"}, client_capabilities);
        CHECK(next.change_user(command, 0, second_nonce()).next == server_login::action::read);
        const auto old_proof = scramble_sha2("secret", first_nonce());
        CHECK(next.advance(old_proof, 2).next == server_login::action::denied);
    }
    SECTION("and nothing else may follow") {
        server_login next({}, find, past);
        const auto proof = scramble_sha2("secret", first_nonce());
        CHECK(next.advance(response(caching_sha2_password, proof), 0).next ==
              server_login::action::denied);
    }
}

TEST_CASE("A server that never comes to an end is left after a bounded number of rounds") {
    client_login client({.user = "app", .password = "secret"});
    greeting hello{.server_version = "8",
                   .capabilities = client_capabilities,
                   .auth_plugin = caching_sha2_password};
    hello.nonce = first_nonce();
    REQUIRE(client.advance(encoded(hello), 0).has_value());
    const auto nonce = first_nonce();
    const bytes again = encoded(auth_switch_request{caching_sha2_password, nonce});
    std::uint8_t sequence = 2;
    for (unsigned round = 1; round < client_login::rounds_max; ++round, sequence += 2)
        REQUIRE(client.advance(again, sequence).has_value());
    CHECK(client.advance(again, sequence).error() == errc::limit_exceeded);
}

TEST_CASE("A server cannot talk a client into sending its password in clear") {
    client_login client({.user = "app", .password = "secret"});
    greeting hello{.server_version = "8",
                   .capabilities = client_capabilities,
                   .auth_plugin = mysql_clear_password};
    hello.nonce = first_nonce();
    const auto first = client.advance(encoded(hello), 0);
    REQUIRE(first.has_value());
    CHECK(as_text(first->output).find("secret") == std::string_view::npos);
    const bytes ask = encoded(auth_switch_request{mysql_clear_password, {}});
    CHECK(client.advance(ask, 2).error() == errc::access_denied);
}

TEST_CASE("Over TLS a client gives its password to a server that asks for it in clear") {
    client_login client(
        {.user = "app", .password = "secret", .tls = client_login_options::tls_mode::required});
    greeting hello{.server_version = "8",
                   .capabilities = client_capabilities | capability::ssl,
                   .auth_plugin = caching_sha2_password};
    hello.nonce = first_nonce();
    const auto first = client.advance(encoded(hello), 0);
    REQUIRE(first.has_value());
    REQUIRE(first->next == client_login::action::start_tls);
    REQUIRE(client.tls_established().has_value());
    const auto told = client.advance(encoded(auth_switch_request{mysql_clear_password, {}}), 3);
    REQUIRE(told.has_value());
    CHECK(as_text(told->output.subspan(header_size)) == std::string_view("secret\0", 7));
}

TEST_CASE("A client names the plugin it lacks and the server's refusal before the greeting") {
    client_login client({.user = "app", .password = "secret"});
    greeting hello{.server_version = "8",
                   .capabilities = client_capabilities,
                   .auth_plugin = caching_sha2_password};
    hello.nonce = first_nonce();
    REQUIRE(client.advance(encoded(hello), 0).has_value());
    CHECK(client.advance(encoded(auth_switch_request{"authentication_ldap_sasl", {}}), 2).error() ==
          errc::unknown_auth_plugin);

    client_login busy({.user = "app"});
    const auto step = busy.advance(hex("ff 1004 546f6f206d616e7920636f6e6e656374696f6e73"), 0);
    CHECK(step->next == client_login::action::denied);
    CHECK(busy.denial().code == 1040);
    CHECK(busy.denial().message == "Too many connections");
}
