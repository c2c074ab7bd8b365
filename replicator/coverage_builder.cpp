#include "replicator/coverage_builder.hpp"

#include "replicator/sql_text.hpp"

namespace replicator {
namespace {

const std::string outside_system =
    " NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys')";

failure lost(const sql_error& why) {
    return fail(errc::source_lost, "reading the source's names: " + why.message);
}

}  // namespace

result<source_names> load_names(sql_connection& source) {
    source_names names;
    const auto schemas = source.query(
        "SELECT schema_name FROM information_schema.schemata WHERE schema_name" + outside_system);
    if (!schemas) return lost(schemas.error());
    for (const auto& row : *schemas) names.schemas.insert(lowercase(*row[0]));

    const auto tables = source.query(
        "SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema" +
        outside_system);
    if (!tables) return lost(tables.error());
    for (const auto& row : *tables) names.tables.emplace(lowercase(*row[0]), lowercase(*row[1]));

    const auto routines =
        source.query("SELECT routine_name FROM information_schema.routines WHERE routine_schema" +
                     outside_system);
    if (!routines) return lost(routines.error());
    for (const auto& row : *routines) names.routines.insert(lowercase(*row[0]));
    return names;
}

router::coverage build_coverage(const edge_spec& spec, const edge_tables& edge,
                                const std::vector<table_layout>& sources,
                                const source_names& names) {
    router::coverage holds;
    std::set<std::string> schemas;
    for (std::size_t i = 0; i < edge.size(); ++i) {
        const edge_table& table = edge[i];
        router::table_coverage cover;
        for (const auto& column : sources[i].columns) {
            if (table.layout.find(column.name) == nullptr) {
                cover.missing_columns.push_back(lowercase(column.name));
            }
        }
        if (table.rows) {
            cover.rows = router::row_filter{.column = lowercase(table.rows->column()),
                                            .values = table.rows->literals(),
                                            .integers = table.rows->is_integer()};
        }
        schemas.insert(lowercase(table.schema));
        holds.tables.emplace(std::pair{lowercase(table.schema), lowercase(table.table)},
                             std::move(cover));
    }
    holds.missing_names = {"mysql", "information_schema", "performance_schema", "sys",
                           lowercase(spec.bookkeeping_schema)};
    for (const auto& schema : names.schemas) {
        if (!schemas.contains(schema)) holds.missing_names.insert(schema);
    }
    for (const auto& table : names.tables) {
        if (!holds.tables.contains(table)) holds.missing_names.insert(table.second);
    }
    holds.missing_names.insert(names.routines.begin(), names.routines.end());
    return holds;
}

}  // namespace replicator
