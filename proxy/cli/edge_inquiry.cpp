#include "proxy/cli/edge_inquiry.hpp"

#include "proxy/session_state.hpp"
#include "proxy/time_zone.hpp"
#include "replicator/coverage_builder.hpp"
#include "replicator/predicate.hpp"
#include "replicator/source_check.hpp"

namespace proxy::cli {
namespace {

using replicator::sql_connection;

std::string at(const replicator::server_address& server) {
    return server.host + ":" + std::to_string(server.port);
}

// The kept tables as they are on the edge, and the same tables as they are at the source.
struct tables {
    replicator::edge_tables edge{};
    std::vector<replicator::table_layout> sources{};
};

/// Fills `out`; returns a problem, or nothing.
std::string load_tables(const replicator::edge_spec& spec, sql_connection& source,
                        sql_connection& edge, tables& out) {
    for (const replicator::table_rule& rule : spec.tables) {
        const std::string name = rule.schema + "." + rule.table;
        auto at_source = replicator::load_table_layout(source, rule.schema, rule.table);
        if (!at_source) return at(spec.source) + ": " + at_source.error().message;
        if (!*at_source) return "table " + name + " is not at the source";
        auto at_edge = replicator::load_table_layout(edge, rule.schema, rule.table);
        if (!at_edge) return at(spec.edge) + ": " + at_edge.error().message;
        if (!*at_edge) return "table " + name + " is not on the edge yet";

        replicator::edge_table table{
            .schema = rule.schema, .table = rule.table, .layout = std::move(**at_edge)};
        if (rule.where) {
            auto rows = replicator::predicate::bind(*rule.where, **at_source);
            if (!rows) return rows.error().message;
            table.rows = std::move(*rows);
        }
        out.edge.push_back(std::move(table));
        out.sources.push_back(std::move(**at_source));
    }
    return {};
}

}  // namespace

edge_answer ask_edge(const edge_config& edge) {
    edge_answer out;
    out.view.name = edge.server.name;
    const replicator::edge_spec& spec = edge.replication;
    auto source = sql_connection::connect(spec.source, {}, nullptr);
    if (!source) {
        out.problem = "source " + at(spec.source) + ": " + source.error().message;
        return out;
    }
    auto copy = sql_connection::connect(spec.edge, {}, nullptr);
    if (!copy) {
        out.problem = "edge " + at(spec.edge) + ": " + copy.error().message;
        return out;
    }
    tables kept;
    out.problem = load_tables(spec, *source, *copy, kept);
    if (!out.problem.empty()) return out;
    const auto names = replicator::load_names(*source);
    if (!names) {
        out.problem = names.error().message;
        return out;
    }
    out.view.holds = std::make_shared<const router::coverage>(
        replicator::build_coverage(spec, kept.edge, kept.sources, *names));
    out.view.other_time_zone = differs_in_time_zone(*source, *copy);
    out.view.watermark = std::make_shared<const protocol::gtid_set>();
    out.view.up = true;
    return out;
}

bool differs_in_time_zone(sql_connection& source, sql_connection& edge) {
    const auto usual = source.value("SELECT @@GLOBAL.time_zone");
    const auto here = source.value(system_time_zone_query());
    const auto there = edge.value(system_time_zone_query());
    return usual && *usual == "SYSTEM" && here && there && *here != *there;
}

rules::lex_options ask_lexing(const config& settings) {
    rules::lex_options out;
    if (settings.edges.empty()) return out;
    auto source = sql_connection::connect(settings.edges.front().replication.source, {}, nullptr);
    if (!source) return out;
    if (const auto who = replicator::identify(*source, replicator::errc::source_lost))
        out.server_version = who->version;
    if (const auto mode = source->value("SELECT @@GLOBAL.sql_mode"); mode && *mode)
        apply_sql_mode(out, **mode);
    return out;
}

}  // namespace proxy::cli
