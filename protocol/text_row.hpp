#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "protocol/bytes.hpp"
#include "protocol/error.hpp"

/// Rows of the text protocol: each column a length-encoded text, or 0xfb for NULL.

namespace protocol {

inline constexpr std::uint32_t columns_max = 4096;  // MySQL's own limit for a result

/// A column's value; nullopt is NULL.
using text_value = std::optional<std::string_view>;

/// Calls visit(index, text_value) for exactly `columns` columns; the views point into the payload.
/// Errors: truncated, trailing_bytes.
template <class Visitor>
result<void> decode_text_row(bytes_view payload, std::uint32_t columns, Visitor&& visit) {
    cursor in(payload);
    for (std::uint32_t i = 0; i < columns; ++i) {
        const text_value value = in.nullable_text();
        if (in.failed()) return errc::truncated;
        visit(i, value);
    }
    if (!in.at_end()) return errc::trailing_bytes;
    return {};
}

void encode_text_value(const text_value& value, writer& out);
void encode_text_row(std::span<const text_value> row, writer& out);

}  // namespace protocol
