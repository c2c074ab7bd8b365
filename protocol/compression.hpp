#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "protocol/bytes.hpp"
#include "protocol/error.hpp"

namespace protocol {

enum class compression_algorithm : std::uint8_t { none, zlib, zstd };

/// How the two ends of a connection compress once the login is over.
struct compression {
    compression_algorithm algorithm = compression_algorithm::none;
    std::uint8_t level = 0;  // see the two below; none has none
    friend bool operator==(const compression&, const compression&) = default;
};

inline constexpr std::uint8_t zlib_level = 6;  // MySQL's only one: nothing on the wire chooses it
inline constexpr std::uint8_t zstd_level_min = 1;
inline constexpr std::uint8_t zstd_level_max = 22;
inline constexpr std::uint8_t zstd_level_default = 3;

/// What both sides use, given the CLIENT_* flags that both have set and the level that the client
/// names in its handshake response.  With both algorithms MySQL takes zlib.
/// Errors: malformed for a zstd level out of range.
result<compression> agreed_compression(std::uint32_t capabilities, std::uint8_t zstd_level);

/// Undoes one algorithm, piece by piece.
class decompressor {
public:
    struct progress {
        std::size_t used = 0;
        std::size_t made = 0;
        bool ended = false;  // the compressed data says that it is complete
    };
    virtual ~decompressor() = default;
    /// Goes on until `input` is used up, `output` is full or the data ends.
    /// Errors: decompress_failed.
    virtual result<progress> step(bytes_view input, std::span<std::uint8_t> output) = 0;
    /// Forgets everything, for the next data.
    virtual void reset() = 0;
};

/// Applies one algorithm to a whole block.
class compressor {
public:
    virtual ~compressor() = default;
    /// Returns the size of what `output` then begins with, or 0 if it did not fit there.
    virtual std::size_t compress(bytes_view input, std::uint8_t level,
                                 std::span<std::uint8_t> output) = 0;
};

/// The algorithms' working memory, some 300 KB each, that the connections of one thread share: a
/// connection needs some only while it is in the middle of a compressed packet.
class compression_memory {
public:
    static constexpr std::size_t kept_max = 8;  // unused decompressors of an algorithm

    /// `algorithm` is not none.  Throws std::bad_alloc.
    std::unique_ptr<decompressor> take_decompressor(compression_algorithm algorithm);
    void give_back(compression_algorithm algorithm, std::unique_ptr<decompressor> unused) noexcept;
    compressor& compressor_for(compression_algorithm algorithm);

private:
    struct kept {
        std::vector<std::unique_ptr<decompressor>> decompressors{};
        std::unique_ptr<compressor> single{};
    };
    kept& of(compression_algorithm algorithm) noexcept;

    std::array<kept, 2> kept_{};
};

}  // namespace protocol
