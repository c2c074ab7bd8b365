#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "replicator/applier.hpp"
#include "replicator/checkpoint.hpp"
#include "replicator/coverage_builder.hpp"
#include "replicator/edge_spec.hpp"
#include "replicator/edge_table.hpp"
#include "replicator/error.hpp"
#include "replicator/identity.hpp"
#include "replicator/report_board.hpp"
#include "replicator/schema_copy.hpp"
#include "replicator/snapshot_copy.hpp"
#include "replicator/source_check.hpp"
#include "replicator/sql_connection.hpp"
#include "replicator/stop_signal.hpp"
#include "replicator/transaction_queue.hpp"

namespace replicator {

/// One life of the connections to source and edge: from the lock on the edge to the first failure.
///
/// Holds nothing that must survive it; what must is in the edge's checkpoint.
class edge_session {
public:
    /// Connects, becomes the edge's only writer (waiting while another process is), checks both
    /// servers, and makes the copy if there is none, if it is not whole, if it was made by other
    /// rules, or if `copy_anew`.  Publishes what the edge holds.
    /// All references must outlive the session.
    static result<std::unique_ptr<edge_session>> open(const edge_spec& spec, bool copy_anew,
                                                      report_board& board, stop_signal& stop);

    /// Follows the source until that fails, and returns why.
    failure follow();

    /// Whether the source has sent anything: the connections are good.
    bool has_streamed() const noexcept { return has_streamed_; }

private:
    edge_session(const edge_spec& spec, report_board& board, stop_signal& stop, sql_connection edge)
        : spec_(spec), board_(board), stop_(stop), edge_(std::move(edge)) {}

    result<void> become_writer();
    result<void> check_servers();
    result<void> check_history();
    result<void> copy();
    result<void> copy_table(source_snapshot& snapshot, const table_rule& rule,
                            const table_layout& layout, const staged_table& to);
    result<void> load_tables();
    result<void> refresh_coverage();
    result<void> reconnect_source();

    result<void> take(chunk next);
    result<void> heed_statement(const source_transaction& transaction);
    result<void> write(const chunk& next);
    result<void> save_position();
    std::chrono::milliseconds time_to_save() const;
    void show(const chunk& next);

    const edge_spec& spec_;
    report_board& board_;
    stop_signal& stop_;
    sql_connection edge_;
    std::optional<sql_connection> source_;  // for questions, not for the stream
    server_identity source_identity_;
    replica_identity identity_;
    std::optional<checkpoint> checkpoint_;
    std::shared_ptr<const edge_tables> tables_;
    std::vector<table_layout> source_layouts_;  // of the same tables, as they are on the source
    std::shared_ptr<const router::coverage> holds_;
    std::unique_ptr<applier> applier_;

    protocol::gtid_set visible_;  // published as applied: the checkpoint's and unsaved_
    /// Transactions that left nothing for the edge; saved with the next chunk, or within a second.
    /// A crash before that reads them again, which is harmless.
    protocol::gtid_set unsaved_;
    std::chrono::steady_clock::time_point saved_at_{};
    bool has_streamed_ = false;
};

}  // namespace replicator
