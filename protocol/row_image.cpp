#include "protocol/row_image.hpp"

#include <algorithm>
#include <bit>

#include "protocol/collations.hpp"
#include "protocol/decimal.hpp"
#include "protocol/json_binary.hpp"
#include "protocol/row_temporal.hpp"

namespace protocol {
namespace {

bool bit_at(bytes_view bitmap, std::size_t index) noexcept {
    return (bitmap[index / 8] >> (index % 8) & 1) != 0;
}

std::size_t bits_set(bytes_view bitmap, std::size_t size) noexcept {
    std::size_t count = 0;
    for (std::size_t i = 0; i < size; ++i) count += bit_at(bitmap, i) ? 1 : 0;
    return count;
}

/// The bytes of the size prefix in front of the values of a type; 0 if it has none.
std::size_t prefix_size(const table_column& column) noexcept {
    switch (column.type) {
        case column_type::varchar:
        case column_type::string:
            return column.size > 255 ? 2 : 1;
        case column_type::blob:
        case column_type::json:
        case column_type::geometry:
        case column_type::vector:
            return column.size;
        default:
            return 0;
    }
}

/// The bytes of the values of a type that has no size prefix; 0 if it has one.
std::size_t fixed_size(const table_column& column) noexcept {
    switch (column.type) {
        case column_type::tiny_int:
        case column_type::year:
            return 1;
        case column_type::small_int:
            return 2;
        case column_type::medium_int:
        case column_type::date:
            return 3;
        case column_type::int_:
            return 4;
        case column_type::big_int:
            return 8;
        case column_type::time:
            return 3 + fraction_size(column.size);
        case column_type::timestamp:
            return 4 + fraction_size(column.size);
        case column_type::datetime:
            return 5 + fraction_size(column.size);
        case column_type::bit:
            return (std::size_t{column.size} + 7) / 8;
        case column_type::decimal:
            return decimal_size(column.size, column.scale);
        case column_type::float_:
        case column_type::double_:
        case column_type::enumeration:
        case column_type::set:
            return column.size;
        default:
            return 0;
    }
}

column_value integer(bytes_view bytes, bool is_unsigned) {
    const std::uint64_t bits = cursor(bytes).fixed(bytes.size());
    if (is_unsigned) return bits;
    const unsigned unused = 64 - 8 * static_cast<unsigned>(bytes.size());
    return static_cast<std::int64_t>(bits << unused) >> unused;
}

result<column_value> temporal(temporal_value::kind kind, result<std::string> text) {
    if (!text) return text.error();
    return temporal_value{kind, std::move(*text)};
}

column_value character(const table_column& column, std::string_view content) {
    if (column.collation != collations::binary)
        return string_value{std::string(content), column.collation};
    bytes_value value{std::string(content)};
    // The binlog leaves out the zero bytes at the end of a BINARY(n).
    if (column.type == column_type::string && value.bytes.size() < column.size)
        value.bytes.resize(column.size, '\0');
    return value;
}

bit_value bits(const table_column& column, bytes_view bytes) {
    bit_value value{0, static_cast<std::uint8_t>(column.size)};
    for (const std::uint8_t byte : bytes) value.bits = value.bits << 8 | byte;
    return value;
}

/// The value of a type without size prefix.
result<column_value> decode_fixed(const table_column& column, bytes_view bytes) {
    using kind = temporal_value::kind;
    cursor in(bytes);
    switch (column.type) {
        case column_type::tiny_int:
        case column_type::small_int:
        case column_type::medium_int:
        case column_type::int_:
        case column_type::big_int:
            return integer(bytes, column.is_unsigned);
        case column_type::float_:
            return float_value{std::bit_cast<float>(in.u32())};
        case column_type::double_:
            return double_value{std::bit_cast<double>(in.u64())};
        case column_type::year: {
            const std::uint8_t stored = in.u8();
            return year_value{static_cast<std::uint16_t>(stored == 0 ? 0 : 1900 + stored)};
        }
        case column_type::date:
            return temporal(kind::date, decode_date(bytes));
        case column_type::time:
            return temporal(kind::time, decode_time(bytes, column.size));
        case column_type::datetime:
            return temporal(kind::datetime, decode_datetime(bytes, column.size));
        case column_type::timestamp:
            return temporal(kind::timestamp, decode_timestamp(bytes, column.size));
        case column_type::bit:
            return bits(column, bytes);
        case column_type::enumeration:
            return enum_value{static_cast<std::uint16_t>(in.fixed(bytes.size()))};
        case column_type::set:
            return set_value{in.fixed(bytes.size())};
        case column_type::decimal: {
            auto text = decode_decimal(bytes, column.size, column.scale);
            if (!text) return text.error();
            return decimal_value{std::move(*text)};
        }
        default:
            return errc::unsupported;
    }
}

/// The value of a type with size prefix, which `content` no longer has.
result<column_value> decode_content(const table_column& column, bytes_view content) {
    switch (column.type) {
        case column_type::json: {
            auto text = decode_json_binary(content);
            if (!text) return text.error();
            return json_value{std::move(*text)};
        }
        case column_type::geometry:
            return geometry_value{std::string(as_text(content))};
        case column_type::vector:
            return vector_value{std::string(as_text(content))};
        default:
            return character(column, as_text(content));
    }
}

}  // namespace

result<std::size_t> cell_size(const table_column& column, bytes_view data) noexcept {
    std::size_t size = prefix_size(column);
    if (size != 0) {
        if (size > 4) return errc::unsupported;
        cursor in(data);
        size += in.fixed(size);
        if (in.failed()) return errc::truncated;
    } else {
        size = fixed_size(column);
        if (size == 0 || size > 64) return errc::unsupported;
    }
    if (size > data.size()) return errc::truncated;
    return size;
}

result<column_value> decode_cell(const table_column& column, const row_cell& cell) {
    if (cell.is == row_cell::state::absent) return absent_value{};
    if (cell.is == row_cell::state::null) return null_value{};
    const auto size = cell_size(column, cell.bytes);
    if (!size) return size.error();
    if (*size != cell.bytes.size()) return errc::malformed;
    const std::size_t prefix = prefix_size(column);
    if (prefix != 0) return decode_content(column, cell.bytes.subspan(prefix));
    return decode_fixed(column, cell.bytes);
}

std::string_view enum_label(const table_column& column, enum_value value) noexcept {
    if (value.index == 0 || value.index > column.labels.size()) return {};
    return column.labels[value.index - 1U];
}

std::string set_labels(const table_column& column, set_value value) {
    constexpr std::size_t members_max = 64;
    std::string text;
    for (std::size_t i = 0; i < std::min(column.labels.size(), members_max); ++i) {
        if ((value.bits >> i & 1) == 0) continue;
        if (!text.empty()) text += ',';
        text += column.labels[i];
    }
    return text;
}

row_reader::row_reader(const table_map& table, const rows_event& event) noexcept
    : table_(table), event_(event), rest_(event.rows) {}

result<bool> row_reader::next() {
    if (event_.columns != table_.columns.size()) return errc::malformed;
    if (rest_.empty()) return false;
    const std::size_t size_before = rest_.size();
    if (event_.operation != rows_operation::write) {
        const auto read = read_image(event_.before_columns, before_);
        if (!read) return {boost::system::in_place_error, read.error()};
    }
    if (event_.operation != rows_operation::remove) {
        const auto read = read_image(event_.after_columns, after_);
        if (!read) return {boost::system::in_place_error, read.error()};
    }
    if (rest_.size() == size_before) return errc::malformed;  // rows of no bytes never end
    return true;
}

result<void> row_reader::read_image(bytes_view present, row_image& image) {
    const std::size_t columns = table_.columns.size();
    const std::size_t null_size = (bits_set(present, columns) + 7) / 8;
    if (rest_.size() < null_size) return errc::truncated;
    const bytes_view nulls = rest_.first(null_size);
    rest_ = rest_.subspan(null_size);

    image.cells.assign(columns, row_cell{});
    std::size_t position = 0;  // among the columns that are present
    for (std::size_t i = 0; i < columns; ++i) {
        if (!bit_at(present, i)) continue;
        row_cell& cell = image.cells[i];
        if (bit_at(nulls, position++)) {
            cell.is = row_cell::state::null;
            continue;
        }
        const auto size = cell_size(table_.columns[i], rest_);
        if (!size) return size.error();
        cell = {row_cell::state::value, rest_.first(*size)};
        rest_ = rest_.subspan(*size);
    }
    return {};
}

}  // namespace protocol
