#pragma once

#include <string_view>

#include "replicator/edge_table.hpp"

namespace replicator {

/// What a statement in the binlog (DDL, account management, maintenance) may mean for an edge.
enum class statement_effect {
    none,   // rows only, or nothing at all
    names,  // schemas, tables, views or routines may have come or gone
    tables  // a table that the edge holds may have changed: copy anew
};

/// Decides by the words of the statement, and errs towards the stronger effect: a statement that
/// names a kept table where it could change it counts as one that does.
///
/// @param schema  the statement's default schema.
statement_effect effect_of(std::string_view statement, std::string_view schema,
                           const edge_tables& kept);

}  // namespace replicator
