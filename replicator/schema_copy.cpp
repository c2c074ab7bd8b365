#include "replicator/schema_copy.hpp"

#include <algorithm>

#include "replicator/edge_error.hpp"
#include "replicator/sql_text.hpp"

namespace replicator {
namespace {

// A retry mends a lost edge; anything else about a definition needs a person.
failure cannot(const sql_error& why, const std::string& what) {
    failure answer = edge_failure(why, what);
    if (answer.code == errc::edge_refused) answer.code = errc::edge_unfit;
    return answer;
}

result<void> create_schema(sql_connection& source, sql_connection& edge,
                           const std::string& schema) {
    const auto row = source.query(
        "SELECT default_character_set_name, default_collation_name FROM "
        "information_schema.schemata WHERE schema_name = " +
        literal(schema));
    if (!row) return fail(errc::source_lost, row.error().message);
    std::string options;
    if (!row->empty() && row->front()[0] && row->front()[1]) {
        options = " CHARACTER SET " + *row->front()[0] + " COLLATE " + *row->front()[1];
    }
    const auto done = edge.execute("CREATE DATABASE IF NOT EXISTS " + quoted(schema) + options);
    if (!done) return cannot(done.error(), "CREATE DATABASE " + schema);
    return {};
}

}  // namespace

result<void> drop_copied_tables(sql_connection& edge, checkpoint& point) {
    const auto tables = point.tables(edge);
    if (!tables) return tables.error();
    for (const auto& name : *tables) {
        const auto dropped = edge.execute("DROP TABLE IF EXISTS " + name);
        if (!dropped) return edge_failure(dropped.error(), "DROP TABLE " + name);
    }
    return point.forget_tables(edge);
}

std::string reduce_table_sql(const table_rule& rule, const table_layout& layout) {
    const auto kept = kept_columns(rule, layout);
    std::vector<std::string> changes;
    for (const auto& name : layout.foreign_keys) {
        changes.push_back("DROP FOREIGN KEY " + quoted(name));
    }
    for (const auto& name : layout.checks) changes.push_back("DROP CHECK " + quoted(name));
    const bool drops_columns = kept.size() < layout.columns.size();
    for (const auto& index : layout.indexes) {
        const bool whole =
            std::all_of(index.columns.begin(), index.columns.end(),
                        [&](const std::string& column) { return contains_name(kept, column); });
        // What a functional part reads is not told, so it goes as soon as any column goes.
        if (!whole || (index.functional && drops_columns)) {
            changes.push_back("DROP INDEX " + quoted(index.name));
        }
    }
    for (const auto& column : layout.columns) {
        if (!contains_name(kept, column.name)) {
            changes.push_back("DROP COLUMN " + quoted(column.name));
        }
    }
    if (changes.empty()) return {};
    return "ALTER TABLE " + quoted(layout.schema, layout.table) + " " + join(changes, ", ");
}

result<void> copy_schema(sql_connection& source, sql_connection& edge, checkpoint& point,
                         const table_rule& rule, const table_layout& layout) {
    const std::string name = quoted(layout.schema, layout.table);
    if (const auto made = create_schema(source, edge, layout.schema); !made) return made.error();

    const auto there = load_table_layout(edge, layout.schema, layout.table);
    if (!there) return edge_failure(there.error(), "looking for " + name);
    if (*there) {
        return fail(errc::edge_unfit, "table " + name +
                                          " exists on the edge and was not made by "
                                          "Tidegate: drop it there, or leave it out of the edge");
    }
    const auto definition = source.query("SHOW CREATE TABLE " + name);
    if (!definition) return fail(errc::source_lost, definition.error().message);
    if (definition->empty() || definition->front().size() < 2 || !definition->front()[1]) {
        return fail(errc::source_lost, "the source shows no definition of " + name);
    }
    // Recorded before it exists: a table that nobody knows as ours could not be dropped again.
    if (const auto noted = point.add_table(edge, layout.schema, layout.table); !noted) {
        return noted.error();
    }
    if (const auto used = edge.execute("USE " + quoted(layout.schema)); !used) {
        return cannot(used.error(), "USE " + layout.schema);
    }
    const auto created = edge.execute(*definition->front()[1]);
    if (!created) return cannot(created.error(), "creating " + name + " as the source defines it");

    const std::string reduce = reduce_table_sql(rule, layout);
    if (reduce.empty()) return {};
    const auto reduced = edge.execute(reduce);
    if (!reduced) {
        return cannot(reduced.error(),
                      "removing the excluded columns of " + name +
                          " (if a generated column or a partition needs one of them, keep that "
                          "one or exclude both)");
    }
    return {};
}

}  // namespace replicator
