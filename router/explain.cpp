#include "router/decide.hpp"
#include "router/edge_report.hpp"

namespace router {
namespace {

std::string explain(const coverage_verdict& verdict) {
    switch (verdict.why) {
        case coverage_reason::covered:
            return "the edge holds all it names";
        case coverage_reason::no_table:
            return "it names no table";
        case coverage_reason::schema_missing:
            return "no table of the session's schema '" + verdict.name + "' is on the edge";
        case coverage_reason::table_missing:
            return "table " + verdict.name + " is not on the edge";
        case coverage_reason::name_missing:
            return "'" + verdict.name + "' may name something that is not on the edge";
        case coverage_reason::column_missing:
            return "column " + verdict.name + " is not on the edge";
        case coverage_reason::star:
            return "'*' asks for every column of " + verdict.name + ", and the edge has only some";
        case coverage_reason::natural_join:
            return "NATURAL JOIN depends on every column of " + verdict.name +
                   ", and the edge has only some";
        case coverage_reason::row_filter:
            return "the edge has only some rows of " + verdict.name +
                   ", and the statement may ask for others";
        case coverage_reason::unknown_function:
            return "function " + verdict.name + " may be a stored one, which is not on the edge";
    }
    return "invalid";
}

std::string because(const decision& d) {
    switch (d.why) {
        case reason::in_transaction:
            return "a transaction is open";
        case reason::pinned:
            return "the session keeps its connection";
        case reason::not_a_read:
            return "it is not a plain read";
        case reason::locks_rows:
            return "it locks the rows it reads";
        case reason::several_statements:
            return "the text has several statements";
        case reason::session_state:
            return "it uses state of the session's connection";
        case reason::server_specific:
            return "its result depends on the server";
        case reason::strong_consistency:
            return "consistency is strong";
        case reason::no_edge:
            return "no edge can be read";
        case reason::not_covered:
            return explain(d.coverage);
        case reason::edge_time_zone:
            return "time_zone is SYSTEM, and the edge's system has another time zone";
        case reason::edge_behind:
            return "the edge does not yet hold what the session has seen";
        case reason::edge_fresh:
            return "it holds all the statement names and all the session has seen";
        case reason::edge_may_catch_up:
            return "it does not yet hold what the session has seen; wait for it";
    }
    return "invalid";
}

}  // namespace

std::string explain(const decision& d, const topology& cluster) {
    if (d.to == target::primary) return "primary: " + because(d);
    const bool known = d.edge < cluster.edges.size();
    return "edge " + (known ? cluster.edges[d.edge].name : std::string("?")) + ": " + because(d);
}

std::string_view to_string(edge_state state) noexcept {
    switch (state) {
        case edge_state::connecting:
            return "connecting";
        case edge_state::copying:
            return "copying";
        case edge_state::streaming:
            return "streaming";
        case edge_state::stopped:
            return "stopped";
    }
    return "invalid";
}

}  // namespace router
