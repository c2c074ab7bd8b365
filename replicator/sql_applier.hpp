#pragma once

#include <memory>
#include <string>
#include <vector>

#include "replicator/applier.hpp"
#include "replicator/change_writer.hpp"
#include "replicator/sql_connection.hpp"
#include "replicator/stop_signal.hpp"

namespace replicator {

/// What an edge connection must be told before rows are written over it.
///
/// Foreign keys are not checked: the source has, and their parents may be filtered out.  Unique
/// keys are: a duplicate means that the edge differs.
result<void> prepare_for_writing(sql_connection& edge);

/// Applies by multi-row SQL, many statements to a round trip, then COMMIT on its own, once every
/// statement has found exactly the rows it should.
///
/// A caught-up edge takes two round trips for a transaction.  The SQL of a large one is made and
/// sent piece by piece, so that memory holds its events once and a few megabytes more.
class sql_applier final : public applier {
public:
    /// `edge` was prepared for writing, and outlives this object, as `stop` does.
    sql_applier(sql_connection& edge, std::shared_ptr<const edge_tables> tables,
                const stop_signal& stop);

    result<std::uint64_t> apply(const chunk& next,
                                const std::vector<std::string>& checkpoint) override;

private:
    result<std::uint64_t> attempt(const chunk& next, const std::vector<std::string>& checkpoint);
    result<std::uint64_t> send(const std::vector<std::string>& last, const chunk& next);
    failure explain(const sql_error& why, const edge_statement* statement, const chunk& next) const;
    failure differs(const edge_statement& statement, const chunk& next) const;

    sql_connection& edge_;
    std::shared_ptr<const edge_tables> tables_;
    change_writer writer_;
    std::size_t script_bytes_;
    bool begun_ = false;  // the script that opens the transaction has been sent
    const stop_signal& stop_;
};

}  // namespace replicator
