#include "protocol/auth.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "protocol/rsa_password.hpp"
#include "wire_bytes.hpp"

using namespace protocol;
using wire_bytes::hex;

namespace {

nonce letters() {
    nonce out;
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::uint8_t>('a' + i);
    return out;
}

}  // namespace

TEST_CASE("The caching_sha2 response is the one MySQL's own client makes") {
    // From `mysql -psecret` of MySQL 9.7 against the nonce "abcdefghijklmnopqrst".
    CHECK(wire_bytes::to_hex(scramble_sha2("secret", letters())) ==
          "c76e2898612a4cf042c77fa8c4702c4c64c0c2c557c53c4d75595aaa6abae809");
}

TEST_CASE("The stored native digest is the one of mysql.user") {
    // SELECT PASSWORD('password') on MySQL 5.7.
    const auto stored =
        password_verifiers::from_native_hash("*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19");
    CHECK(stored.value().native_stage2 ==
          password_verifiers::from_password("password").native_stage2);
    CHECK_FALSE(stored.value().sha2_stage2.has_value());
}

TEST_CASE("A response is verified with the digest of its password and of no other") {
    const nonce challenge = random_nonce().value();
    const auto right = password_verifiers::from_password("secret");
    const auto wrong = password_verifiers::from_password("Secret");
    CHECK(verify_native(scramble_native("secret", challenge), challenge, *right.native_stage2));
    CHECK(verify_sha2(scramble_sha2("secret", challenge), challenge, *right.sha2_stage2));
    CHECK_FALSE(
        verify_native(scramble_native("secret", challenge), challenge, *wrong.native_stage2));
    CHECK_FALSE(verify_sha2(scramble_sha2("secret", challenge), challenge, *wrong.sha2_stage2));
    CHECK_FALSE(verify_sha2(scramble_sha2("secret", challenge), letters(), *right.sha2_stage2));
}

TEST_CASE("A response of the wrong size is wrong") {
    const auto known = password_verifiers::from_password("secret");
    const auto native = scramble_native("secret", letters());
    CHECK_FALSE(verify_native(bytes_view(native).first(19), letters(), *known.native_stage2));
    CHECK_FALSE(verify_sha2(native, letters(), *known.sha2_stage2));
    CHECK_FALSE(verify_sha2({}, letters(), *known.sha2_stage2));
}

TEST_CASE("A clear password matches by whichever digest is known") {
    CHECK(password_verifiers::from_password("secret").matches("secret"));
    CHECK_FALSE(password_verifiers::from_password("secret").matches("secre"));
    const auto native =
        password_verifiers::from_native_hash("*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19").value();
    CHECK(native.matches("password"));
    CHECK_FALSE(native.matches("passwore"));
}

TEST_CASE("The empty password matches itself only, and nobody's password matches nothing") {
    CHECK(password_verifiers::from_password("").matches(""));
    CHECK_FALSE(password_verifiers::from_password("").matches("x"));
    CHECK_FALSE(password_verifiers::from_password("x").matches(""));
    CHECK_FALSE(password_verifiers::of_nobody().matches(""));
    CHECK_FALSE(password_verifiers::of_nobody().matches("x"));
}

TEST_CASE("Text that is no native hash is malformed") {
    const std::string text = GENERATE(
        "", "*", "2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19",
        "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E1", "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E1G",
        "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E199", "*-470C0C06DEE42FD1618BB99005ADCA2EC9D1E19");
    CAPTURE(text);
    CHECK(password_verifiers::from_native_hash(text).error() == errc::malformed);
}

