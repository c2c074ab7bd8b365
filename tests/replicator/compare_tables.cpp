#include "tests/replicator/compare_tables.hpp"

#include <vector>

namespace edges {
namespace {

struct column {
    std::string name;
    std::string type;
};

std::string in_quotes(const std::string& name) {
    return "`" + name + "`";
}

std::vector<column> columns_of(support::mysql_connection& server, const std::string& schema,
                               const std::string& table, bool key_only) {
    std::vector<column> columns;
    for (const auto& row :
         server.query("SELECT column_name, data_type FROM information_schema.columns WHERE "
                      "table_schema = '" +
                      schema + "' AND table_name = '" + table + "'" +
                      (key_only ? " AND column_key = 'PRI'" : "") + " ORDER BY column_name")) {
        columns.push_back({row[0].value(), row[1].value()});
    }
    return columns;
}

// An expression whose text tells two different values apart.
std::string exact(const column& column) {
    const std::string name = in_quotes(column.name);
    if (column.type == "float") return name + " * 1e0";
    if (column.type == "bit" || column.type == "enum" || column.type == "set") return name + " + 0";
    if (column.type == "json" || column.type.ends_with("int") || column.type == "decimal" ||
        column.type == "double" || column.type.starts_with("date") ||
        column.type.starts_with("time") || column.type == "year") {
        return name;
    }
    return "HEX(" + name + ")";
}

std::string condition(const replicator::table_rule& rule) {
    if (!rule.where) return {};
    std::string list;
    for (const auto& value : rule.where->values) {
        list += (list.empty() ? "'" : ", '") + value + "'";
    }
    return " WHERE " + in_quotes(rule.where->column) + " IN (" + list + ")";
}

std::string text(const support::row& row) {
    std::string all;
    for (const auto& value : row) all += (all.empty() ? "" : " | ") + value.value_or("NULL");
    return all;
}

}  // namespace

std::string difference(support::mysql_connection& source, support::mysql_connection& edge,
                       const replicator::table_rule& rule) {
    const auto columns = columns_of(edge, rule.schema, rule.table, false);
    if (columns.empty()) return "the edge has no table " + rule.schema + "." + rule.table;
    std::string list;
    for (const auto& column : columns) list += (list.empty() ? "" : ", ") + exact(column);
    std::string order;
    for (const auto& column : columns_of(edge, rule.schema, rule.table, true)) {
        order += (order.empty() ? " ORDER BY " : ", ") + in_quotes(column.name);
    }
    const std::string select =
        "SELECT " + list + " FROM " + in_quotes(rule.schema) + "." + in_quotes(rule.table);
    for (auto* const server : {&source, &edge}) server->query("SET time_zone = '+00:00'");
    const auto wanted = source.query(select + condition(rule) + order);
    const auto found = edge.query(select + order);
    const std::string where = rule.schema + "." + rule.table + ": ";
    for (std::size_t i = 0; i < wanted.size() && i < found.size(); ++i) {
        if (wanted[i] != found[i]) {
            return where + "source has " + text(wanted[i]) + ", edge has " + text(found[i]);
        }
    }
    if (wanted.size() != found.size()) {
        return where + "source has " + std::to_string(wanted.size()) + " rows, edge has " +
               std::to_string(found.size());
    }
    return {};
}

std::string difference(const replicator::edge_spec& spec) {
    support::mysql_connection source(spec.source.host, spec.source.port,
                                     {spec.source.user, spec.source.password, ""});
    support::mysql_connection edge(spec.edge.host, spec.edge.port,
                                   {spec.edge.user, spec.edge.password, ""});
    for (const auto& rule : spec.tables) {
        if (auto text = difference(source, edge, rule); !text.empty()) return text;
    }
    return {};
}

}  // namespace edges
