#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "replicator/edge_spec.hpp"
#include "replicator/sql_connection.hpp"

namespace replicator {

struct column_layout {
    std::string name;
    std::string data_type;    // as information_schema has it: "int", "varchar", "geometry" …
    std::string charset{};    // empty for columns without one
    std::string collation{};  // likewise
    std::uint16_t collation_id = 0;
    bool generated = false;  // virtual or stored: computed, never written
    bool on_update = false;  // ON UPDATE CURRENT_TIMESTAMP: changes unless it is assigned
};

struct index_layout {
    std::string name;
    std::vector<std::string> columns{};  // a functional part has no name and is left out
    bool functional = false;             // has such a part: depends on columns that are not listed
};

/// A base table as a server's information_schema describes it.
struct table_layout {
    std::string schema;  // exactly as the server spells it, and so as its binlog does
    std::string table;
    std::string engine{};
    std::vector<column_layout> columns{};
    std::vector<std::string> primary_key{};   // in key order
    std::vector<index_layout> indexes{};      // without the primary key
    std::vector<std::string> foreign_keys{};  // names of its own, as a child
    std::vector<std::string> checks{};        // names of CHECK constraints
    bool cascaded_into = false;  // a foreign key of its changes it when its parent changes

    const column_layout* find(std::string_view column) const noexcept;  // names compare as MySQL's
};

/// Nothing if there is no such base table.
sql_result<std::optional<table_layout>> load_table_layout(sql_connection& server,
                                                          const std::string& schema,
                                                          const std::string& table);

/// The columns of `source` that a rule keeps, in the table's order.
std::vector<std::string> kept_columns(const table_rule& rule, const table_layout& source);

bool same_name(std::string_view a, std::string_view b) noexcept;
bool contains_name(const std::vector<std::string>& names, std::string_view name) noexcept;

}  // namespace replicator
