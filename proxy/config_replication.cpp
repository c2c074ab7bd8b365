// How an edge is kept: source and edge accounts, tables, and the bounds of the stream.

#include <algorithm>
#include <array>

#include "proxy/config_loaders.hpp"

namespace proxy {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t tables_max = 10'000;
constexpr std::size_t columns_max = 4'096;  // MySQL's own limit
constexpr std::size_t values_max = 10'000;
constexpr std::size_t identifier_bytes_max = 64;

void load_account(section in, replicator::server_address& out) {
    in.text("host", out.host);
    in.number("port", out.port, 1, 65'535);
    in.require("user");
    in.text("user", out.user);
    load_password(in, out.password);
    in.finish();
}

bool is_system_schema(std::string_view schema) {
    static constexpr std::array<std::string_view, 4> names{"mysql", "information_schema",
                                                           "performance_schema", "sys"};
    return std::find(names.begin(), names.end(), schema) != names.end();
}

void load_table_name(section& in, replicator::table_rule& out) {
    in.require("table");
    std::string name;
    in.text("table", name);
    if (name.empty()) return;
    const auto dot = name.find('.');
    if (dot == std::string::npos || dot == 0 || dot + 1 == name.size() ||
        name.find('.', dot + 1) != std::string::npos || name.find('`') != std::string::npos) {
        return in.complain("table", "must be schema.table, without quotes");
    }
    out.schema = name.substr(0, dot);
    out.table = name.substr(dot + 1);
    if (out.schema.size() > identifier_bytes_max || out.table.size() > identifier_bytes_max)
        in.complain("table", "has a name longer than 64 bytes");
    if (is_system_schema(out.schema)) in.complain("table", "is in a schema of the server itself");
}

void load_where(section in, replicator::row_predicate& out) {
    in.require("column");
    in.text("column", out.column);
    in.require("in");
    in.texts("in", out.values, values_max);
    if (in.has("in") && out.values.empty()) in.complain("in", "is empty: no row would be kept");
    in.finish();
}

// Lists of tables are compared with each other once, here; the source decides what exists.
void check_tables(section& in, const replicator::edge_spec& spec) {
    std::set<std::pair<std::string, std::string>> seen;
    for (const auto& rule : spec.tables) {
        if (rule.table.empty()) continue;
        if (!seen.emplace(rule.schema, rule.table).second)
            in.complain("tables", "names " + rule.schema + "." + rule.table + " twice");
        if (rule.schema == spec.bookkeeping_schema)
            in.complain("bookkeeping_schema", "is also a schema that is kept");
    }
}

}  // namespace

void load_table_rule(section& in, replicator::table_rule& out) {
    load_table_name(in, out);
    in.texts("include", out.include_columns, columns_max);
    in.texts("exclude", out.exclude_columns, columns_max);
    if (in.has("include") && in.has("exclude"))
        in.complain("exclude", "cannot be given together with 'include': one list decides");
    if (in.has("include") && out.include_columns.empty())
        in.complain("include", "is empty: no column would be kept");
    section where = in.child("where");
    if (where.present() || where.context().listing) load_where(where, out.where.emplace());
    in.finish();
}

void load_replication(section in, const server_config& primary, edge_config& out) {
    replicator::edge_spec& spec = out.replication;
    spec.name = out.server.name;
    spec.source.host = primary.host;
    spec.source.port = primary.port;
    spec.edge.host = out.server.host;
    spec.edge.port = out.server.port;

    in.require("source", "an account with REPLICATION SLAVE, REPLICATION CLIENT, SELECT, RELOAD");
    section source = in.child("source");
    if (source.present() || source.context().listing) load_account(source, spec.source);
    in.require("edge", "an account that may create and write the tables kept");
    section edge = in.child("edge");
    if (edge.present() || edge.context().listing) load_account(edge, spec.edge);
    if (spec.source.host == spec.edge.host && spec.source.port == spec.edge.port)
        in.complain("edge", "is the same server as the source");

    in.text("bookkeeping_schema", spec.bookkeeping_schema);
    if (spec.bookkeeping_schema.size() > identifier_bytes_max ||
        is_system_schema(spec.bookkeeping_schema)) {
        in.complain("bookkeeping_schema", "must be a schema name of Tidegate's own");
    }
    in.require("tables", "what the edge holds");
    in.each("tables", tables_max,
            [&](section& item) { load_table_rule(item, spec.tables.emplace_back()); });
    if (in.has("tables") && spec.tables.empty()) in.complain("tables", "is empty");
    check_tables(in, spec);

    in.number("server_id", spec.server_id, 0, 4'294'967'295);
    in.number("chunk_transactions_max", spec.chunk_transactions_max, 1, 100'000);
    in.size("chunk_bytes_max", spec.chunk_bytes_max, 1024, std::uint64_t{1} << 30);
    in.size("queue_bytes_max", spec.queue_bytes_max, 64 * 1024, std::uint64_t{16} << 30);
    in.duration("heartbeat", spec.heartbeat, 100ms, 1h);
    in.duration("reconnect_delay_min", spec.reconnect_delay_min, 1ms, 1h);
    in.duration("reconnect_delay_max", spec.reconnect_delay_max, 1ms, 1h);
    if (spec.reconnect_delay_min > spec.reconnect_delay_max)
        in.complain("reconnect_delay_min", "is longer than 'reconnect_delay_max'");
    in.finish();
}

}  // namespace proxy
