#include "protocol/auth_packets.hpp"

#include "protocol/greeting.hpp"

// auth_switch_request: 0xfe, plugin NUL, data, u8 0
// auth_more_data: 0x01, data

namespace protocol {

result<auth_switch_request> decode_auth_switch_request(bytes_view payload) {
    cursor in(payload);
    if (in.u8() != auth_switch_header)
        return in.failed() ? errc::truncated : errc::unexpected_header;
    if (in.at_end()) return errc::unsupported;
    auth_switch_request out;
    out.plugin = in.null_terminated_or_rest();
    out.data = in.rest_bytes();
    // A nonce never holds a NUL: the one behind it is framing.
    if (out.data.size() == nonce_size + 1 && out.data.back() == 0)
        out.data = out.data.first(nonce_size);
    return out;
}

result<auth_more_data> decode_auth_more_data(bytes_view payload) {
    cursor in(payload);
    if (in.u8() != auth_more_data_header)
        return in.failed() ? errc::truncated : errc::unexpected_header;
    return auth_more_data{in.rest_bytes()};
}

void encode(const auth_switch_request& value, writer& out) {
    out.u8(auth_switch_header);
    out.null_terminated(value.plugin);
    out.bytes(value.data);
    out.u8(0);
}

void encode(const auth_more_data& value, writer& out) {
    out.u8(auth_more_data_header);
    out.bytes(value.data);
}

}  // namespace protocol
