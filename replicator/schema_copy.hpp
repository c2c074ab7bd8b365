#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "replicator/checkpoint.hpp"
#include "replicator/edge_spec.hpp"
#include "replicator/error.hpp"
#include "replicator/identity.hpp"
#include "replicator/sql_connection.hpp"
#include "replicator/table_layout.hpp"

namespace replicator {

/// A table while it is copied: beside its place, so that nobody reads a half of it.
struct staged_table {
    std::string schema;
    std::string table;  // its place
    std::string stage;  // its name until it gets there
};

/// Under which name the `number`th table of an edge is copied.
staged_table stage_of(const replica_identity& edge, std::size_t number, const table_layout& table);

/// Whether the place of a table may be used: errc::edge_unfit if somebody else's table is there.
result<void> check_place(sql_connection& edge, const checkpoint& point, const table_layout& table);

/// Makes an empty table on the edge for one rule, as the source defines it, less what the rule
/// drops.
///
/// The source's own CREATE TABLE, without its foreign keys, is run on the edge, and then one ALTER
/// TABLE takes away: excluded columns; indexes that touch one, as a whole; CHECK constraints, which
/// the source has already enforced, as it has the foreign keys.  Generated columns stay generated.
/// Triggers are not copied: what they do on the source comes with the stream.
///
/// @param edge  was prepared for writing (sql_applier.hpp).
/// @return errc::edge_unfit if the edge does not take the definition; errc::source_lost,
///         errc::edge_lost.
result<void> copy_schema(sql_connection& source, sql_connection& edge, checkpoint& point,
                         const staged_table& to, const table_rule& rule,
                         const table_layout& layout);

/// Puts all tables into their places at once; those that were there go.
result<void> swap_in(sql_connection& edge, checkpoint& point,
                     const std::vector<staged_table>& tables);

/// Drops the tables that were made for this edge, but those in `places`.  Tables of others stay.
result<void> drop_others(sql_connection& edge, checkpoint& point,
                         const std::vector<staged_table>& places);

/// A CREATE TABLE statement as SHOW CREATE TABLE prints it, under another name, less its foreign
/// keys.  Empty if the text is not such a statement.
std::string create_table_sql(std::string_view definition, const table_layout& layout,
                             const std::string& new_name);

/// The ALTER TABLE of copy_schema(); empty if nothing has to go.
std::string reduce_table_sql(const std::string& name, const table_rule& rule,
                             const table_layout& layout);

}  // namespace replicator
