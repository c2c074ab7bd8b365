#include "protocol/greeting.hpp"

#include <catch2/catch.hpp>

#include "protocol/auth_packets.hpp"
#include "protocol/capabilities.hpp"
#include "recording.hpp"
#include "wire_bytes.hpp"

using namespace protocol;
using wire_bytes::bytes;
using wire_bytes::encoded;

namespace {

greeting example() {
    greeting out{.server_version = "8.4.0-tidegate",
                 .connection_id = 0x01020304,
                 .capabilities = capability::protocol_41 | capability::secure_connection |
                                 capability::plugin_auth | capability::deprecate_eof,
                 .collation = 255,
                 .status = 2,
                 .auth_plugin = caching_sha2_password};
    out.nonce.fill('n');
    return out;
}

}  // namespace

TEST_CASE("A greeting decodes to the greeting that was encoded") {
    const bytes payload = encoded(example());
    CHECK(decode_greeting(payload).value() == example());
}

TEST_CASE("A greeting decodes from the bytes MySQL 9.7 sends, and encodes to the same") {
    const bytes payload = recording::load("eof").greeting;
    const greeting hello = decode_greeting(payload).value();
    CHECK(hello.server_version == "9.7.4-2");
    CHECK(hello.auth_plugin == caching_sha2_password);
    CHECK(hello.collation == 255);
    CHECK(hello.status == 2);
    CHECK(capability::has(hello.capabilities,
                          capability::ssl | capability::session_track | capability::deprecate_eof |
                              capability::query_attributes | capability::plugin_auth));
    CHECK(encoded(hello) == payload);
}

TEST_CASE("A greeting cut short anywhere is refused") {
    const bytes full = encoded(example());
    const std::size_t plugin_at = full.size() - caching_sha2_password.size() - 1;
    wire_bytes::for_each_cut(full, [&](const bytes& cut) {
        CAPTURE(cut.size());
        // Only the plugin's name may end early: old servers leave out the NUL behind it.
        if (cut.size() < plugin_at) CHECK(decode_greeting(cut).error() == errc::truncated);
    });
}

TEST_CASE("A server that is not MySQL 4.1 or later is refused by name") {
    CHECK(decode_greeting(wire_bytes::of("SSH-2.0-OpenSSH")).error() == errc::unexpected_header);
    greeting old = example();
    old.capabilities &= ~capability::protocol_41;
    CHECK(decode_greeting(encoded(old)).error() == errc::bad_handshake);
}
