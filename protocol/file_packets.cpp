#include "protocol/file_packets.hpp"

#include <algorithm>
#include <utility>

#include "protocol/packet.hpp"

namespace protocol {

result<std::size_t> file_packets::take(std::span<std::uint8_t> bytes) {
    std::size_t at = 0;
    while (!done_) {
        const std::size_t body = std::min(body_left_, bytes.size() - at);
        body_left_ -= body;
        at += body;
        if (bytes.size() - at < header_size) break;
        const auto place = bytes.subspan(at).first<header_size>();
        packet_header header = decode_header(place);
        if (header.sequence != expected_) return errc::wrong_sequence;
        ++expected_;
        header.sequence = static_cast<std::uint8_t>(header.sequence - shift_);
        encode_header(header, place);
        at += header_size;
        body_left_ = header.payload_size;
        const bool is_full = header.payload_size == payload_size_max;
        const bool went_on = std::exchange(continues_, is_full);
        done_ = header.payload_size == 0 && !went_on;
    }
    return at;
}

}  // namespace protocol
