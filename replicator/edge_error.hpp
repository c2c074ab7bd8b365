#pragma once

#include <string_view>

#include "replicator/error.hpp"
#include "replicator/sql_connection.hpp"

namespace replicator {

/// What an error of the edge means for the replicator.  `what` says in a few words what was being
/// done there.
///
/// Lost connections and a server that is read-only or full for now are edge_lost, lock conflicts
/// edge_busy, both to be tried again; anything else is edge_refused.  The server's text is kept
/// only where it cannot quote row contents.
failure edge_failure(const sql_error& why, std::string_view what);

}  // namespace replicator
