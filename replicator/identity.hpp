#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace replicator {

/// By what names one edge is known to the servers.  Depends on nothing but the edge's own name and
/// the server that holds it, so that a successor of a killed process is known by the same.
struct replica_identity {
    std::string uuid;             // as @replica_uuid: a new dump ends the old one of the same uuid
    std::uint32_t server_id = 0;  // in the upper half of the range, away from what people choose
    std::string lock_name;        // for GET_LOCK on the edge, at most 64 characters
};

replica_identity derive_identity(std::string_view edge_name, std::string_view edge_server_uuid);

}  // namespace replicator
