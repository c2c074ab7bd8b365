#pragma once

#include <cstdint>
#include <optional>

#include "protocol/binlog_event.hpp"
#include "protocol/bytes.hpp"

namespace protocol {

enum class rows_operation : std::uint8_t { write, update, remove };

namespace rows_flag {
inline constexpr std::uint16_t statement_end = 0x01;
inline constexpr std::uint16_t no_foreign_key_checks = 0x02;
inline constexpr std::uint16_t relaxed_unique_checks = 0x04;
inline constexpr std::uint16_t complete_rows = 0x08;
/// MySQL 9.6 and later: rows that a foreign key's cascade changed have events of their own.
inline constexpr std::uint16_t sql_foreign_keys = 0x10;
}  // namespace rows_flag

/// A rows event without the rows taken apart: row_reader does that, with the table's table_map.
struct rows_event {
    rows_operation operation = rows_operation::write;
    std::uint64_t table_id = 0;   // of the table_map event before it
    std::uint16_t flags = 0;      // of rows_flag
    std::uint32_t columns = 0;    // in the table; the bitmaps have a bit for each
    bytes_view before_columns{};  // bit n (from the lowest): column n is in the before image
    bytes_view after_columns{};   // empty for a remove; before_columns is empty for a write
    bytes_view rows{};            // the images, one behind another
    std::optional<std::uint16_t> partition{};  // of a partitioned table; the new one of an update
};

/// Reads write_rows, update_rows and delete_rows events by the header's type.
/// @return `errc::unsupported` for partial_update_rows (the source's session has set
///         binlog_row_value_options=PARTIAL_JSON) and for the row events of MySQL before 5.6.
result<rows_event> decode_rows_event(const binlog_event_view& event);

}  // namespace protocol
