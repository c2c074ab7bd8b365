#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/binlog_event.hpp"
#include "protocol/bytes.hpp"

namespace protocol {

/// MySQL's column types (MYSQL_TYPE_*), as they stand in table_map events and row images.
enum class column_type : std::uint8_t {
    tiny_int = 1,
    small_int = 2,
    int_ = 3,
    float_ = 4,
    double_ = 5,
    big_int = 8,
    medium_int = 9,
    date = 10,
    year = 13,
    varchar = 15,
    bit = 16,
    timestamp = 17,  // with fraction: TIMESTAMP2
    datetime = 18,   // DATETIME2
    time = 19,       // TIME2
    vector = 242,
    json = 245,
    decimal = 246,
    enumeration = 247,
    set = 248,
    blob = 252,    // and TEXT, of all four sizes
    string = 254,  // CHAR and BINARY
    geometry = 255,
};

/// One column of a table, as its table_map event describes it.
struct table_column {
    column_type type = column_type::tiny_int;
    bool nullable = false;
    bool is_unsigned = false;  // of numeric columns; false if the event does not say
    /// What the type needs: the largest size in bytes (varchar, string), the number of bytes of the
    /// size prefix (blob, json, geometry, vector) or of the value (float, double, enumeration,
    /// set), precision and scale (decimal, see there), digits of the fraction (time, datetime,
    /// timestamp), the number of bits (bit).
    std::uint16_t size = 0;
    std::uint8_t scale = 0;  // of a decimal, whose precision is `size`

    /// Of character columns, ENUM and SET; collations::binary for BINARY, BLOB; 0 if not told.
    std::uint16_t collation = 0;

    // The rest is told only under binlog_row_metadata=FULL.
    std::string name{};
    bool visible = true;
    std::vector<std::string> labels{};  // of ENUM and SET, in the column's character set

    // And these always, by servers that know the types.
    std::optional<std::uint32_t> geometry_type{};
    std::optional<std::uint32_t> vector_dimensions{};

    friend bool operator==(const table_column&, const table_column&) = default;
};

struct primary_key_part {
    std::uint32_t column = 0;  // index into table_map::columns
    std::uint32_t prefix = 0;  // characters; 0 is the whole column

    friend bool operator==(const primary_key_part&, const primary_key_part&) = default;
};

namespace table_map_flag {
inline constexpr std::uint16_t bit_size_exact = 0x01;
inline constexpr std::uint16_t referred_foreign_key = 0x02;   // the parent of a foreign key
inline constexpr std::uint16_t generated_primary_key = 0x04;  // my_row_id, invisible
}  // namespace table_map_flag

/// The first fields of a table_map event: enough to decide that nobody wants its rows.
struct table_map_head {
    std::uint64_t table_id = 0;
    std::uint16_t flags = 0;    // of table_map_flag
    std::string_view schema{};  // point into the event
    std::string_view table{};
};

/// What the rows events of the same statement look like.  Owns all it holds.
struct table_map {
    static constexpr std::size_t columns_max = 4096;  // MySQL's own limit

    /// A cache key, valid to the end of the statement; not an identity of the table.
    std::uint64_t table_id = 0;
    std::uint16_t flags = 0;
    std::string schema{};
    std::string table{};
    /// Base, generated (also virtual) and invisible columns, in the table's order.
    std::vector<table_column> columns{};
    std::vector<primary_key_part> primary_key{};  // empty without FULL metadata, or without key
    /// The event carries column names: the source runs with binlog_row_metadata=FULL.
    bool has_names = false;

    friend bool operator==(const table_map&, const table_map&) = default;
};

result<table_map_head> decode_table_map_head(const binlog_event_view& event);

/// @return `errc::truncated`, `errc::malformed`, `errc::limit_exceeded` for too many columns, or
///         `errc::unsupported` for a column type whose values have an unknown size, such as the
///         temporal types of MySQL before 5.6.
result<table_map> decode_table_map(const binlog_event_view& event);

}  // namespace protocol
