// In a row image TIME2, DATETIME2 and TIMESTAMP2 are big-endian: an integer, and behind it the
// fraction in hundredths (one byte), ten-thousandths (two) or millionths (three).  TIME2 and
// DATETIME2 have an offset added that makes them positive, of which TIME2's fraction is a part.
//
//     DATETIME2  40 bits: sign 1, year * 13 + month 17, day 5, hour 5, minute 6, second 6
//     TIME2      24 bits: sign 1, unused 1, hour 10, minute 6, second 6
//     TIMESTAMP2 32 bits: seconds since 1970
//     DATE       24 bits, little-endian: year 15, month 4, day 5
//
// The packed integers of JSON are the first two, shifted left by 24, plus microseconds.

#include "protocol/row_temporal.hpp"

#include <array>

namespace protocol {
namespace {

struct clock_fields {
    std::uint32_t year = 0;
    std::uint32_t month = 0;
    std::uint32_t day = 0;
    std::uint32_t hour = 0;
    std::uint32_t minute = 0;
    std::uint32_t second = 0;
};

void append_digits(std::string& text, std::uint32_t value, std::size_t width) {
    std::string digits = std::to_string(value);
    if (digits.size() < width) text.append(width - digits.size(), '0');
    text += digits;
}

void append_date(std::string& text, const clock_fields& at) {
    append_digits(text, at.year, 4);
    text += '-';
    append_digits(text, at.month, 2);
    text += '-';
    append_digits(text, at.day, 2);
}

void append_time(std::string& text, const clock_fields& at) {
    append_digits(text, at.hour, 2);
    text += ':';
    append_digits(text, at.minute, 2);
    text += ':';
    append_digits(text, at.second, 2);
}

void append_fraction(std::string& text, std::uint32_t microseconds, unsigned digits) {
    if (digits == 0) return;
    text += '.';
    append_digits(text, microseconds, fraction_digits_max);
    text.resize(text.size() - (fraction_digits_max - digits));
}

std::uint64_t big_endian(bytes_view data) {
    std::uint64_t value = 0;
    for (const std::uint8_t byte : data) value = value << 8 | byte;
    return value;
}

/// The microseconds of a fraction stored in fraction_size(digits) bytes.
std::uint32_t microseconds_of(std::uint64_t stored, unsigned digits) {
    constexpr std::array<std::uint32_t, 4> units{0, 10'000, 100, 1};
    return static_cast<std::uint32_t>(stored) * units[fraction_size(digits)];
}

bool in_range(const clock_fields& at, std::uint32_t microseconds, std::uint32_t hour_max) {
    return at.year <= 9999 && at.month <= 12 && at.day <= 31 && at.hour <= hour_max &&
           at.minute <= 59 && at.second <= 59 && microseconds <= 999'999;
}

clock_fields unpack_time(std::uint64_t bits) {
    clock_fields at;
    at.second = bits & 0x3f;
    at.minute = bits >> 6 & 0x3f;
    at.hour = bits >> 12 & 0x3ff;
    return at;
}

clock_fields unpack_datetime(std::uint64_t bits) {
    clock_fields at = unpack_time(bits & 0x1ffff);
    at.day = bits >> 17 & 0x1f;
    const auto months = static_cast<std::uint32_t>(bits >> 22 & 0x1ffff);
    at.year = months / 13;
    at.month = months % 13;
    return at;
}

result<std::string> date_text(const clock_fields& at) {
    if (!in_range(at, 0, 0)) return errc::malformed;
    std::string text;
    append_date(text, at);
    return text;
}

result<std::string> time_text(bool negative, const clock_fields& at, std::uint32_t microseconds,
                              unsigned digits) {
    constexpr std::uint32_t hour_max = 838;
    if (!in_range(at, microseconds, hour_max)) return errc::malformed;
    std::string text = negative ? "-" : "";
    append_time(text, at);
    append_fraction(text, microseconds, digits);
    return text;
}

result<std::string> datetime_text(const clock_fields& at, std::uint32_t microseconds,
                                  unsigned digits) {
    if (!in_range(at, microseconds, 23)) return errc::malformed;
    std::string text;
    append_date(text, at);
    text += ' ';
    append_time(text, at);
    append_fraction(text, microseconds, digits);
    return text;
}

/// The date so many days after 1 January 1970, by counting in 400-year cycles from 1 March 0000.
clock_fields civil_date(std::uint32_t days) {
    constexpr std::uint32_t days_per_cycle = 146'097;
    const std::uint32_t since_march = days + 719'468;
    const std::uint32_t in_cycle = since_march % days_per_cycle;
    const std::uint32_t year_in_cycle =
        (in_cycle - in_cycle / 1'460 + in_cycle / 36'524 - in_cycle / 146'096) / 365;
    const std::uint32_t day_of_year =
        in_cycle - (365 * year_in_cycle + year_in_cycle / 4 - year_in_cycle / 100);
    const std::uint32_t month_from_march = (5 * day_of_year + 2) / 153;
    clock_fields at;
    at.day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    at.month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    at.year = since_march / days_per_cycle * 400 + year_in_cycle + (at.month <= 2 ? 1 : 0);
    return at;
}

}  // namespace

result<std::string> decode_date(bytes_view data) {
    if (data.size() != 3) return errc::truncated;
    const auto bits = static_cast<std::uint32_t>(data[0] | data[1] << 8 | data[2] << 16);
    clock_fields at;
    at.day = bits & 0x1f;
    at.month = bits >> 5 & 0xf;
    at.year = bits >> 9;
    return date_text(at);
}

result<std::string> decode_time(bytes_view data, unsigned digits) {
    if (digits > fraction_digits_max) return errc::malformed;
    if (data.size() != 3 + fraction_size(digits)) return errc::truncated;
    const unsigned fraction_bits = 8 * static_cast<unsigned>(fraction_size(digits));
    const std::uint64_t offset = std::uint64_t{1} << (23 + fraction_bits);
    const std::uint64_t stored = big_endian(data);
    const bool negative = stored < offset;
    const std::uint64_t bits = negative ? offset - stored : stored - offset;
    const std::uint64_t fraction = bits & ((std::uint64_t{1} << fraction_bits) - 1);
    return time_text(negative, unpack_time(bits >> fraction_bits),
                     microseconds_of(fraction, digits), digits);
}

result<std::string> decode_datetime(bytes_view data, unsigned digits) {
    constexpr std::uint64_t offset = 0x80'0000'0000;
    if (digits > fraction_digits_max) return errc::malformed;
    if (data.size() != 5 + fraction_size(digits)) return errc::truncated;
    const std::uint64_t stored = big_endian(data.first(5));
    if (stored < offset) return errc::malformed;
    return datetime_text(unpack_datetime(stored - offset),
                         microseconds_of(big_endian(data.subspan(5)), digits), digits);
}

result<std::string> decode_timestamp(bytes_view data, unsigned digits) {
    if (digits > fraction_digits_max) return errc::malformed;
    if (data.size() != 4 + fraction_size(digits)) return errc::truncated;
    const auto seconds = static_cast<std::uint32_t>(big_endian(data.first(4)));
    const std::uint32_t microseconds = microseconds_of(big_endian(data.subspan(4)), digits);
    constexpr std::uint32_t seconds_per_day = 86'400;
    clock_fields at;
    if (seconds != 0 || microseconds != 0) {  // otherwise it is '0000-00-00 00:00:00'
        at = civil_date(seconds / seconds_per_day);
        at.hour = seconds % seconds_per_day / 3'600;
        at.minute = seconds % 3'600 / 60;
        at.second = seconds % 60;
    }
    return datetime_text(at, microseconds, digits);
}

result<std::string> packed_date_text(std::int64_t packed) {
    clock_fields at = unpack_datetime(static_cast<std::uint64_t>(packed) >> 24);
    at.hour = at.minute = at.second = 0;
    return date_text(at);
}

result<std::string> packed_time_text(std::int64_t packed) {
    const bool negative = packed < 0;
    const auto stored = static_cast<std::uint64_t>(packed);
    const std::uint64_t bits = negative ? 0 - stored : stored;
    return time_text(negative, unpack_time(bits >> 24), bits & 0xff'ffff, fraction_digits_max);
}

result<std::string> packed_datetime_text(std::int64_t packed) {
    if (packed < 0) return errc::malformed;
    const auto bits = static_cast<std::uint64_t>(packed);
    return datetime_text(unpack_datetime(bits >> 24), bits & 0xff'ffff, fraction_digits_max);
}

}  // namespace protocol
