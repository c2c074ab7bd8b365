#include "protocol/binlog_transaction_payload.hpp"

#include <zstd.h>

#include <algorithm>
#include <memory>

namespace protocol {
namespace {

struct free_stream {
    void operator()(ZSTD_DStream* stream) const noexcept { ZSTD_freeDStream(stream); }
};

/// Grows `out` by some room to decompress into, but to size_max at most.
bool grow(std::vector<std::uint8_t>& out, std::size_t size_max) {
    constexpr std::size_t least_step = std::size_t{64} * 1024;
    if (out.size() >= size_max) return false;
    out.resize(std::min(size_max, std::max(out.size() * 2, least_step)));
    return true;
}

}  // namespace

result<transaction_payload> decode_transaction_payload(const binlog_event_view& event) {
    enum field : std::uint64_t { end = 0, size = 1, compression = 2, uncompressed_size = 3 };
    cursor in(event.body);
    transaction_payload payload;
    std::uint64_t data_size = 0;
    std::uint64_t algorithm = static_cast<std::uint64_t>(payload.algorithm);
    for (;;) {
        const std::uint64_t type = in.lenenc();
        if (in.failed()) return errc::truncated;
        if (type == field::end) break;
        cursor value(in.lenenc_bytes());
        if (type == field::size) data_size = value.lenenc();
        if (type == field::compression) algorithm = value.lenenc();
        if (type == field::uncompressed_size) payload.uncompressed_size = value.lenenc();
        if (in.failed() || value.failed()) return errc::truncated;
    }
    payload.data = in.bytes(data_size);
    if (in.failed()) return errc::truncated;
    if (!in.at_end()) return errc::trailing_bytes;

    payload.algorithm = static_cast<transaction_payload::compression>(algorithm);
    if (algorithm != static_cast<std::uint64_t>(transaction_payload::compression::zstd) &&
        algorithm != static_cast<std::uint64_t>(transaction_payload::compression::none))
        return errc::unsupported;
    return payload;
}

result<std::vector<std::uint8_t>> decompress(const transaction_payload& payload,
                                             std::size_t size_max) {
    if (payload.uncompressed_size > size_max) return errc::limit_exceeded;
    if (payload.algorithm == transaction_payload::compression::none) {
        if (payload.data.size() > size_max) return errc::limit_exceeded;
        return std::vector<std::uint8_t>(payload.data.begin(), payload.data.end());
    }

    const std::unique_ptr<ZSTD_DStream, free_stream> stream(ZSTD_createDStream());
    if (stream == nullptr) return errc::limit_exceeded;
    // The claim is only a hint for the first allocation, and only as far as it is plausible.
    constexpr std::size_t first_size_max = std::size_t{16} * 1024 * 1024;
    std::vector<std::uint8_t> events(
        std::min<std::size_t>(payload.uncompressed_size, first_size_max));
    ZSTD_inBuffer input{payload.data.data(), payload.data.size(), 0};
    std::size_t filled = 0;
    std::size_t frame_rest = 0;
    while (input.pos < input.size || (frame_rest != 0 && filled == events.size())) {
        if (filled == events.size() && !grow(events, size_max)) return errc::limit_exceeded;
        ZSTD_outBuffer output{events.data(), events.size(), filled};
        frame_rest = ZSTD_decompressStream(stream.get(), &output, &input);
        if (ZSTD_isError(frame_rest) != 0) return errc::decompress_failed;
        filled = output.pos;
    }
    if (frame_rest != 0) return errc::truncated;
    if (payload.uncompressed_size != 0 && filled != payload.uncompressed_size)
        return errc::decompress_failed;
    events.resize(filled);
    return events;
}

}  // namespace protocol
