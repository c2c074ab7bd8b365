#include "replicator/table_layout.hpp"

#include <algorithm>
#include <charconv>

#include "replicator/sql_text.hpp"

namespace replicator {
namespace {

std::string text(const std::optional<std::string>& value) {
    return value.value_or("");
}

std::uint16_t number(const std::string& text) {
    std::uint16_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

std::string where_table(const std::string& schema, const std::string& table) {
    return " WHERE table_schema = " + literal(schema) + " AND table_name = " + literal(table);
}

sql_result<void> load_columns(sql_connection& server, table_layout& layout) {
    const auto rows = server.query(
        "SELECT column_name, data_type, c.character_set_name, collation_name, extra, id"
        " FROM information_schema.columns AS c LEFT JOIN information_schema.collations"
        " USING (collation_name)" +
        where_table(layout.schema, layout.table) + " ORDER BY ordinal_position");
    if (!rows) return rows.error();
    for (const auto& row : *rows) {
        const std::string extra = lowercase(text(row[4]));
        layout.columns.push_back(
            {.name = text(row[0]),
             .data_type = lowercase(text(row[1])),
             .charset = text(row[2]),
             .collation = text(row[3]),
             .collation_id = number(text(row[5])),
             // "VIRTUAL GENERATED", "STORED GENERATED"; but an expression default is
             // "DEFAULT_GENERATED".
             .generated = extra.find("virtual generated") != std::string::npos ||
                          extra.find("stored generated") != std::string::npos,
             .on_update = extra.find("on update") != std::string::npos});
    }
    return {};
}

sql_result<void> load_indexes(sql_connection& server, table_layout& layout) {
    const auto rows = server.query(
        "SELECT index_name, column_name FROM information_schema.statistics" +
        where_table(layout.schema, layout.table) + " ORDER BY index_name, seq_in_index");
    if (!rows) return rows.error();
    for (const auto& row : *rows) {
        const std::string name = text(row[0]);
        if (name == "PRIMARY") {
            layout.primary_key.push_back(text(row[1]));
            continue;
        }
        if (layout.indexes.empty() || layout.indexes.back().name != name) {
            layout.indexes.push_back({.name = name});
        }
        if (row[1]) {
            layout.indexes.back().columns.push_back(*row[1]);
        } else {
            layout.indexes.back().functional = true;
        }
    }
    return {};
}

sql_result<void> load_foreign_keys(sql_connection& server, table_layout& layout) {
    const auto rows = server.query(
        "SELECT constraint_name, update_rule, delete_rule"
        " FROM information_schema.referential_constraints WHERE constraint_schema = " +
        literal(layout.schema) + " AND table_name = " + literal(layout.table));
    if (!rows) return rows.error();
    const auto changes_child = [](const std::string& rule) {
        return rule == "CASCADE" || rule == "SET NULL" || rule == "SET DEFAULT";
    };
    for (const auto& row : *rows) {
        layout.foreign_keys.push_back(text(row[0]));
        if (changes_child(text(row[1])) || changes_child(text(row[2]))) {
            layout.cascaded_into = true;
        }
    }
    return {};
}

sql_result<void> load_checks(sql_connection& server, table_layout& layout) {
    const auto rows =
        server.query("SELECT constraint_name FROM information_schema.table_constraints" +
                     where_table(layout.schema, layout.table) + " AND constraint_type = 'CHECK'");
    if (!rows) return rows.error();
    for (const auto& row : *rows) layout.checks.push_back(text(row[0]));
    return {};
}

}  // namespace

bool same_name(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
               const auto lower = [](char c) {
                   return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
               };
               return lower(x) == lower(y);
           });
}

bool contains_name(const std::vector<std::string>& names, std::string_view name) noexcept {
    return std::any_of(names.begin(), names.end(),
                       [&](const std::string& other) { return same_name(other, name); });
}

const column_layout* table_layout::find(std::string_view column) const noexcept {
    const auto found = std::find_if(columns.begin(), columns.end(), [&](const auto& candidate) {
        return same_name(candidate.name, column);
    });
    return found == columns.end() ? nullptr : &*found;
}

sql_result<std::optional<table_layout>> load_table_layout(sql_connection& server,
                                                          const std::string& schema,
                                                          const std::string& table) {
    const auto found =
        server.query("SELECT table_schema, table_name, engine FROM information_schema.tables" +
                     where_table(schema, table) + " AND table_type = 'BASE TABLE'");
    if (!found) return found.error();
    if (found->empty()) return std::optional<table_layout>{};
    const sql_row& row = found->front();
    table_layout layout{.schema = text(row[0]), .table = text(row[1]), .engine = text(row[2])};
    for (const auto load : {load_columns, load_indexes, load_foreign_keys, load_checks}) {
        if (const auto loaded = load(server, layout); !loaded) return loaded.error();
    }
    return std::optional<table_layout>(std::move(layout));
}

std::vector<std::string> kept_columns(const table_rule& rule, const table_layout& source) {
    std::vector<std::string> kept;
    for (const auto& column : source.columns) {
        const bool included =
            rule.include_columns.empty() || contains_name(rule.include_columns, column.name);
        if (included && !contains_name(rule.exclude_columns, column.name)) {
            kept.push_back(column.name);
        }
    }
    return kept;
}

}  // namespace replicator
