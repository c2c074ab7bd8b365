#include "protocol/handshake_response.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <string>

#include "protocol/auth_packets.hpp"
#include "protocol/capabilities.hpp"
#include "protocol/change_user.hpp"
#include "wire_bytes.hpp"

using namespace protocol;
using wire_bytes::bytes;
using wire_bytes::encoded;
using wire_bytes::hex;

namespace {

// As `mysql -uapp -psecret shop` of MySQL 9.7 answers a greeting without TLS.
const char* const mysql_client =
    "8da2bf1900000001ff00000000000000000000000000000000000000000000006170700020c76e2898612a4cf042"
    "c77fa8c4702c4c64c0c2c557c53c4d75595aaa6abae80973686f700063616368696e675f736861325f7061737377"
    "6f72640071045f7069640433333339095f706c6174666f726d067838365f3634035f6f73054c696e75780c5f636c"
    "69656e745f6e616d65086c69626d7973716c076f735f7573657204726f6f740f5f636c69656e745f76657273696f"
    "6e05392e372e340c70726f6772616d5f6e616d65056d7973716c";

// As Ruby's mysql2 on MariaDB Connector/C 3.3 does.
const char* const mariadb_connector =
    "8da2be80000010002100000000000000000000000000000000000000000000006170700020c76e2898612a4cf042"
    "c77fa8c4702c4c64c0c2c557c53c4d75595aaa6abae80973686f700063616368696e675f736861325f7061737377"
    "6f7264007b035f6f73054c696e75780c5f636c69656e745f6e616d650a6c69626d617269616462045f7069640433"
    "3334310f5f636c69656e745f76657273696f6e06332e332e3230095f706c6174666f726d067838365f36340c7072"
    "6f6772616d5f6e616d65022d650c5f7365727665725f686f7374093132372e302e302e31";

std::map<std::string, std::string> attributes_of(const handshake_response& response) {
    std::map<std::string, std::string> out;
    const auto walked = for_each_attribute(
        response.attributes, [&out](auto name, auto value) { out.emplace(name, value); });
    REQUIRE(walked.has_value());
    return out;
}

constexpr std::uint32_t all_fields = capability::protocol_41 | capability::secure_connection |
                                     capability::plugin_auth | capability::plugin_auth_lenenc_data |
                                     capability::connect_with_db | capability::connect_attrs |
                                     capability::zstd_compression;

}  // namespace

TEST_CASE(
    "A handshake response decodes from the bytes real clients send, and encodes to the same") {
    const bytes payload = hex(GENERATE(mysql_client, mariadb_connector));
    const handshake_response response = decode_handshake_response(payload).value();
    CHECK(response.user == "app");
    CHECK(response.schema == "shop");
    CHECK(response.auth_plugin == caching_sha2_password);
    CHECK(response.auth_data.size() == 32);
    CHECK(attributes_of(response).at("_os") == "Linux");
    CHECK(encoded(response) == payload);
}

TEST_CASE("A handshake response with every field decodes to what was encoded") {
    const bytes auth_data(200, 0x61);
    const bytes attributes = hex("01 61 01 62");
    // With the 1-byte length, with the length-encoded one, and with neither.
    const std::uint32_t without = GENERATE(0u, capability::plugin_auth_lenenc_data);
    const bytes payload = encoded(handshake_response{.capabilities = all_fields & ~without,
                                                     .packet_bytes_max = 1u << 24,
                                                     .collation = 45,
                                                     .collation_high = 1,
                                                     .user = "u",
                                                     .auth_data = auth_data,
                                                     .schema = "s",
                                                     .auth_plugin = "p",
                                                     .attributes = attributes,
                                                     .zstd_level = 3});
    const handshake_response out = decode_handshake_response(payload).value();
    CHECK(out.packet_bytes_max == 1u << 24);
    CHECK(out.collation == 45);
    CHECK(out.collation_high == 1);
    CHECK(out.user == "u");
    CHECK(as_text(out.auth_data) == as_text(auth_data));
    CHECK(out.schema == "s");
    CHECK(out.auth_plugin == "p");
    CHECK(attributes_of(out) == std::map<std::string, std::string>{{"a", "b"}});
    CHECK(out.zstd_level == 3);
}

TEST_CASE("A handshake response cut short before its schema is truncated") {
    const bytes full = hex(mysql_client);
    const std::size_t schema_at = full.size() - 149;
    wire_bytes::for_each_cut(full, [&](const bytes& cut) {
        CAPTURE(cut.size());
        const auto decoded = decode_handshake_response(cut);
        if (cut.size() < schema_at) CHECK(decoded.error() == errc::truncated);
    });
}

TEST_CASE("A client of before protocol 4.1 is refused by name") {
    CHECK(decode_handshake_response(hex("8500 000000 726f6f7400")).error() == errc::bad_handshake);
}

TEST_CASE("Connect attributes that end inside a value are truncated") {
    const bytes attributes = hex("01 61 05 62");
    CHECK(for_each_attribute(attributes, [](auto, auto) {}).error() == errc::truncated);
}

TEST_CASE("An SSL request is told from a whole response by its size and flag") {
    const ssl_request request{all_fields | capability::ssl, 1u << 24, 255, 0};
    const bytes payload = encoded(request);
    CHECK(payload.size() == ssl_request_size);
    CHECK(is_ssl_request(payload));
    CHECK(decode_ssl_request(payload).value() == request);
    CHECK_FALSE(is_ssl_request(encoded(ssl_request{all_fields, 1u << 24, 255, 0})));
    CHECK_FALSE(is_ssl_request(hex(mysql_client)));
}

TEST_CASE("COM_CHANGE_USER decodes to what was encoded, and with its optional end left out") {
    const bytes auth_data(20, 0x62);
    const bytes attributes = hex("01 61 01 62");
    const bytes payload = encoded(change_user{.user = "u",
                                              .auth_data = auth_data,
                                              .schema = "s",
                                              .collation = 305,
                                              .auth_plugin = "p",
                                              .attributes = attributes},
                                  all_fields);
    const change_user out = decode_change_user(payload, all_fields).value();
    CHECK(out.user == "u");
    CHECK(as_text(out.auth_data) == as_text(auth_data));
    CHECK(out.schema == "s");
    CHECK(out.collation == 305);
    CHECK(out.auth_plugin == "p");
    CHECK(as_text(out.attributes) == as_text(attributes));

    const bytes brief_payload = hex("11 7500 00 7300");
    const change_user brief = decode_change_user(brief_payload, all_fields).value();
    CHECK(brief.user == "u");
    CHECK(brief.schema == "s");
    CHECK(brief.collation == 0);
    CHECK(decode_change_user(hex("11 7500 05 7300"), all_fields).error() == errc::truncated);
}
