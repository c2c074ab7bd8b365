#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace protocol {

// The value of one column of one row, as a row image holds it: nothing rounded, converted or
// trimmed.  Each alternative is a type of its own, so that a DECIMAL never equals a string and NULL
// never equals the empty string.

/// The column is not in the image (binlog_row_image is MINIMAL or NOBLOB).
struct absent_value {
    friend bool operator==(const absent_value&, const absent_value&) = default;
};

struct null_value {
    friend bool operator==(const null_value&, const null_value&) = default;
};

/// Equal if the bits are: 0.0 and -0.0 differ.
struct float_value {
    float value = 0;
    friend bool operator==(const float_value& a, const float_value& b) noexcept {
        return std::bit_cast<std::uint32_t>(a.value) == std::bit_cast<std::uint32_t>(b.value);
    }
};

struct double_value {
    double value = 0;
    friend bool operator==(const double_value& a, const double_value& b) noexcept {
        return std::bit_cast<std::uint64_t>(a.value) == std::bit_cast<std::uint64_t>(b.value);
    }
};

/// As MySQL prints it: "-0.50", with all digits of the scale.
struct decimal_value {
    std::string text{};
    friend bool operator==(const decimal_value&, const decimal_value&) = default;
};

/// CHAR, VARCHAR, TEXT: bytes in the column's character set.
struct string_value {
    std::string bytes{};
    std::uint16_t collation = 0;  // 0 if the event did not tell
    friend bool operator==(const string_value&, const string_value&) = default;
};

/// BINARY (padded to its length), VARBINARY, BLOB.
struct bytes_value {
    std::string bytes{};
    friend bool operator==(const bytes_value&, const bytes_value&) = default;
};

/// As MySQL prints it, with all digits of the fraction: "2024-02-29", "-838:59:59.000",
/// "0000-00-00 00:00:00".  A timestamp is in UTC.
struct temporal_value {
    enum class kind : std::uint8_t { date, time, datetime, timestamp };

    kind is = kind::date;
    std::string text{};
    friend bool operator==(const temporal_value&, const temporal_value&) = default;
};

struct year_value {
    std::uint16_t year = 0;  // 0, or 1901 to 2155
    friend bool operator==(const year_value&, const year_value&) = default;
};

struct enum_value {
    std::uint16_t index = 0;  // from 1; 0 is the '' that an invalid value became
    friend bool operator==(const enum_value&, const enum_value&) = default;
};

struct set_value {
    std::uint64_t bits = 0;  // the lowest is the first member
    friend bool operator==(const set_value&, const set_value&) = default;
};

struct bit_value {
    std::uint64_t bits = 0;
    std::uint8_t width = 1;  // 1 to 64, the column's
    friend bool operator==(const bit_value&, const bit_value&) = default;
};

/// A document as `CAST(document AS CHAR)` prints it.  Text does not tell a DECIMAL from a DOUBLE
/// or a DATE from a string: documents that differ only in this are equal here.
struct json_value {
    std::string text{};
    friend bool operator==(const json_value&, const json_value&) = default;
};

/// Four bytes of SRID, little-endian, and WKB: what MySQL stores and takes back.
struct geometry_value {
    std::string bytes{};
    friend bool operator==(const geometry_value&, const geometry_value&) = default;
};

/// Floats of four bytes, little-endian.
struct vector_value {
    std::string bytes{};
    friend bool operator==(const vector_value&, const vector_value&) = default;
};

using column_value =
    std::variant<absent_value, null_value, std::int64_t, std::uint64_t, float_value, double_value,
                 decimal_value, string_value, bytes_value, temporal_value, year_value, enum_value,
                 set_value, bit_value, json_value, geometry_value, vector_value>;

inline bool is_null(const column_value& value) noexcept {
    return std::holds_alternative<null_value>(value);
}

inline bool is_absent(const column_value& value) noexcept {
    return std::holds_alternative<absent_value>(value);
}

}  // namespace protocol
