#include <cstdlib>

#include "protocol/capabilities.hpp"
#include "protocol/packet.hpp"
#include "protocol/server_login.hpp"

namespace {

std::optional<protocol::account> find(std::string_view user) {
    if (user != "app") return std::nullopt;
    return protocol::account{.verifiers = protocol::password_verifiers::from_password("secret")};
}

}  // namespace

/// A client that says anything: one byte of flags, then for each packet a u16 size and its payload.
/// It never knows the password, so nobody may get in.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace protocol;
    using action = server_login::action;
    static const rsa_private_key key = rsa_private_key::generate().value();
    cursor in(bytes_view(data, size));
    const std::uint8_t flags = in.u8();
    server_login login({.capabilities = capability::connect_attrs | capability::connect_with_db |
                                        capability::plugin_auth_lenenc_data,
                        .tls_available = (flags & 1) != 0,
                        .full_authentication = (flags & 2) != 0,
                        .rsa_key = (flags & 4) != 0 ? &key : nullptr},
                       find);
    nonce challenge = random_nonce().value();
    login.greet(challenge, challenge);
    std::uint8_t sequence = 1;
    while (!in.at_end()) {
        const bytes_view payload = in.bytes(in.u16());
        if (in.failed()) break;
        auto step = login.advance(payload, sequence++);
        if (step.next == action::start_tls) step = login.tls_established();
        if (!step.output.empty()) ++sequence;
        if (step.next == action::authenticated) {
            // Over "TLS" the password may be guessed in clear: only that text lets anyone in.
            if (as_text(payload) != std::string_view("secret\0", 7)) std::abort();
            break;
        }
        if (step.next == action::denied) break;
    }
    return 0;
}
