#include "protocol/err_packet.hpp"

// 0xff, code u16, '#' and SQLSTATE of 5 characters (absent before the client is known), message

namespace protocol {
namespace {

constexpr std::uint8_t sqlstate_marker = '#';
constexpr std::size_t sqlstate_size = 5;

}  // namespace

result<err_packet> decode_err(bytes_view payload) {
    cursor in(payload);
    if (in.u8() != err_packet::header)
        return in.failed() ? errc::truncated : errc::unexpected_header;
    err_packet out;
    out.code = in.u16();
    if (in.peek() == sqlstate_marker) {
        in.skip(1);
        out.sqlstate = in.text(sqlstate_size);
    }
    out.message = in.rest();
    if (in.failed()) return errc::truncated;
    return out;
}

void encode(const err_packet& value, writer& out) {
    out.u8(err_packet::header);
    out.u16(value.code);
    out.u8(sqlstate_marker);
    out.text(value.sqlstate);
    out.text(value.message);
}

}  // namespace protocol
