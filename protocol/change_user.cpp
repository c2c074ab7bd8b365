#include "protocol/change_user.hpp"

#include "protocol/capabilities.hpp"
#include "protocol/command.hpp"
#include "protocol/handshake_response.hpp"

// 0x11, user NUL, u8 size and auth data, schema NUL,
// if there is more: collation u16, with CLIENT_PLUGIN_AUTH: plugin NUL,
// with CLIENT_CONNECT_ATTRS: attributes lenenc

namespace protocol {

result<change_user> decode_change_user(bytes_view payload, std::uint32_t capabilities) {
    cursor in(payload);
    if (in.u8() != static_cast<std::uint8_t>(command::change_user))
        return in.failed() ? errc::truncated : errc::unexpected_header;
    change_user out;
    out.user = in.null_terminated();
    out.auth_data = in.bytes(in.u8());
    out.schema = in.null_terminated();
    if (!in.at_end()) out.collation = in.u16();
    if (capability::has(capabilities, capability::plugin_auth) && !in.at_end())
        out.auth_plugin = in.null_terminated_or_rest();
    if (capability::has(capabilities, capability::connect_attrs) && !in.at_end())
        out.attributes = in.lenenc_bytes();
    if (in.failed()) return errc::truncated;
    if (out.attributes.size() > connect_attributes_bytes_max) return errc::too_long;
    return out;
}

void encode(const change_user& value, std::uint32_t capabilities, writer& out) {
    out.u8(static_cast<std::uint8_t>(command::change_user));
    out.null_terminated(value.user);
    out.u8(static_cast<std::uint8_t>(value.auth_data.size()));
    out.bytes(value.auth_data);
    out.null_terminated(value.schema);
    out.u16(value.collation);
    if (capability::has(capabilities, capability::plugin_auth))
        out.null_terminated(value.auth_plugin);
    if (capability::has(capabilities, capability::connect_attrs))
        out.lenenc_bytes(value.attributes);
}

}  // namespace protocol
