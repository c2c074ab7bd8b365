#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "replicator/edge_spec.hpp"
#include "replicator/error.hpp"
#include "replicator/sql_connection.hpp"

namespace replicator {

/// Who a server is.
struct server_identity {
    std::string uuid;
    std::uint32_t version = 0;  // 90704 is 9.7.4
};

/// Asks a server who it is.  `lost` is the error if it does not answer.
result<server_identity> identify(sql_connection& server, errc lost);

/// What a person has to change at the source before `spec` can work: one sentence each.
///
/// Looks at settings (GTIDs, row format, full row metadata), privileges, and every table: it
/// exists, is InnoDB, has a primary key that the column filter keeps, a row filter that the stream
/// can decide, and no foreign key that changes it invisibly.
/// @return errc::source_lost if the source does not answer.
result<std::vector<std::string>> check_source(sql_connection& source, const edge_spec& spec);

/// What a person has to change at the edge.
/// @return errc::edge_lost if the edge does not answer.
result<std::vector<std::string>> check_edge(sql_connection& edge, const edge_spec& spec,
                                            const server_identity& source);

}  // namespace replicator
