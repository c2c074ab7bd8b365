#include "protocol/bytes.hpp"

#include <algorithm>
#include <array>

namespace protocol {
namespace {

// First bytes of a length-encoded integer that are not the value itself.
constexpr std::uint8_t null_prefix = 0xfb;
constexpr std::uint8_t u16_prefix = 0xfc;
constexpr std::uint8_t u24_prefix = 0xfd;
constexpr std::uint8_t u64_prefix = 0xfe;

/// The compiler makes one load of it.
template <std::size_t Width>
std::uint64_t little_endian(bytes_view in) noexcept {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < Width; ++i) value |= std::uint64_t{in.data()[i]} << (8 * i);
    return value;
}

}  // namespace

std::uint64_t cursor::fixed(std::size_t width) noexcept {
    const bytes_view in = bytes(width);
    if (in.empty()) return 0;
    switch (width) {
        case 1:
            return in[0];
        case 2:
            return little_endian<2>(in);
        case 4:
            return little_endian<4>(in);
        case 8:
            return little_endian<8>(in);
        default:
            break;
    }
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < width; ++i) value |= std::uint64_t{in[i]} << (8 * i);
    return value;
}

std::uint64_t cursor::lenenc() noexcept {
    const std::uint8_t first = u8();
    if (first < null_prefix) return first;
    switch (first) {
        case u16_prefix:
            return fixed(2);
        case u24_prefix:
            return fixed(3);
        case u64_prefix:
            return fixed(8);
        default:
            fail();
            return 0;
    }
}

bytes_view cursor::bytes(std::size_t size) noexcept {
    if (size > remaining()) {
        fail();
        return {};
    }
    const bytes_view taken = payload_.subspan(position_, size);
    position_ += size;
    return taken;
}

bytes_view cursor::lenenc_bytes() noexcept {
    const std::uint64_t size = lenenc();
    if (size > remaining()) {
        fail();
        return {};
    }
    return bytes(static_cast<std::size_t>(size));
}

std::optional<std::string_view> cursor::nullable_text() noexcept {
    if (peek() == null_prefix) {
        skip(1);
        return std::nullopt;
    }
    return lenenc_text();
}

std::string_view cursor::null_terminated() noexcept {
    const bytes_view left = payload_.subspan(position_);
    const auto end = std::find(left.begin(), left.end(), std::uint8_t{0});
    if (end == left.end()) {
        fail();
        return {};
    }
    const std::string_view found = text(static_cast<std::size_t>(end - left.begin()));
    skip(1);
    return found;
}

std::string_view cursor::null_terminated_or_rest() noexcept {
    const bytes_view left = payload_.subspan(position_);
    const bool terminated = std::find(left.begin(), left.end(), std::uint8_t{0}) != left.end();
    return terminated ? null_terminated() : rest();
}

void writer::fixed(std::uint64_t value, std::size_t width) {
    std::array<std::uint8_t, 8> all;
    for (std::size_t i = 0; i < all.size(); ++i)
        all[i] = static_cast<std::uint8_t>(value >> (8 * i));
    bytes(bytes_view(all).first(width));
}

void writer::lenenc(std::uint64_t value) {
    switch (lenenc_size(value)) {
        case 1:
            return u8(static_cast<std::uint8_t>(value));
        case 3:
            u8(u16_prefix);
            return fixed(value, 2);
        case 4:
            u8(u24_prefix);
            return fixed(value, 3);
        default:
            u8(u64_prefix);
            return fixed(value, 8);
    }
}

std::size_t lenenc_size(std::uint64_t value) noexcept {
    if (value < null_prefix) return 1;
    if (value <= 0xffff) return 3;
    if (value <= 0xffffff) return 4;
    return 9;
}

}  // namespace protocol
