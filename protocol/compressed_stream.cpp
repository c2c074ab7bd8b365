#include "protocol/compressed_stream.hpp"

#include <algorithm>
#include <utility>

namespace protocol {
namespace {

void encode_header(std::span<std::uint8_t> at, std::size_t sent, std::uint8_t sequence,
                   std::size_t uncompressed) noexcept {
    for (std::size_t i = 0; i < 3; ++i) at[i] = static_cast<std::uint8_t>(sent >> (8 * i));
    at[3] = sequence;
    for (std::size_t i = 0; i < 3; ++i)
        at[4 + i] = static_cast<std::uint8_t>(uncompressed >> (8 * i));
}

}  // namespace

void append_compressed_packet(std::vector<std::uint8_t>& out, bytes_view content,
                              std::uint8_t sequence, const compression& how,
                              compression_memory& memory) {
    const std::size_t at = out.size();
    std::size_t size = 0;
    out.resize(at + compressed_header_size + content.size());
    const std::span<std::uint8_t> packet = std::span(out).subspan(at);
    // One byte less than the content: what does not get shorter is sent as it is.
    if (content.size() >= compressed_content_min)
        size = memory.compressor_for(how.algorithm)
                   .compress(content, how.level,
                             packet.subspan(compressed_header_size, content.size() - 1));
    if (size > 0) {
        encode_header(packet, size, sequence, content.size());
        out.resize(at + compressed_header_size + size);
        return;
    }
    encode_header(packet, content.size(), sequence, 0);
    std::ranges::copy(content, packet.begin() + compressed_header_size);
}

result<compressed_reader::progress> compressed_reader::read(bytes_view input,
                                                            std::span<std::uint8_t> output) {
    progress done;
    while (!in_packet_) {
        if (done.used == input.size()) return done;
        header_[header_bytes_++] = input[done.used++];
        if (header_bytes_ < compressed_header_size) continue;
        if (const auto begun = begin_packet(); !begun) return begun.error();
    }
    const auto more = read_content(input.subspan(done.used), output);
    if (!more) return more.error();
    done.used += more->used;
    done.made = more->made;
    return done;
}

result<void> compressed_reader::begin_packet() {
    cursor in(header_);
    sent_left_ = in.u24();
    const std::uint8_t sequence = in.u8();
    const std::size_t uncompressed = in.u24();
    if (sequence != expected_) return errc::wrong_sequence;
    if (sent_left_ == 0) return errc::malformed;
    ++expected_;
    header_bytes_ = 0;
    in_packet_ = true;
    content_left_ = uncompressed > 0 ? uncompressed : sent_left_;
    if (uncompressed > 0) decompressor_ = memory_->take_decompressor(algorithm_);
    return {};
}

result<compressed_reader::progress> compressed_reader::read_content(
    bytes_view input, std::span<std::uint8_t> output) {
    input = input.first(std::min(input.size(), sent_left_));
    output = output.first(std::min(output.size(), content_left_));
    if (decompressor_) return decompress(input, output);
    const std::size_t size = std::min(input.size(), output.size());
    std::ranges::copy(input.first(size), output.begin());
    sent_left_ -= size;
    content_left_ -= size;
    if (content_left_ == 0) finish_packet();
    return progress{size, size};
}

result<compressed_reader::progress> compressed_reader::decompress(bytes_view input,
                                                                  std::span<std::uint8_t> output) {
    progress all;
    for (;;) {
        std::uint8_t excess = 0;  // once the content is complete, one more byte is one too many
        const bool complete = content_left_ == 0;
        const auto rest = input.subspan(all.used);
        const auto room = complete ? std::span(&excess, 1) : output.subspan(all.made);
        if (room.empty()) return all;
        const auto step = decompressor_->step(rest, room);
        if (!step) return step.error();
        all.used += step->used;
        sent_left_ -= step->used;
        if (complete && step->made > 0) return errc::decompress_failed;
        all.made += step->made;
        content_left_ -= step->made;
        if (step->ended) {
            if (sent_left_ > 0 || content_left_ > 0) return errc::decompress_failed;
            finish_packet();
            return all;
        }
        if (step->used > 0 || step->made > 0) continue;
        // It needs more than the packet has, or makes nothing of what it is given.
        if (sent_left_ == 0 || !rest.empty()) return errc::decompress_failed;
        return all;
    }
}

void compressed_reader::finish_packet() noexcept {
    in_packet_ = false;
    memory_->give_back(algorithm_, std::move(decompressor_));
    decompressor_.reset();
}

}  // namespace protocol
