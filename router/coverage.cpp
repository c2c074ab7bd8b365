#include "router/coverage.hpp"

#include <algorithm>
#include <boost/container/small_vector.hpp>

#include "router/identifier.hpp"
#include "router/row_filter.hpp"

namespace router {
namespace {

using rules::effect;

/// A covered table that the statement may mean.
struct named_table {
    const table_key* key;
    const table_coverage* holds;
};
using named_tables = boost::container::small_vector<named_table, 8>;

std::string full_name(const table_key& key) {
    return key.first + "." + key.second;
}

// Every covered table whose name occurs anywhere in the statement, in whatever schema: what the
// statement reads is among them, whether or not its grammar was understood.
named_tables tables_named(const coverage& edge, const rules::statement_facts& statement) {
    named_tables out;
    for (auto schema = edge.tables.begin(); schema != edge.tables.end();) {
        const std::string_view schema_name = schema->first.first;
        for (const std::string& name : statement.names) {
            const auto found = edge.tables.find(
                std::pair<std::string_view, std::string_view>(schema_name, std::string_view(name)));
            if (found != edge.tables.end()) out.push_back({&found->first, &found->second});
        }
        while (schema != edge.tables.end() && schema->first.first == schema_name) ++schema;
    }
    return out;
}

// As tables_named(), for the rare statement that has names beyond ASCII: those have several
// spellings, so every table is compared.
named_tables tables_perhaps_named(const coverage& edge, const rules::statement_facts& statement) {
    named_tables out;
    for (const auto& [key, holds] : edge.tables) {
        const bool named = std::any_of(
            statement.names.begin(), statement.names.end(),
            [&, &table = key.second](const std::string& name) { return may_be_same(name, table); });
        if (named) out.push_back({&key, &holds});
    }
    return out;
}

bool has_schema(const coverage& edge, std::string_view schema) {
    const auto first = edge.tables.lower_bound(std::pair(schema, std::string_view{}));
    return first != edge.tables.end() && first->first.first == schema;
}

coverage_verdict check_names(const coverage& edge, const rules::statement_facts& statement) {
    for (const std::string& name : statement.names) {
        if (edge.missing_names.contains(name)) return {coverage_reason::name_missing, name};
        if (is_ascii(name)) continue;
        for (const std::string& missing : edge.missing_names)
            if (may_be_same(name, missing)) return {coverage_reason::name_missing, missing};
    }
    return {};
}

// The default schema must be on the edge even if no table needs it: the edge's connection has to
// take it on.
coverage_verdict check_schema(const coverage& edge, std::string_view schema) {
    if (schema.empty()) return {};
    const std::string lower = to_lower(schema);
    if (!has_schema(edge, lower) || edge.missing_names.contains(lower))
        return {coverage_reason::schema_missing, lower};
    return {};
}

coverage_verdict check_tables(const coverage& edge, const rules::statement_facts& statement,
                              std::string_view schema) {
    if (statement.tables.empty()) return {coverage_reason::no_table};
    const std::string default_schema = to_lower(schema);
    for (const rules::table_name& table : statement.tables) {
        const std::string& in = table.schema.empty() ? default_schema : table.schema;
        const std::pair<std::string_view, std::string_view> key(in, table.table);
        if (edge.tables.find(key) == edge.tables.end()) {
            return {coverage_reason::table_missing,
                    in.empty() ? table.table : in + "." + table.table};
        }
    }
    return {};
}

coverage_verdict check_columns(const rules::statement_facts& statement,
                               const named_tables& tables) {
    for (const auto& [key, holds] : tables) {
        if (holds->missing_columns.empty()) continue;
        if (statement.effects.has(effect::has_star))
            return {coverage_reason::star, full_name(*key)};
        if (statement.effects.has(effect::natural_join))
            return {coverage_reason::natural_join, full_name(*key)};
        for (const std::string& missing : holds->missing_columns) {
            const bool named =
                std::any_of(statement.names.begin(), statement.names.end(),
                            [&](const std::string& name) { return may_be_same(name, missing); });
            if (named) return {coverage_reason::column_missing, full_name(*key) + "." + missing};
        }
    }
    return {};
}

coverage_verdict check_rows(const rules::statement_facts& statement, const named_tables& tables,
                            std::string_view schema, std::string_view text,
                            const rules::lex_options& options) {
    for (const auto& [key, holds] : tables) {
        if (!holds->rows) continue;
        const auto names_it = [&, only = key](const rules::table_name& table) {
            return table.table == only->second &&
                   (table.schema.empty() ? to_lower(schema) : table.schema) == only->first;
        };
        if (statement.tables.size() != 1 || !names_it(statement.tables.front()) ||
            !pins_rows(*holds->rows, statement, text, options)) {
            return {coverage_reason::row_filter, full_name(*key)};
        }
    }
    return {};
}

}  // namespace

coverage_verdict covers(const coverage& edge, const rules::statement_facts& statement,
                        std::string_view schema, std::string_view text,
                        const rules::lex_options& options) {
    if (statement.incomplete) return {coverage_reason::name_missing, "(too long to tell)"};
    if (statement.effects.has(effect::calls_unknown_function)) {
        return {coverage_reason::unknown_function, statement.unknown_functions.empty()
                                                       ? std::string{}
                                                       : statement.unknown_functions.front()};
    }
    const bool ascii = std::all_of(statement.names.begin(), statement.names.end(),
                                   [](const std::string& name) { return is_ascii(name); });
    // In gbk or sjis the second byte of a character may look like a letter.
    if (!ascii && options.charset != rules::multibyte::none)
        return {coverage_reason::name_missing, "(a name in a character set not looked into)"};
    if (auto verdict = check_names(edge, statement); !verdict) return verdict;
    if (auto verdict = check_schema(edge, schema); !verdict) return verdict;
    if (auto verdict = check_tables(edge, statement, schema); !verdict) return verdict;

    const named_tables tables =
        ascii ? tables_named(edge, statement) : tables_perhaps_named(edge, statement);
    if (auto verdict = check_columns(statement, tables); !verdict) return verdict;
    return check_rows(statement, tables, schema, text, options);
}

std::string_view to_string(coverage_reason why) noexcept {
    switch (why) {
        case coverage_reason::covered:
            return "covered";
        case coverage_reason::no_table:
            return "no_table";
        case coverage_reason::schema_missing:
            return "schema_missing";
        case coverage_reason::table_missing:
            return "table_missing";
        case coverage_reason::name_missing:
            return "name_missing";
        case coverage_reason::column_missing:
            return "column_missing";
        case coverage_reason::star:
            return "star";
        case coverage_reason::natural_join:
            return "natural_join";
        case coverage_reason::row_filter:
            return "row_filter";
        case coverage_reason::unknown_function:
            return "unknown_function";
    }
    return "invalid";
}

}  // namespace router
