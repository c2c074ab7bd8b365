#pragma once

#include "replicator/checkpoint.hpp"
#include "replicator/edge_spec.hpp"
#include "replicator/error.hpp"
#include "replicator/sql_connection.hpp"
#include "replicator/table_layout.hpp"

namespace replicator {

/// Drops the tables that an earlier copy of this edge made.  Tables of others stay.
result<void> drop_copied_tables(sql_connection& edge, checkpoint& point);

/// Makes an empty table on the edge for one rule, as the source defines it, less what the rule
/// drops.
///
/// The source's own CREATE TABLE is run on the edge, and then one ALTER TABLE takes away: excluded
/// columns; indexes that touch one, as a whole; foreign keys and CHECK constraints, which the
/// source has already enforced.  Generated columns stay generated.  Triggers are not copied: what
/// they do on the source comes with the stream.
///
/// @param edge  has foreign_key_checks=0 and an sql_mode that accepts what the source did.
/// @return errc::edge_unfit if a table of that name is there and is not ours, or if the edge does
///         not take the definition; errc::source_lost, errc::edge_lost.
result<void> copy_schema(sql_connection& source, sql_connection& edge, checkpoint& point,
                         const table_rule& rule, const table_layout& layout);

/// The ALTER TABLE of copy_schema(); empty if nothing has to go.
std::string reduce_table_sql(const table_rule& rule, const table_layout& layout);

}  // namespace replicator
