#include "protocol/compression.hpp"

#include <zlib.h>
#include <zstd.h>

#include <limits>
#include <new>

#include "protocol/capabilities.hpp"

namespace protocol {
namespace {

/// A packet states at most 16 MiB of content, so no honest one needs a larger window.
constexpr int zstd_window_log_max = 24;

class inflater final : public decompressor {
public:
    inflater() {
        if (inflateInit(&stream_) != Z_OK) throw std::bad_alloc();
    }
    ~inflater() override { inflateEnd(&stream_); }
    inflater(const inflater&) = delete;
    inflater& operator=(const inflater&) = delete;

    result<progress> step(bytes_view input, std::span<std::uint8_t> output) override {
        stream_.next_in = const_cast<Bytef*>(input.data());  // zlib only reads it
        stream_.avail_in = static_cast<uInt>(input.size());
        stream_.next_out = output.data();
        stream_.avail_out = static_cast<uInt>(output.size());
        const int done = inflate(&stream_, Z_NO_FLUSH);
        // Z_BUF_ERROR: nothing could be done with so little input or room, which is no fault.
        if (done != Z_OK && done != Z_STREAM_END && done != Z_BUF_ERROR)
            return errc::decompress_failed;
        return progress{input.size() - stream_.avail_in, output.size() - stream_.avail_out,
                        done == Z_STREAM_END};
    }
    void reset() override { inflateReset(&stream_); }

private:
    z_stream stream_{};
};

class zstd_decompressor final : public decompressor {
public:
    zstd_decompressor() {
        if (context_ == nullptr) throw std::bad_alloc();
        ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, zstd_window_log_max);
    }

    result<progress> step(bytes_view input, std::span<std::uint8_t> output) override {
        ZSTD_inBuffer in{input.data(), input.size(), 0};
        ZSTD_outBuffer out{output.data(), output.size(), 0};
        const std::size_t hint = ZSTD_decompressStream(context_.get(), &out, &in);
        if (ZSTD_isError(hint) != 0) return errc::decompress_failed;
        return progress{in.pos, out.pos, hint == 0};
    }
    void reset() override { ZSTD_DCtx_reset(context_.get(), ZSTD_reset_session_only); }

private:
    struct free_context {
        void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
    };
    std::unique_ptr<ZSTD_DCtx, free_context> context_{ZSTD_createDCtx()};
};

class deflater final : public compressor {
public:
    deflater() {
        if (deflateInit(&stream_, zlib_level) != Z_OK) throw std::bad_alloc();
    }
    ~deflater() override { deflateEnd(&stream_); }
    deflater(const deflater&) = delete;
    deflater& operator=(const deflater&) = delete;

    std::size_t compress(bytes_view input, std::uint8_t, std::span<std::uint8_t> output) override {
        deflateReset(&stream_);
        stream_.next_in = const_cast<Bytef*>(input.data());  // zlib only reads it
        stream_.avail_in = static_cast<uInt>(input.size());
        stream_.next_out = output.data();
        stream_.avail_out = static_cast<uInt>(output.size());
        if (deflate(&stream_, Z_FINISH) != Z_STREAM_END) return 0;
        return output.size() - stream_.avail_out;
    }

private:
    z_stream stream_{};
};

class zstd_compressor final : public compressor {
public:
    zstd_compressor() {
        if (context_ == nullptr) throw std::bad_alloc();
    }

    // The library fits a level's tables to the size of the input, so that the highest level does
    // not cost memory that a short block cannot use.
    std::size_t compress(bytes_view input, std::uint8_t level,
                         std::span<std::uint8_t> output) override {
        const std::size_t size = ZSTD_compressCCtx(context_.get(), output.data(), output.size(),
                                                   input.data(), input.size(), level);
        return ZSTD_isError(size) != 0 ? 0 : size;
    }

private:
    struct free_context {
        void operator()(ZSTD_CCtx* context) const noexcept { ZSTD_freeCCtx(context); }
    };
    std::unique_ptr<ZSTD_CCtx, free_context> context_{ZSTD_createCCtx()};
};

}  // namespace

result<compression> agreed_compression(std::uint32_t capabilities, std::uint8_t zstd_level) {
    if (capability::has(capabilities, capability::compress))
        return compression{compression_algorithm::zlib, zlib_level};
    if (!capability::has(capabilities, capability::zstd_compression)) return compression{};
    if (zstd_level < zstd_level_min || zstd_level > zstd_level_max) return errc::malformed;
    return compression{compression_algorithm::zstd, zstd_level};
}

compression_memory::kept& compression_memory::of(compression_algorithm algorithm) noexcept {
    return kept_[algorithm == compression_algorithm::zlib ? 0 : 1];
}

std::unique_ptr<decompressor> compression_memory::take_decompressor(
    compression_algorithm algorithm) {
    auto& unused = of(algorithm).decompressors;
    if (!unused.empty()) {
        auto taken = std::move(unused.back());
        unused.pop_back();
        taken->reset();
        return taken;
    }
    unused.reserve(kept_max);  // so that giving back cannot fail
    if (algorithm == compression_algorithm::zlib) return std::make_unique<inflater>();
    return std::make_unique<zstd_decompressor>();
}

void compression_memory::give_back(compression_algorithm algorithm,
                                   std::unique_ptr<decompressor> unused) noexcept {
    auto& known = of(algorithm).decompressors;
    if (unused && known.size() < kept_max && known.size() < known.capacity())
        known.push_back(std::move(unused));
}

compressor& compression_memory::compressor_for(compression_algorithm algorithm) {
    auto& single = of(algorithm).single;
    if (!single) {
        if (algorithm == compression_algorithm::zlib)
            single = std::make_unique<deflater>();
        else
            single = std::make_unique<zstd_compressor>();
    }
    return *single;
}

}  // namespace protocol
