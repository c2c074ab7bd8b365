#pragma once

#include <string>

#include "replicator/edge_spec.hpp"
#include "tests/support/mysql_connection.hpp"

namespace edges {

/// Compares one table of an edge with what its rule keeps of the source's, row by row, bit by bit.
/// Returns what differs first, or nothing if they are equal.
///
/// Neither side may change meanwhile.  All columns that the edge's table has are compared.
std::string difference(support::mysql_connection& source, support::mysql_connection& edge,
                       const replicator::table_rule& rule);

/// As above, for every table of an edge.
std::string difference(const replicator::edge_spec& spec);

}  // namespace edges
