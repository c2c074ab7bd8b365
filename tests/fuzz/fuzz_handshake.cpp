#include <cstdlib>

#include "protocol/auth_packets.hpp"
#include "protocol/change_user.hpp"
#include "protocol/greeting.hpp"
#include "protocol/handshake_response.hpp"

/// All packets of a login.  What decodes must encode to something that decodes again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const protocol::bytes_view payload(data, size);
    if (const auto hello = protocol::decode_greeting(payload)) {
        protocol::writer out;
        encode(*hello, out);
        if (protocol::decode_greeting(out.view()).value() != *hello) std::abort();
    }
    if (const auto response = protocol::decode_handshake_response(payload)) {
        protocol::writer out;
        encode(*response, out);
        if (protocol::decode_handshake_response(out.view()).value().user != response->user)
            std::abort();
        std::size_t seen = 0;
        (void)protocol::for_each_attribute(response->attributes,
                                           [&](auto name, auto) { seen += name.size(); });
        if (seen > response->attributes.size()) std::abort();
    }
    if (protocol::is_ssl_request(payload)) (void)protocol::decode_ssl_request(payload);
    (void)protocol::decode_auth_switch_request(payload);
    (void)protocol::decode_auth_more_data(payload);
    (void)protocol::decode_change_user(payload, ~0u);
    (void)protocol::decode_change_user(payload, 0);
    return 0;
}
