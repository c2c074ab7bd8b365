#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "protocol/bytes.hpp"
#include "protocol/error.hpp"

namespace protocol {

// The texts of MySQL's binary temporal values.  A field out of its range (month 13, hour 24) is
// `errc::malformed`; zero months and days are not, nor is 30 February.

inline constexpr unsigned fraction_digits_max = 6;

/// The bytes that a fraction of so many digits adds to TIME2, DATETIME2 and TIMESTAMP2.
constexpr std::size_t fraction_size(unsigned digits) noexcept {
    return (digits + 1) / 2;
}

// As they stand in row images.  `data` is the whole value; `digits`, at most fraction_digits_max,
// are those of the fraction.

result<std::string> decode_date(bytes_view data);
result<std::string> decode_time(bytes_view data, unsigned digits);
result<std::string> decode_datetime(bytes_view data, unsigned digits);
result<std::string> decode_timestamp(bytes_view data, unsigned digits);  // in UTC

// As they stand in JSON documents: one packed integer, with six digits of fraction.

result<std::string> packed_date_text(std::int64_t packed);
result<std::string> packed_time_text(std::int64_t packed);
result<std::string> packed_datetime_text(std::int64_t packed);

}  // namespace protocol
