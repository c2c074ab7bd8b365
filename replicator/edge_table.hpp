#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "replicator/predicate.hpp"
#include "replicator/table_layout.hpp"

namespace replicator {

/// A table that an edge holds, in the shape in which its rows are applied and compared.
struct edge_table {
    std::string schema;  // as the source spells them
    std::string table;
    table_layout layout{};            // the edge's table
    std::optional<predicate> rows{};  // all rows if absent
};

/// All tables of an edge; shared by the threads of its replicator, and never changed.
using edge_tables = std::vector<edge_table>;

}  // namespace replicator
