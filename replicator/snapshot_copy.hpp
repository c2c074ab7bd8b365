#pragma once

#include <cstdint>
#include <functional>

#include "protocol/gtid_set.hpp"
#include "replicator/edge_spec.hpp"
#include "replicator/error.hpp"
#include "replicator/predicate.hpp"
#include "replicator/sql_connection.hpp"
#include "replicator/stop_signal.hpp"
#include "replicator/table_layout.hpp"

namespace replicator {

/// One instant of the source, to be read from for as long as it takes.
///
/// A global read lock is held only while the snapshot opens and its position is read; writes on
/// the source wait for these few milliseconds, and never for a table's copy.
class source_snapshot {
public:
    /// @return errc::source_lost also if the lock is not to be had soon: a long statement on the
    ///         source must not, through us, hold up everybody else; errc::source_unfit if the
    ///         account may not take it.
    static result<source_snapshot> open(const edge_spec& spec, stop_signal& stop);

    sql_connection& connection() noexcept { return connection_; }
    /// Exactly the transactions that are visible in it.
    const protocol::gtid_set& position() const noexcept { return position_; }

private:
    source_snapshot(sql_connection connection, protocol::gtid_set position)
        : connection_(std::move(connection)), position_(std::move(position)) {}

    sql_connection connection_;
    protocol::gtid_set position_;
};

/// Copies the kept rows and columns of one table from a snapshot into the edge's empty table.
///
/// Rows are streamed and written in batches, each bounded in rows and bytes and committed by
/// itself, with exactly the values that the source stores.
///
/// @param edge_table  the table to fill; its columns that are not generated are copied.
/// @param progress  is told the number of rows of each batch written.
result<void> copy_rows(source_snapshot& from, sql_connection& edge,
                       const table_layout& source_table, const table_layout& edge_table,
                       const predicate* rows, const stop_signal& stop,
                       const std::function<void(std::uint64_t)>& progress);

}  // namespace replicator
