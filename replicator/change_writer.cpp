#include "replicator/change_writer.hpp"

#include <algorithm>
#include <cmath>

#include "protocol/binlog_rows_event.hpp"
#include "protocol/sql_literal.hpp"
#include "replicator/sql_text.hpp"

namespace replicator {
namespace {

// Longer statements gain nothing, and a DELETE's list must stay within what the range optimizer
// takes, or it reads the whole table.
constexpr std::size_t statement_bytes = 256 * 1024;
constexpr std::uint64_t insert_rows_max = 1000;
constexpr std::uint64_t delete_rows_max = 200;

failure broken(const edge_table& table, const boost::system::error_code& why) {
    return fail(errc::stream_broken, "the source's stream: rows of " + table.schema + "." +
                                         table.table + ": " + why.message());
}

bool same_cell(const protocol::row_cell& a, const protocol::row_cell& b) {
    return a.is == b.is &&
           std::equal(a.bytes.begin(), a.bytes.end(), b.bytes.begin(), b.bytes.end());
}

// `f = 0.1` finds no row: the FLOAT is compared as a DOUBLE, so its literal must be that DOUBLE.
protocol::column_value comparable(protocol::column_value value) {
    if (const auto* const number = std::get_if<protocol::float_value>(&value)) {
        return protocol::double_value{static_cast<double>(number->value)};
    }
    return value;
}

}  // namespace

change_writer::change_writer(std::shared_ptr<const edge_tables> tables)
    : tables_(std::move(tables)), bindings_(tables_->size()) {}

std::vector<edge_statement> change_writer::take() {
    bytes_before_last_ = 0;
    return std::exchange(statements_, {});
}

std::size_t change_writer::bytes() const noexcept {
    return bytes_before_last_ + (statements_.empty() ? 0 : statements_.back().sql.size());
}

edge_statement& change_writer::begin(edge_statement statement) {
    bytes_before_last_ = bytes();
    return statements_.emplace_back(std::move(statement));
}

failure change_writer::missing(const row_event& event, const std::string& column) const {
    const edge_table& table = (*tables_)[event.table];
    return fail(errc::unsupported_event, "the source logged a row of " + table.schema + "." +
                                             table.table +
                                             " without its "
                                             "column " +
                                             column +
                                             ": SET PERSIST binlog_row_image=FULL there and in its "
                                             "sessions, and copy anew");
}

result<const change_writer::binding*> change_writer::bind(const row_event& event) {
    binding& bound = bindings_[event.table];
    if (bound.map == event.map) return &bound;
    const edge_table& table = (*tables_)[event.table];
    binding fresh{.map = event.map, .name = quoted(table.schema, table.table)};
    const auto find = [&](const std::string& name) {
        const auto& columns = event.map->columns;
        return static_cast<std::size_t>(
            std::find_if(columns.begin(), columns.end(),
                         [&](const auto& column) { return same_name(column.name, name); }) -
            columns.begin());
    };
    std::vector<std::string> names;
    for (const auto& column : table.layout.columns) {
        const bound_column entry{find(column.name), quoted(column.name), column.on_update};
        if (entry.at == event.map->columns.size()) {
            return fail(errc::table_changed, table.schema + "." + table.table +
                                                 " has lost column " + column.name +
                                                 " on the source");
        }
        if (contains_name(table.layout.primary_key, column.name)) fresh.key.push_back(entry);
        if (column.generated) continue;
        fresh.written.push_back(entry);
        names.push_back(entry.name);
    }
    fresh.columns = join(names, ", ");
    names.clear();
    for (const auto& column : fresh.key) names.push_back(column.name);
    fresh.key_columns = names.size() == 1 ? names.front() : "(" + join(names, ", ") + ")";
    if (table.rows) fresh.filter = find(table.rows->column());
    bound = std::move(fresh);
    return &bound;
}

result<bool> change_writer::keeps(const binding& table, const row_event& event,
                                  const protocol::row_image& image,
                                  const protocol::row_image* fallback) const {
    const auto& rows = (*tables_)[event.table].rows;
    if (!rows) return true;
    const protocol::row_cell* cell = &image.cells[table.filter];
    if (cell->is == protocol::row_cell::state::absent && fallback != nullptr) {
        cell = &fallback->cells[table.filter];  // not logged: not changed
    }
    if (cell->is == protocol::row_cell::state::absent) return missing(event, rows->column());
    const auto value = protocol::decode_cell(table.map->columns[table.filter], *cell);
    if (!value) return broken((*tables_)[event.table], value.error());
    return rows->keeps(*value);
}

result<void> change_writer::add(const row_event& event) {
    const auto bound = bind(event);
    if (!bound) return bound.error();
    const binding& table = **bound;
    const protocol::binlog_event_view view{.header = event.header, .body = event.body, .raw = {}};
    const auto rows = protocol::decode_rows_event(view);
    if (!rows) return broken((*tables_)[event.table], rows.error());
    protocol::row_reader reader(*table.map, *rows);
    for (;;) {
        const auto more = reader.next();
        if (!more) return broken((*tables_)[event.table], more.error());
        if (!*more) return {};
        if (const auto done = change_row(table, event, reader); !done) return done.error();
    }
}

result<void> change_writer::change_row(const binding& table, const row_event& event,
                                       const protocol::row_reader& row) {
    bool was_kept = false;
    bool is_kept = false;
    if (!row.before().empty()) {
        const auto kept = keeps(table, event, row.before(), nullptr);
        if (!kept) return kept.error();
        was_kept = *kept;
    }
    if (!row.after().empty()) {
        const auto kept =
            keeps(table, event, row.after(), row.before().empty() ? nullptr : &row.before());
        if (!kept) return kept.error();
        is_kept = *kept;
    }
    if (was_kept && is_kept) return update(table, event, row);
    if (was_kept) return remove(table, event, row.before());
    if (is_kept) return insert(table, event, row.after());
    return {};
}

edge_statement& change_writer::extend(std::size_t table, change what, std::string head) {
    const std::uint64_t rows_max = what == change::insert ? insert_rows_max : delete_rows_max;
    const bool fits = !statements_.empty() && statements_.back().table == table &&
                      statements_.back().what == what && statements_.back().rows < rows_max &&
                      statements_.back().sql.size() < statement_bytes;
    if (fits) {
        edge_statement& last = statements_.back();
        if (what == change::remove) last.sql.pop_back();  // the list's parenthesis
        last.sql += ", ";
        return last;
    }
    return begin({.table = table, .what = what, .sql = std::move(head)});
}

result<void> change_writer::append(std::string& sql, const binding& table, const row_event& event,
                                   const bound_column& column, const protocol::row_image& image,
                                   bool as_key) const {
    const auto value = protocol::decode_cell(table.map->columns[column.at], image.cells[column.at]);
    if (!value) return broken((*tables_)[event.table], value.error());
    if (protocol::is_absent(*value)) return missing(event, column.name);
    protocol::append_sql_literal(sql, as_key ? comparable(*value) : *value);
    return {};
}

result<void> change_writer::insert(const binding& table, const row_event& event,
                                   const protocol::row_image& after) {
    edge_statement& statement =
        extend(event.table, change::insert,
               "INSERT INTO " + table.name + " (" + table.columns + ") VALUES ");
    statement.sql += "(";
    for (std::size_t i = 0; i < table.written.size(); ++i) {
        if (i > 0) statement.sql += ", ";
        const auto done = append(statement.sql, table, event, table.written[i], after, false);
        if (!done) return done.error();
    }
    statement.sql += ")";
    ++statement.rows;
    return {};
}

result<void> change_writer::remove(const binding& table, const row_event& event,
                                   const protocol::row_image& before) {
    edge_statement& statement =
        extend(event.table, change::remove,
               "DELETE FROM " + table.name + " WHERE " + table.key_columns + " IN (");
    const bool several = table.key.size() > 1;
    if (several) statement.sql += "(";
    for (std::size_t i = 0; i < table.key.size(); ++i) {
        if (i > 0) statement.sql += ", ";
        const auto done = append(statement.sql, table, event, table.key[i], before, true);
        if (!done) return done.error();
    }
    statement.sql += several ? "))" : ")";
    ++statement.rows;
    return {};
}

result<void> change_writer::update(const binding& table, const row_event& event,
                                   const protocol::row_reader& row) {
    std::string assignments;
    bool changed = false;
    for (const auto& column : table.written) {
        const auto& before = row.before().cells[column.at];
        const auto& after = row.after().cells[column.at];
        const bool differs =
            after.is != protocol::row_cell::state::absent && !same_cell(before, after);
        changed = changed || differs;
        // A column that updates itself must be given its value, or the edge would make one up.
        if (!differs && !column.on_update) continue;
        if (!assignments.empty()) assignments += ", ";
        assignments += column.name + " = ";
        if (after.is == protocol::row_cell::state::absent) {
            assignments += column.name;
            continue;
        }
        const auto done = append(assignments, table, event, column, row.after(), false);
        if (!done) return done.error();
    }
    if (!changed) return {};
    std::string sql = "UPDATE " + table.name + " SET " + assignments + " WHERE ";
    for (std::size_t i = 0; i < table.key.size(); ++i) {
        if (i > 0) sql += " AND ";
        sql += table.key[i].name + " = ";
        const auto done = append(sql, table, event, table.key[i], row.before(), true);
        if (!done) return done.error();
    }
    begin({.table = event.table, .what = change::update, .sql = std::move(sql), .rows = 1});
    return {};
}

}  // namespace replicator
