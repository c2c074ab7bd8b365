#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "replicator/error.hpp"
#include "replicator/transaction_queue.hpp"

namespace replicator {

/// Makes chunks of source transactions one transaction of the edge each.
///
/// An interface, because there is more than one way to write rows to a server: SQL works
/// everywhere; `BINLOG '…'` is faster and even more exact, and needs a privilege.
class applier {
public:
    virtual ~applier() = default;

    /// Applies the rows of `next` and runs the checkpoint's statements, each of which must match
    /// one row, in one transaction of the edge; after an error, none of it.
    ///
    /// Except one: when the connection is lost during the commit nobody knows.  The checkpoint
    /// does; read it before going on.
    /// @return the number of rows changed on the edge, or
    ///         errc::edge_differs if a row was not there, or was already;
    ///         errc::superseded if the checkpoint did not match;
    ///         errc::edge_lost, errc::edge_refused, and the errors of decoding.
    virtual result<std::uint64_t> apply(const chunk& next,
                                        const std::vector<std::string>& checkpoint) = 0;
};

}  // namespace replicator
