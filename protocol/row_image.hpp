#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/binlog_rows_event.hpp"
#include "protocol/binlog_table_map.hpp"
#include "protocol/bytes.hpp"
#include "protocol/column_value.hpp"

namespace protocol {

/// One column of one row as it stands in the event, not yet decoded.
struct row_cell {
    enum class state : std::uint8_t {
        /// Not in this image, because binlog_row_image is MINIMAL or NOBLOB.  After an update the
        /// column is what it was; in a written row it has its default, which no event tells.
        absent,
        null,
        value,
    };

    state is = state::absent;
    bytes_view bytes{};  // of a value: all of it, its size prefix included; points into the event
};

/// A row before or after a change: one cell per column of the table, or none if the operation has
/// no such image.
struct row_image {
    std::vector<row_cell> cells{};

    bool empty() const noexcept { return cells.empty(); }
};

/// Walks over the rows of a rows event.
///
/// Cuts each row into cells and decodes none of them: a column that nobody asks for costs only
/// the reading of its size.
///
///     row_reader reader(table, event);
///     for (;;) {
///         const auto more = reader.next();
///         if (!more) return more.error();
///         if (!*more) break;
///         const auto value = decode_cell(table.columns[1], reader.after().cells[1]);
///     }
///
/// The table_map and the event's bytes must outlive the reader and the cells.
class row_reader {
public:
    row_reader(const table_map& table, const rows_event& event) noexcept;

    /// Goes to the next row; false behind the last one.  After an error it must not be called.
    /// @return `errc::truncated`, or `errc::malformed` if the event is not one of this table.
    result<bool> next();

    /// Of the row that next() went to; overwritten by the next call.
    const row_image& before() const noexcept { return before_; }  // empty for a write
    const row_image& after() const noexcept { return after_; }    // empty for a remove

private:
    result<void> read_image(bytes_view present, row_image& image);

    const table_map& table_;
    const rows_event event_;
    bytes_view rest_;
    row_image before_{};
    row_image after_{};
};

/// The number of bytes that the value at the start of `data` takes, size prefix included.
/// @return `errc::truncated` if the value goes on past `data`; `errc::unsupported`.
result<std::size_t> cell_size(const table_column& column, bytes_view data) noexcept;

/// The value of a cell.  BINARY(n) values get back the zero bytes that the binlog leaves out.
/// @return `errc::malformed` or `errc::truncated` if the bytes are no value of the column's type.
result<column_value> decode_cell(const table_column& column, const row_cell& cell);

/// The label of an ENUM's value, in the column's character set; empty for the index 0, and if the
/// table_map has no labels.  Points into the column.
std::string_view enum_label(const table_column& column, enum_value value) noexcept;

/// The labels of a SET's members as MySQL prints them, "a,c".
std::string set_labels(const table_column& column, set_value value);

}  // namespace protocol