TEST_CASE("A password is checked against what mysql.user keeps for caching_sha2_password") {
    // Of MySQL 9.7, as HEX(authentication_string) prints them.
    const auto brief = password_verifiers::from_stored_hash(
        "0x244124303041246C5A1C02611B417F67756E092C53651174370D416A4C737A43516D7A77786B366543666A78"
        "5730337475707758792F7A38352F67496F424A716F6C49733532");
    REQUIRE(brief.has_value());
    CHECK(brief->sha2_stored->rounds == 10'000);
    CHECK(brief->matches("secret"));
    CHECK_FALSE(brief->matches("secreT"));
    CHECK_FALSE(brief->matches(""));
    CHECK_FALSE(brief->matches(std::string(password_bytes_max + 1, 'p')));
    const auto lengthy = password_verifiers::from_stored_hash(
        "0x244124303041242D740C1F372B7109554D34405E7B743D213B1E0E77595A4C6C6C6E654E6E416C5A64674943"
        "42387445633038375352324C424E3431776E2E536F727251422E");
    REQUIRE(lengthy.has_value());
    CHECK(lengthy->matches(std::string(100, 'p')));
    CHECK_FALSE(lengthy->matches(std::string(99, 'p')));
}

TEST_CASE("What is not exactly a stored hash is refused") {
    const std::string salt = "12345678901234567890";
    const std::string digest(43, 'x');
    CHECK(password_verifiers::from_stored_hash("$A$005$" + salt + digest).has_value());
    CHECK(password_verifiers::from_stored_hash("*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19")
              .has_value());
    for (const std::string& text :
         {std::string(), std::string("secret"), "$A$005$" + salt + digest + "x",
          "$A$005$" + salt + digest.substr(1), "$B$005$" + salt + digest, "$A$000$" + salt + digest,
          "$A$0x5$" + salt + digest, "$A$0051" + salt + digest, std::string("0x2441"),
          std::string("0x244"), std::string("0xzz")}) {
        CAPTURE(text);
        CHECK(password_verifiers::from_stored_hash(text).error() == errc::malformed);
    }
    CHECK(password_verifiers::from_stored_hash("$A$065$" + salt + digest).error() ==
          errc::limit_exceeded);
}

TEST_CASE("A secret leaves nothing behind") {
    // Short texts lie inside the object, others on the heap; only the first can be looked at.
    alignas(secret) unsigned char place[sizeof(secret)];
    auto* const here = new (place) secret("hunter2");
    secret moved(std::move(*here));
    CHECK(moved == "hunter2");
    CHECK(here->empty());
    here->~secret();
    const std::string_view left(reinterpret_cast<const char*>(place), sizeof place);
    CHECK(left.find("hunter") == std::string_view::npos);
}

TEST_CASE("A nonce holds neither NUL nor dollar nor a byte above 127") {
    for (int i = 0; i < 500; ++i) {
        const nonce made = random_nonce().value();
        const bool clean = std::ranges::all_of(
            made, [](std::uint8_t byte) { return byte != 0 && byte != '$' && byte < 128; });
        CHECK(clean);
    }
}

TEST_CASE("A password encrypted with a public key comes back with the private one") {
    const auto key = rsa_private_key::generate();
    REQUIRE(key.has_value());
    for (const std::string& password :
         {std::string(), std::string("secret"), std::string(200, 'x')}) {
        const auto cipher = encrypt_password(password, letters(), key->public_pem());
        REQUIRE(cipher.has_value());
        CHECK(cipher->size() == 256);
        CHECK(key->decrypt_password(*cipher, letters()).value() == password);
    }
    CHECK(encrypt_password(std::string(250, 'x'), letters(), key->public_pem()).error() ==
          errc::too_long);
}

TEST_CASE("Cipher text that was tampered with is denied, whatever is wrong with it") {
    const auto key = rsa_private_key::generate();
    REQUIRE(key.has_value());
    auto cipher = encrypt_password("secret", letters(), key->public_pem()).value();
    cipher[17] ^= 1;
    CHECK(key->decrypt_password(cipher, letters()).error() == errc::access_denied);
    CHECK(key->decrypt_password(bytes_view(cipher).first(255), letters()).error() ==
          errc::access_denied);
    CHECK(key->decrypt_password({}, letters()).error() == errc::access_denied);
}

TEST_CASE("What is no RSA key in PEM is a bad key") {
    CHECK(rsa_private_key::from_pem("").error() == errc::bad_key);
    CHECK(rsa_private_key::from_pem("-----BEGIN PRIVATE KEY-----\nAAAA\n").error() ==
          errc::bad_key);
    CHECK(rsa_private_key::from_pem(std::string(100'000, 'x')).error() == errc::bad_key);
    CHECK(encrypt_password("x", letters(), "no key").error() == errc::bad_key);
}
