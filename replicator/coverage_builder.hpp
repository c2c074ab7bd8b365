#pragma once

#include <set>
#include <string>
#include <utility>

#include "replicator/edge_spec.hpp"
#include "replicator/edge_table.hpp"
#include "replicator/error.hpp"
#include "replicator/sql_connection.hpp"
#include "router/coverage.hpp"

namespace replicator {

/// The names that a statement may use on the source, outside the system's own schemas.
struct source_names {
    std::set<std::string> schemas{};
    std::set<std::pair<std::string, std::string>> tables{};  // and views, with their schema
    std::set<std::string> routines{};
};

result<source_names> load_names(sql_connection& source);

/// What to publish of an edge: each table with the columns it lacks, and the names that exist on
/// the source and not on the edge.
///
/// @param edge     the tables as they are on the edge.
/// @param sources  the same tables, in the same order, as they are on the source now.
router::coverage build_coverage(const edge_spec& spec, const edge_tables& edge,
                                const std::vector<table_layout>& sources,
                                const source_names& names);

}  // namespace replicator
