#include "protocol/ok_packet.hpp"

#include <algorithm>

#include "protocol/capabilities.hpp"
#include "protocol/server_status.hpp"

// header u8 (0x00, or 0xfe at the end of a result), affected rows lenenc, last insert id lenenc,
// status u16, warnings u16,
// info lenenc (absent when it and the state are empty; the manual has it end with the packet for
// clients without CLIENT_SESSION_TRACK, but the server writes it so for all: tried on 9.7),
// with CLIENT_SESSION_TRACK and status bit session_state_changed: session state lenenc

namespace protocol {

bool operator==(const ok_packet& a, const ok_packet& b) noexcept {
    return a.header == b.header && a.affected_rows == b.affected_rows &&
           a.last_insert_id == b.last_insert_id && a.status == b.status &&
           a.warnings == b.warnings && a.info == b.info &&
           std::ranges::equal(a.session_state, b.session_state);
}

result<ok_packet> decode_ok(bytes_view payload, std::uint32_t capabilities) {
    cursor in(payload);
    ok_packet out;
    out.header = in.u8();
    if (in.failed()) return errc::truncated;
    if (out.header != ok_packet::plain_header && out.header != ok_packet::result_end_header)
        return errc::unexpected_header;
    out.affected_rows = in.lenenc();
    out.last_insert_id = in.lenenc();
    out.status = in.u16();
    out.warnings = in.u16();
    if (!in.at_end()) {
        out.info = in.lenenc_text();
        if (capability::has(capabilities, capability::session_track) &&
            (out.status & server_status::session_state_changed) != 0)
            out.session_state = in.lenenc_bytes();
        if (!in.failed() && !in.at_end()) return errc::trailing_bytes;
    }
    if (in.failed()) return errc::truncated;
    return out;
}

void encode(const ok_packet& value, std::uint32_t capabilities, writer& out) {
    const bool tracks = capability::has(capabilities, capability::session_track);
    const bool changed = tracks && !value.session_state.empty();
    constexpr auto flag = server_status::session_state_changed;
    out.u8(value.header);
    out.lenenc(value.affected_rows);
    out.lenenc(value.last_insert_id);
    out.u16(static_cast<std::uint16_t>(changed ? value.status | flag : value.status & ~flag));
    out.u16(value.warnings);
    if (changed || !value.info.empty()) out.lenenc_text(value.info);
    if (changed) out.lenenc_bytes(value.session_state);
}

}  // namespace protocol
