#include "protocol/packet.hpp"

#include <algorithm>

namespace protocol {

packet_header decode_header(std::span<const std::uint8_t, header_size> bytes) noexcept {
    const auto size = static_cast<std::uint32_t>(bytes[0] | bytes[1] << 8 | bytes[2] << 16);
    return {size, bytes[3]};
}

void encode_header(const packet_header& header,
                   std::span<std::uint8_t, header_size> bytes) noexcept {
    bytes[0] = static_cast<std::uint8_t>(header.payload_size);
    bytes[1] = static_cast<std::uint8_t>(header.payload_size >> 8);
    bytes[2] = static_cast<std::uint8_t>(header.payload_size >> 16);
    bytes[3] = header.sequence;
}

namespace {

void append_header(std::vector<std::uint8_t>& out, std::size_t payload_size,
                   std::uint8_t& sequence) {
    std::uint8_t header[header_size];
    encode_header({static_cast<std::uint32_t>(payload_size), sequence++}, header);
    out.insert(out.end(), header, header + header_size);
}

}  // namespace

void append_packet(std::vector<std::uint8_t>& out, bytes_view payload, std::uint8_t& sequence) {
    for (;;) {
        const std::size_t size = std::min<std::size_t>(payload.size(), payload_size_max);
        append_header(out, size, sequence);
        out.insert(out.end(), payload.begin(), payload.begin() + static_cast<std::ptrdiff_t>(size));
        payload = payload.subspan(size);
        if (size < payload_size_max) return;
    }
}

std::size_t begin_packet(std::vector<std::uint8_t>& out) {
    const std::size_t header_at = out.size();
    out.resize(header_at + header_size);
    return header_at;
}

void finish_packet(std::vector<std::uint8_t>& out, std::size_t header_at, std::uint8_t& sequence) {
    const std::size_t size = out.size() - header_at - header_size;
    if (size < payload_size_max) {
        const std::span<std::uint8_t> header = std::span(out).subspan(header_at, header_size);
        return encode_header({static_cast<std::uint32_t>(size), sequence++},
                             header.first<header_size>());
    }
    // Rare enough that copying the payload once more does not matter.
    const auto start = out.begin() + static_cast<std::ptrdiff_t>(header_at);
    const std::vector<std::uint8_t> payload(start + header_size, out.end());
    out.resize(header_at);
    append_packet(out, payload, sequence);
}

void append_command(std::vector<std::uint8_t>& out, command what, bytes_view argument) {
    std::uint8_t sequence = 0;
    const std::size_t header_at = begin_packet(out);
    out.push_back(static_cast<std::uint8_t>(what));
    out.insert(out.end(), argument.begin(), argument.end());
    finish_packet(out, header_at, sequence);
}

result<std::size_t> packet_assembler::feed(bytes_view input) {
    std::size_t used = 0;
    while (!complete_ && used < input.size()) {
        if (header_bytes_ < header_size) {
            header_[header_bytes_++] = input[used++];
            if (header_bytes_ < header_size) continue;
            if (const auto begun = begin_body(); !begun) return begun.error();
        } else {
            const std::size_t taken = std::min(body_left_, input.size() - used);
            const bytes_view body = input.subspan(used, taken);
            payload_.insert(payload_.end(), body.begin(), body.end());
            used += taken;
            body_left_ -= taken;
        }
        if (body_left_ > 0) continue;
        header_bytes_ = 0;
        complete_ = !more_follows_;
    }
    return used;
}

result<void> packet_assembler::begin_body() {
    const packet_header header = decode_header(header_);
    if (header.sequence != expected_) return errc::wrong_sequence;
    if (header.payload_size > payload_bytes_max_ - payload_.size()) return errc::too_long;
    ++expected_;
    body_left_ = header.payload_size;
    more_follows_ = header.payload_size == payload_size_max;
    return {};
}

void packet_assembler::next() noexcept {
    payload_.clear();
    header_bytes_ = 0;
    body_left_ = 0;
    more_follows_ = false;
    complete_ = false;
}

void packet_assembler::next(std::uint8_t sequence) noexcept {
    next();
    expected_ = sequence;
}

std::size_t packet_assembler::wanted() const noexcept {
    if (complete_) return 0;
    // Behind a body that is full another header is certain.
    if (body_left_ > 0) return body_left_ + (more_follows_ ? header_size : 0);
    return header_size - header_bytes_;
}

}  // namespace protocol
