#pragma once

#include <map>
#include <string>
#include <vector>

#include "protocol/binlog_event.hpp"
#include "protocol/binlog_table_map.hpp"
#include "protocol/gtid_set.hpp"
#include "protocol/row_image.hpp"

namespace binlog_test {

/// The smallest replica: applies the rows events of a binlog to tables in memory.
class replayed_tables {
public:
    /// Values by column; the key is the primary key's values, printed.
    using rows = std::map<std::string, std::vector<protocol::column_value>>;

    struct table {
        protocol::table_map definition{};
        rows contents{};
    };

    /// Throws for an event that does not decode, or does not fit what was applied before.
    void apply(const protocol::binlog_event_view& event);

    /// By "schema.table".
    const std::map<std::string, table>& tables() const { return tables_; }
    const protocol::gtid_set& executed() const { return executed_; }

private:
    void apply_rows(const protocol::binlog_event_view& event);

    std::map<std::uint64_t, protocol::table_map> maps_{};  // by table id
    std::map<std::string, table> tables_{};
    protocol::gtid_set executed_{};
};

/// The value as the test's queries print it (see data/README.md).
std::string printed(const protocol::column_value& value);

/// The SQL expression that prints a column of a type of information_schema like that.
std::string printing_expression(const std::string& column, const std::string& data_type);

}  // namespace binlog_test
