#include "protocol/greeting.hpp"

#include <algorithm>

#include "protocol/capabilities.hpp"

// version u8 (10), server version NUL, connection id u32, nonce[0..8), u8 0, capabilities low u16,
// collation u8, status u16, capabilities high u16, u8 nonce size (21) or 0, 10 zeros,
// nonce[8..20) and u8 0, with CLIENT_PLUGIN_AUTH: plugin NUL

namespace protocol {
namespace {

constexpr std::uint8_t protocol_version = 10;
constexpr std::size_t first_part = 8;
constexpr std::size_t nonce_size_on_wire = nonce_size + 1;  // with the NUL behind it
constexpr std::size_t reserved_size = 10;

}  // namespace

result<greeting> decode_greeting(bytes_view payload) {
    cursor in(payload);
    if (in.u8() != protocol_version) return in.failed() ? errc::truncated : errc::unexpected_header;
    greeting out;
    out.server_version = in.null_terminated();
    out.connection_id = in.u32();
    const bytes_view low = in.bytes(first_part);
    in.skip(1);
    out.capabilities = in.u16();
    out.collation = in.u8();
    out.status = in.u16();
    out.capabilities |= std::uint32_t{in.u16()} << 16;
    const std::size_t stated_size = in.u8();
    in.skip(reserved_size);
    if (in.failed()) return errc::truncated;

    constexpr std::uint32_t needed = capability::protocol_41 | capability::secure_connection;
    if (!capability::has(out.capabilities, needed)) return errc::bad_handshake;
    const bool has_plugin = capability::has(out.capabilities, capability::plugin_auth);
    if (has_plugin && stated_size != nonce_size_on_wire) return errc::bad_handshake;

    const bytes_view high = in.bytes(nonce_size - first_part);
    in.skip(1);
    if (has_plugin) out.auth_plugin = in.null_terminated_or_rest();
    if (in.failed()) return errc::truncated;
    std::copy(high.begin(), high.end(), std::copy(low.begin(), low.end(), out.nonce.begin()));
    return out;
}

void encode(const greeting& value, writer& out) {
    const bytes_view nonce = value.nonce;
    const bool has_plugin = capability::has(value.capabilities, capability::plugin_auth);
    out.u8(protocol_version);
    out.null_terminated(value.server_version);
    out.u32(value.connection_id);
    out.bytes(nonce.first(first_part));
    out.u8(0);
    out.u16(static_cast<std::uint16_t>(value.capabilities));
    out.u8(value.collation);
    out.u16(value.status);
    out.u16(static_cast<std::uint16_t>(value.capabilities >> 16));
    out.u8(has_plugin ? nonce_size_on_wire : 0);
    out.zeros(reserved_size);
    out.bytes(nonce.subspan(first_part));
    out.u8(0);
    if (has_plugin) out.null_terminated(value.auth_plugin);
}

}  // namespace protocol
