#include "protocol/handshake_response.hpp"

#include "protocol/capabilities.hpp"

// capabilities u32, largest packet u32, collation u8, 23 bytes filler (the first: collation_high),
// [SSLRequest ends here], user NUL,
// auth data: lenenc with CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA, else u8 size with
// CLIENT_SECURE_CONNECTION, else NUL,
// schema NUL, plugin NUL, attributes lenenc, zstd level u8: each by its capability

namespace protocol {
namespace {

constexpr std::size_t filler_size = 22;
constexpr std::size_t auth_data_bytes_max = 1024;  // the longest plugin data a first response has

bytes_view read_auth_data(cursor& in, std::uint32_t capabilities) noexcept {
    if (capability::has(capabilities, capability::plugin_auth_lenenc_data))
        return in.lenenc_bytes();
    if (capability::has(capabilities, capability::secure_connection)) return in.bytes(in.u8());
    return as_bytes(in.null_terminated_or_rest());
}

void write_auth_data(bytes_view data, std::uint32_t capabilities, writer& out) {
    if (capability::has(capabilities, capability::plugin_auth_lenenc_data))
        return out.lenenc_bytes(data);
    if (capability::has(capabilities, capability::secure_connection))
        out.u8(static_cast<std::uint8_t>(data.size()));
    out.bytes(data);
    if (!capability::has(capabilities, capability::secure_connection)) out.u8(0);
}

}  // namespace

bool is_ssl_request(bytes_view payload) noexcept {
    if (payload.size() != ssl_request_size) return false;
    cursor in(payload);
    return capability::has(in.u32(), capability::ssl);
}

result<ssl_request> decode_ssl_request(bytes_view payload) {
    cursor in(payload);
    const ssl_request out{in.u32(), in.u32(), in.u8(), in.u8()};
    in.skip(filler_size);
    if (in.failed()) return errc::truncated;
    if (!capability::has(out.capabilities, capability::protocol_41)) return errc::bad_handshake;
    return out;
}

result<handshake_response> decode_handshake_response(bytes_view payload) {
    cursor in(payload);
    handshake_response out;
    out.capabilities = in.u16();
    // A client of before 4.1 sends two bytes of flags and no more: name the reason, not a cut.
    if (in.failed()) return errc::truncated;
    if (!capability::has(out.capabilities, capability::protocol_41)) return errc::bad_handshake;
    out.capabilities |= std::uint32_t{in.u16()} << 16;
    out.packet_bytes_max = in.u32();
    out.collation = in.u8();
    out.collation_high = in.u8();
    in.skip(filler_size);
    out.user = in.null_terminated();
    out.auth_data = read_auth_data(in, out.capabilities);
    if (in.failed()) return errc::truncated;
    if (out.auth_data.size() > auth_data_bytes_max) return errc::too_long;

    // From here on servers take a field that is not there for an empty one, and so do we.
    if (capability::has(out.capabilities, capability::connect_with_db))
        out.schema = in.null_terminated_or_rest();
    if (capability::has(out.capabilities, capability::plugin_auth))
        out.auth_plugin = in.null_terminated_or_rest();
    if (capability::has(out.capabilities, capability::connect_attrs) && !in.at_end())
        out.attributes = in.lenenc_bytes();
    if (capability::has(out.capabilities, capability::zstd_compression) && !in.at_end())
        out.zstd_level = in.u8();
    if (in.failed()) return errc::truncated;
    if (out.attributes.size() > connect_attributes_bytes_max) return errc::too_long;
    return out;
}

void encode(const ssl_request& value, writer& out) {
    out.u32(value.capabilities);
    out.u32(value.packet_bytes_max);
    out.u8(value.collation);
    out.u8(value.collation_high);
    out.zeros(filler_size);
}

void encode(const handshake_response& value, writer& out) {
    encode(ssl_request{value.capabilities, value.packet_bytes_max, value.collation,
                       value.collation_high},
           out);
    out.null_terminated(value.user);
    write_auth_data(value.auth_data, value.capabilities, out);
    if (capability::has(value.capabilities, capability::connect_with_db))
        out.null_terminated(value.schema);
    if (capability::has(value.capabilities, capability::plugin_auth))
        out.null_terminated(value.auth_plugin);
    if (capability::has(value.capabilities, capability::connect_attrs))
        out.lenenc_bytes(value.attributes);
    if (capability::has(value.capabilities, capability::zstd_compression)) out.u8(value.zstd_level);
}

}  // namespace protocol
