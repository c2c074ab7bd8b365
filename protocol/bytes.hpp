#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace protocol {

using bytes_view = std::span<const std::uint8_t>;

inline std::string_view as_text(bytes_view bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline bytes_view as_bytes(std::string_view text) noexcept {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// Reads little-endian integers and strings from one packet payload or binlog event.
///
/// Failure is sticky: after the first short or invalid read every getter returns zero or an empty
/// view, so a decoder reads all of its fields in order and asks failed() once.  Returned views
/// point into the payload and live as long as it does.  Never allocates.
class cursor {
public:
    explicit cursor(bytes_view payload) noexcept : payload_(payload) {}

    std::uint8_t u8() noexcept { return static_cast<std::uint8_t>(fixed(1)); }
    std::uint16_t u16() noexcept { return static_cast<std::uint16_t>(fixed(2)); }
    std::uint32_t u24() noexcept { return static_cast<std::uint32_t>(fixed(3)); }
    std::uint32_t u32() noexcept { return static_cast<std::uint32_t>(fixed(4)); }
    std::uint64_t u48() noexcept { return fixed(6); }
    std::uint64_t u64() noexcept { return fixed(8); }

    /// A little-endian integer of `width` bytes, 1 to 8.
    std::uint64_t fixed(std::size_t width) noexcept;
    /// A length-encoded integer.  The prefixes 0xfb (NULL) and 0xff are failures.
    std::uint64_t lenenc() noexcept;

    bytes_view bytes(std::size_t size) noexcept;
    bytes_view lenenc_bytes() noexcept;
    std::string_view text(std::size_t size) noexcept { return as_text(bytes(size)); }
    std::string_view lenenc_text() noexcept { return as_text(lenenc_bytes()); }
    /// A length-encoded text, or nullopt for the prefix 0xfb that stands for NULL in text rows.
    std::optional<std::string_view> nullable_text() noexcept;
    /// Text up to a NUL byte, which is consumed and not returned; no NUL is a failure.
    std::string_view null_terminated() noexcept;
    /// As null_terminated(), but the end of the payload may stand for the NUL, as servers accept
    /// it.
    std::string_view null_terminated_or_rest() noexcept;

    bytes_view rest_bytes() noexcept { return bytes(remaining()); }
    std::string_view rest() noexcept { return as_text(rest_bytes()); }
    void skip(std::size_t size) noexcept { bytes(size); }

    /// The next byte without consuming it; zero at the end, which is not a failure.
    std::uint8_t peek() const noexcept { return at_end() ? std::uint8_t{0} : payload_[position_]; }
    bool at_end() const noexcept { return remaining() == 0; }
    std::size_t position() const noexcept { return position_; }
    std::size_t remaining() const noexcept { return payload_.size() - position_; }

    /// Makes the failure sticky by hand, for a value that is there but not allowed.
    void fail() noexcept {
        failed_ = true;
        position_ = payload_.size();
    }
    bool failed() const noexcept { return failed_; }

private:
    bytes_view payload_;
    std::size_t position_ = 0;
    bool failed_ = false;
};

/// Appends little-endian integers and strings to a byte vector: its own, or one that it is given
/// and that must outlive it.
class writer {
public:
    writer() noexcept : out_(&own_) {}
    explicit writer(std::vector<std::uint8_t>& out) noexcept : out_(&out) {}
    writer(const writer&) = delete;
    writer& operator=(const writer&) = delete;

    void u8(std::uint8_t value) { out_->push_back(value); }
    void u16(std::uint16_t value) { fixed(value, 2); }
    void u24(std::uint32_t value) { fixed(value, 3); }
    void u32(std::uint32_t value) { fixed(value, 4); }
    void u48(std::uint64_t value) { fixed(value, 6); }
    void u64(std::uint64_t value) { fixed(value, 8); }
    /// The low `width` bytes, 1 to 8, little-endian.
    void fixed(std::uint64_t value, std::size_t width);
    void lenenc(std::uint64_t value);

    void bytes(bytes_view value) { out_->insert(out_->end(), value.begin(), value.end()); }
    void text(std::string_view value) { bytes(as_bytes(value)); }
    void lenenc_bytes(bytes_view value) {
        lenenc(value.size());
        bytes(value);
    }
    void lenenc_text(std::string_view value) { lenenc_bytes(as_bytes(value)); }
    /// The text and a NUL byte; the text itself must hold none, the reader would stop there.
    void null_terminated(std::string_view value) {
        text(value);
        u8(0);
    }
    void zeros(std::size_t count) { out_->insert(out_->end(), count, std::uint8_t{0}); }

    /// Everything in the vector, what was there before included.
    bytes_view view() const noexcept { return *out_; }
    std::size_t size() const noexcept { return out_->size(); }

private:
    std::vector<std::uint8_t> own_;
    std::vector<std::uint8_t>* out_;
};

/// How many bytes writer::lenenc(value) takes: 1, 3, 4 or 9.
std::size_t lenenc_size(std::uint64_t value) noexcept;

}  // namespace protocol
