#pragma once

#include <string>

#include "proxy/config.hpp"
#include "replicator/sql_connection.hpp"
#include "router/decide.hpp"

namespace proxy::cli {

/// What a source and an edge answer when they are asked what the edge holds.
struct edge_answer {
    router::edge_view view{};  // fresh: as if it had applied everything; not up if `problem` is set
    std::string problem{};     // why it could not be told
};

/// Asks both servers of `edge`, with the accounts of its replication.  Blocks.
edge_answer ask_edge(const edge_config& edge);

/// True if time_zone is SYSTEM at the source, and means something else on the edge.
bool differs_in_time_zone(replicator::sql_connection& source, replicator::sql_connection& edge);

/// What decides how the primary cuts a text into tokens: its version and its sql_mode.  The
/// defaults if there is no edge whose account could ask, or no answer.
rules::lex_options ask_lexing(const config& settings);

}  // namespace proxy::cli
