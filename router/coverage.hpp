#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "rules/sql_mode.hpp"
#include "rules/statement_facts.hpp"

namespace router {

/// The rows of one table that an edge holds: those whose `column` equals one of `values`.
struct row_filter {
    std::string column;               // lowercase
    std::vector<std::string> values;  // as literals are written in SQL, without quotes
    /// The column has an integer type.  Only then does the literal 1 mean the value "1": beside a
    /// text column MySQL compares numbers, and '01' equals 1 as well.  False is always sound.
    bool integers = false;
    friend bool operator==(const row_filter&, const row_filter&) = default;
};

/// What an edge holds of one source table.
struct table_coverage {
    std::vector<std::string> missing_columns{};  // lowercase; empty if every column is there
    std::optional<row_filter> rows{};            // all rows if absent
    friend bool operator==(const table_coverage&, const table_coverage&) = default;
};

using table_key = std::pair<std::string, std::string>;  // schema, table; lowercase

/// Orders table_key, and looks one up by views without making strings.
struct table_key_less {
    using is_transparent = void;
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const noexcept {
        const std::string_view a_schema = a.first, b_schema = b.first;
        const std::string_view a_table = a.second, b_table = b.second;
        return std::tie(a_schema, a_table) < std::tie(b_schema, b_table);
    }
};

/// What an edge holds, as its replicator publishes it.
///
/// The test is by names and is sound: `missing_names` has every schema, table, view and routine
/// that exists at the source and not on the edge.  A statement whose identifiers avoid them can
/// only name what the edge has, whatever its grammar.  (Design, section 4, "Coverage".)
struct coverage {
    std::map<table_key, table_coverage, table_key_less> tables;
    std::set<std::string, std::less<>> missing_names;  // lowercase
    friend bool operator==(const coverage&, const coverage&) = default;
};

/// Why a statement is covered or is not.
enum class coverage_reason {
    covered,
    no_table,         // names no table at all: nothing to gain from a copy
    schema_missing,   // the session's schema has no table on the edge
    table_missing,    // a table named is not on the edge
    name_missing,     // some name exists at the source and not on the edge
    column_missing,   // a column of a table named was filtered out
    star,             // `*` over a table of which the edge lacks columns
    natural_join,     // NATURAL JOIN over such a table: its columns decide the join
    row_filter,       // the rows wanted are not pinned to those the edge holds
    unknown_function  // may be a stored function, which the edge does not have
};

std::string_view to_string(coverage_reason why) noexcept;

struct coverage_verdict {
    coverage_reason why = coverage_reason::covered;
    std::string name{};  // schema.table, schema.table.column or name that decided; empty if covered
    explicit operator bool() const noexcept { return why == coverage_reason::covered; }
    friend bool operator==(const coverage_verdict&, const coverage_verdict&) = default;
};

/// Whether `statement`, run in `schema`, names nothing that the edge lacks.
///
/// Sound as long as `statement.names` is complete: tables are found by name, not by grammar, so a
/// table that `statement.tables` overlooks is still checked.  All doubt is "not covered".
///
/// @param schema   The session's default schema, empty if none.
/// @param text     The statement's own text: literals are looked up in it, since facts are shared
///                 by all statements of one digest.
/// @param options  How `text` is lexed.
coverage_verdict covers(const coverage& edge, const rules::statement_facts& statement,
                        std::string_view schema, std::string_view text,
                        const rules::lex_options& options);

}  // namespace router
