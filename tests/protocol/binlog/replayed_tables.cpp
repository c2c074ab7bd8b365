#include "replayed_tables.hpp"

#include <cstdio>
#include <set>
#include <stdexcept>

#include "protocol/binlog_events.hpp"
#include "protocol/binlog_rows_event.hpp"

namespace binlog_test {
namespace {

using namespace protocol;

std::vector<column_value> values_of(const table_map& table, const row_image& image) {
    std::vector<column_value> values;
    for (std::size_t i = 0; i < image.cells.size(); ++i)
        values.push_back(decode_cell(table.columns[i], image.cells[i]).value());
    return values;
}

std::string key_of(const table_map& table, const std::vector<column_value>& values) {
    std::string key;
    for (const primary_key_part& part : table.primary_key)
        key += printed(values.at(part.column)) + ',';
    return key;
}

/// What an image does not hold stays as it was.
void merge(std::vector<column_value>& row, const std::vector<column_value>& image) {
    row.resize(image.size(), absent_value{});
    for (std::size_t i = 0; i < image.size(); ++i)
        if (!is_absent(image[i])) row[i] = image[i];
}

std::string hex(std::string_view bytes) {
    static constexpr char digits[] = "0123456789ABCDEF";
    std::string text;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        text += digits[byte >> 4];
        text += digits[byte & 0xf];
    }
    return text;
}

/// With the 17 digits that tell all doubles apart.
std::string number(double value) {
    char text[40];
    std::snprintf(text, sizeof text, "%.17g", value);
    return text;
}

struct printer {
    std::string operator()(absent_value) const { return "(absent)"; }
    std::string operator()(null_value) const { return "\\N"; }
    std::string operator()(std::int64_t value) const { return std::to_string(value); }
    std::string operator()(std::uint64_t value) const { return std::to_string(value); }
    std::string operator()(float_value value) const { return number(value.value); }
    std::string operator()(double_value value) const { return number(value.value); }
    std::string operator()(const decimal_value& value) const { return value.text; }
    std::string operator()(const string_value& value) const { return hex(value.bytes); }
    std::string operator()(const bytes_value& value) const { return hex(value.bytes); }
    std::string operator()(const temporal_value& value) const { return value.text; }
    std::string operator()(year_value value) const {
        return value.year == 0 ? "0000" : std::to_string(value.year);
    }
    std::string operator()(enum_value value) const { return std::to_string(value.index); }
    std::string operator()(set_value value) const { return std::to_string(value.bits); }
    std::string operator()(bit_value value) const { return std::to_string(value.bits); }
    std::string operator()(const json_value& value) const { return value.text; }
    std::string operator()(const geometry_value& value) const { return hex(value.bytes); }
    std::string operator()(const vector_value& value) const { return hex(value.bytes); }
};

}  // namespace

std::string printed(const column_value& value) {
    return std::visit(printer{}, value);
}

std::string printing_expression(const std::string& column, const std::string& data_type) {
    static const std::set<std::string> as_number{"bit", "enum", "set"};
    static const std::set<std::string> as_text{
        "tinyint", "smallint", "mediumint", "int",  "bigint",    "decimal", "double",
        "date",    "time",     "datetime",  "year", "timestamp", "json"};
    const std::string name = '`' + column + '`';
    if (as_number.contains(data_type)) return "CAST(" + name + " + 0 AS UNSIGNED)";
    if (data_type == "float") return "CAST(" + name + " AS DOUBLE)";
    if (as_text.contains(data_type)) return name;
    return "HEX(" + name + ")";
}

void replayed_tables::apply(const binlog_event_view& event) {
    switch (event.header.type) {
        case event_type::gtid:
        case event_type::gtid_tagged:
            executed_.add(decode_gtid_event(event).value().id);
            break;
        case event_type::table_map: {
            table_map map = decode_table_map(event).value();
            maps_[map.table_id] = std::move(map);
            break;
        }
        case event_type::write_rows:
        case event_type::update_rows:
        case event_type::delete_rows:
            apply_rows(event);
            break;
        default:
            break;
    }
}

void replayed_tables::apply_rows(const binlog_event_view& event) {
    const rows_event decoded = decode_rows_event(event).value();
    const table_map& map = maps_.at(decoded.table_id);
    table& target = tables_[map.schema + '.' + map.table];
    target.definition = map;
    row_reader reader(map, decoded);
    while (reader.next().value()) {
        std::vector<column_value> row;
        if (!reader.before().empty()) {
            const auto before = values_of(map, reader.before());
            auto node = target.contents.extract(key_of(map, before));
            if (node.empty()) throw std::runtime_error("no such row in " + map.table);
            row = std::move(node.mapped());
        }
        if (reader.after().empty()) continue;
        merge(row, values_of(map, reader.after()));
        const std::string key = key_of(map, row);
        if (!target.contents.emplace(key, std::move(row)).second)
            throw std::runtime_error("duplicate row " + key + " in " + map.table);
    }
}

}  // namespace binlog_test
