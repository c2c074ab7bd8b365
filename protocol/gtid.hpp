#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/error.hpp"

namespace protocol {

/// The UUID of the server that first committed a transaction (`@@server_uuid`).
struct uuid {
    static constexpr std::size_t text_size = 36;

    std::array<std::uint8_t, 16> bytes{};

    /// Reads "3e11fa47-71ca-11e1-9e33-c80aa9429562", in any case of letters, also without dashes or
    /// in braces, as MySQL does.  All else is `errc::bad_gtid`.
    static result<uuid> parse(std::string_view text) noexcept;

    /// The 36 characters MySQL prints: lowercase, with dashes.
    std::string to_string() const;

    friend auto operator<=>(const uuid&, const uuid&) = default;
};

/// The part of a tagged GTID (MySQL 8.3 and later) between UUID and number; usually empty.
///
/// At most 32 characters of `[a-z_][a-z0-9_]*`, kept inside the object: copying never allocates.
class gtid_tag {
public:
    static constexpr std::size_t size_max = 32;

    gtid_tag() = default;

    /// Letters may be in either case and become lowercase, as in MySQL.  The empty text is the
    /// empty tag; a text that is no tag is `errc::bad_gtid`.
    static result<gtid_tag> parse(std::string_view text) noexcept;

    std::string_view view() const noexcept { return {text_.data(), size_}; }
    bool empty() const noexcept { return size_ == 0; }

    friend bool operator==(const gtid_tag&, const gtid_tag&) = default;
    /// The order in which MySQL prints tags: the empty one first, then by byte.
    friend std::strong_ordering operator<=>(const gtid_tag& a, const gtid_tag& b) noexcept {
        return a.view() <=> b.view();
    }

private:
    std::array<char, size_max> text_{};  // zeros after size_, which the defaulted == relies on
    std::uint8_t size_ = 0;
};

/// A global transaction id, "uuid:23" or "uuid:tag:23".
struct gtid {
    /// MySQL's GNO_END is 2^63-1 and excluded.
    static constexpr std::uint64_t number_max = 0x7fff'ffff'ffff'fffe;

    uuid source{};
    gtid_tag tag{};
    std::uint64_t number = 0;  // 1 to number_max in every id that a server assigned

    /// Reads one id; surrounding blanks, ranges and lists are `errc::bad_gtid`.
    static result<gtid> parse(std::string_view text) noexcept;
    std::string to_string() const;

    friend auto operator<=>(const gtid&, const gtid&) = default;
};

}  // namespace protocol
