#include "protocol/eof_packet.hpp"

// 0xfe, warnings u16, status u16

namespace protocol {

result<eof_packet> decode_eof(bytes_view payload) {
    cursor in(payload);
    if (in.u8() != eof_packet::header)
        return in.failed() ? errc::truncated : errc::unexpected_header;
    const eof_packet out{in.u16(), in.u16()};
    if (in.failed()) return errc::truncated;
    if (!in.at_end()) return errc::trailing_bytes;
    return out;
}

void encode(const eof_packet& value, writer& out) {
    out.u8(eof_packet::header);
    out.u16(value.warnings);
    out.u16(value.status);
}

}  // namespace protocol
