#include "replicator/schema_copy.hpp"

#include <algorithm>

#include "replicator/edge_error.hpp"
#include "replicator/sql_text.hpp"

namespace replicator {
namespace {

constexpr int swap_attempts_max = 5;  // each waits lock_wait_timeout for readers to finish

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

std::string old_name(const staged_table& table) {
    return table.stage + "_old";
}

// "  CONSTRAINT `name` FOREIGN KEY (…": SHOW CREATE TABLE gives every key a line of its own, and
// prints a line end inside a string as \n.
bool is_foreign_key(std::string_view line, const table_layout& layout) {
    return std::any_of(
        layout.foreign_keys.begin(), layout.foreign_keys.end(), [&](const std::string& name) {
            return line.starts_with("  CONSTRAINT " + quoted(name) + " FOREIGN KEY ");
        });
}

}  // namespace

staged_table stage_of(const replica_identity& edge, std::size_t number, const table_layout& table) {
    return {.schema = table.schema,
            .table = table.table,
            .stage = "_tidegate_" + edge.uuid.substr(0, 8) + "_" + std::to_string(number)};
}

result<void> check_place(sql_connection& edge, const checkpoint& point, const table_layout& table) {
    const auto there = load_table_layout(edge, table.schema, table.table);
    if (!there) return edge_failure(there.error(), "looking for " + table.table);
    if (!*there) return {};
    const auto ours = point.tables(edge);
    if (!ours) return ours.error();
    const std::pair place{table.schema, table.table};
    if (std::find(ours->begin(), ours->end(), place) != ours->end()) return {};
    return fail(errc::edge_unfit, "table " + quoted(table.schema, table.table) +
                                      " exists on the edge and was not made by Tidegate: drop it "
                                      "there, or leave it out of the edge");
}

std::string create_table_sql(std::string_view definition, const table_layout& layout,
                             const std::string& new_name) {
    const std::string head = "CREATE TABLE " + quoted(layout.table) + " (\n";
    if (!definition.starts_with(head)) return {};
    definition.remove_prefix(head.size());
    std::string body;
    while (!definition.empty() && definition.front() != ')') {
        const std::string_view line = definition.substr(0, definition.find('\n'));
        definition.remove_prefix(std::min(line.size() + 1, definition.size()));
        if (!is_foreign_key(line, layout)) body.append(line).append("\n");
    }
    while (!body.empty() && (body.back() == '\n' || body.back() == ',')) body.pop_back();
    return "CREATE TABLE " + new_name + " (\n" + body + "\n" + std::string(definition);
}

std::string reduce_table_sql(const std::string& name, const table_rule& rule,
                             const table_layout& layout) {
    const auto kept = kept_columns(rule, layout);
    std::vector<std::string> changes;
    for (const auto& check : layout.checks) changes.push_back("DROP CHECK " + quoted(check));
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
    return changes.empty() ? std::string() : "ALTER TABLE " + name + " " + join(changes, ", ");
}

result<void> copy_schema(sql_connection& source, sql_connection& edge, checkpoint& point,
                         const staged_table& to, const table_rule& rule,
                         const table_layout& layout) {
    if (const auto made = create_schema(source, edge, layout.schema); !made) return made.error();
    const std::string name = quoted(layout.schema, layout.table);
    const std::string stage = quoted(to.schema, to.stage);
    const auto definition = source.query("SHOW CREATE TABLE " + name);
    if (!definition) return fail(errc::source_lost, definition.error().message);
    std::string create;
    if (!definition->empty() && definition->front().size() > 1 && definition->front()[1]) {
        create = create_table_sql(*definition->front()[1], layout, stage);
    }
    if (create.empty()) {
        return fail(errc::source_lost, "the source shows no definition of " + name);
    }
    // Recorded before it exists: a table that nobody knows as ours could not be dropped again.
    if (const auto noted = point.add_table(edge, to.schema, to.stage); !noted) {
        return noted.error();
    }
    if (const auto created = edge.execute(create); !created) {
        return cannot(created.error(), "creating " + name + " as the source defines it");
    }
    const std::string reduce = reduce_table_sql(stage, rule, layout);
    if (reduce.empty()) return {};
    if (const auto reduced = edge.execute(reduce); !reduced) {
        return cannot(reduced.error(),
                      "removing the excluded columns of " + name +
                          " (if a generated column or a partition needs one of them, keep that "
                          "one or exclude both)");
    }
    return {};
}

result<void> swap_in(sql_connection& edge, checkpoint& point,
                     const std::vector<staged_table>& tables) {
    std::vector<std::string> renames;
    for (const auto& table : tables) {
        const std::string place = quoted(table.schema, table.table);
        const auto there = load_table_layout(edge, table.schema, table.table);
        if (!there) return edge_failure(there.error(), "looking for " + place);
        for (const auto& name : {table.table, old_name(table)}) {
            if (const auto noted = point.add_table(edge, table.schema, name); !noted) {
                return noted.error();
            }
        }
        if (*there) renames.push_back(place + " TO " + quoted(table.schema, old_name(table)));
        renames.push_back(quoted(table.schema, table.stage) + " TO " + place);
    }
    const std::string swap = "RENAME TABLE " + join(renames, ", ");
    for (int attempt = 1;; ++attempt) {
        const auto swapped = edge.execute(swap);
        if (swapped) return {};
        if (!swapped.error().lock_conflict() || attempt == swap_attempts_max) {
            return edge_failure(swapped.error(), "putting the copied tables into their places");
        }
    }
}

result<void> drop_others(sql_connection& edge, checkpoint& point,
                         const std::vector<staged_table>& places) {
    const auto ours = point.tables(edge);
    if (!ours) return ours.error();
    for (const auto& [schema, table] : *ours) {
        const bool is_place =
            std::any_of(places.begin(), places.end(), [&](const staged_table& place) {
                return place.schema == schema && place.table == table;
            });
        if (is_place) continue;
        const std::string name = quoted(schema, table);
        const auto dropped = edge.execute("DROP TABLE IF EXISTS " + name);
        if (!dropped) return edge_failure(dropped.error(), "DROP TABLE " + name);
        if (const auto forgotten = point.forget_table(edge, schema, table); !forgotten) {
            return forgotten.error();
        }
    }
    return {};
}

}  // namespace replicator
