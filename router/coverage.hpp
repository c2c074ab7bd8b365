#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/statement_facts.hpp"

namespace router {

/// The rows of one table that an edge holds: those whose `column` equals one of `values`.
struct row_filter {
    std::string column;               // lowercase
    std::vector<std::string> values;  // as literals are written in SQL, without quotes
    friend bool operator==(const row_filter&, const row_filter&) = default;
};

/// What an edge holds of one source table.
struct table_coverage {
    std::vector<std::string> missing_columns;  // lowercase; empty if every column is there
    std::optional<row_filter> rows{};          // all rows if absent
    friend bool operator==(const table_coverage&, const table_coverage&) = default;
};

/// What an edge holds, as its replicator publishes it.
///
/// The test is by names and is sound: `missing_names` has every schema, table, view and routine
/// that exists at the source and not on the edge.  A statement whose identifiers avoid them can
/// only name what the edge has, whatever its grammar.  (Design, section 4, "Coverage".)
struct coverage {
    std::map<std::pair<std::string, std::string>, table_coverage>
        tables;                                        // (schema, table), lowercase
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
    std::string name{};  // the table, column or name that decided; empty if covered
    explicit operator bool() const noexcept { return why == coverage_reason::covered; }
    friend bool operator==(const coverage_verdict&, const coverage_verdict&) = default;
};

/// Whether `statement`, run in `schema`, names nothing that the edge lacks.
///
/// @param schema   The session's default schema, empty if none.
/// @param text     The statement's own text: literals are looked up in it, since facts are shared
/// by
///                 all statements of one digest.
/// @param options  How `text` is lexed.
coverage_verdict covers(const coverage& edge, const rules::statement_facts& statement,
                        std::string_view schema, std::string_view text,
                        const rules::lex_options& options);

}  // namespace router
