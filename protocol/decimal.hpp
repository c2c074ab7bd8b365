#pragma once

#include <cstddef>
#include <string>

#include "protocol/bytes.hpp"
#include "protocol/error.hpp"

namespace protocol {

inline constexpr unsigned decimal_precision_max = 65;
inline constexpr unsigned decimal_scale_max = 30;

/// The bytes of a DECIMAL(precision, scale) in a row image, or 0 if there is no such type.
std::size_t decimal_size(unsigned precision, unsigned scale) noexcept;

/// The text of a binary DECIMAL as MySQL prints it: "-1.50", "0.00", no leading zeros.
/// @param data  Exactly decimal_size(precision, scale) bytes.
/// @return `errc::truncated` for another size, `errc::malformed` if a group of digits holds a
///         larger number than it has digits.
result<std::string> decode_decimal(bytes_view data, unsigned precision, unsigned scale);

}  // namespace protocol
