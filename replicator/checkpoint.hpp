#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "protocol/gtid_set.hpp"
#include "replicator/edge_spec.hpp"
#include "replicator/error.hpp"
#include "replicator/sql_connection.hpp"

namespace replicator {

/// How far an edge is, and the SQL that says so there.
///
/// The edge's bookkeeping schema has three tables:
///
///     stream      one row per edge name: epoch, whether its copy is whole, by which rules it was
///                 made, and the low-water set: the GTIDs applied when it was last written.
///     slot        one row per edge name and worker: its epoch and the GTIDs applied since.
///     edge_table  the tables made for an edge name, which may be dropped with it.
///
/// Each chunk of transactions updates its worker's slot as its last statement, in the same
/// transaction: rows and position cannot part, whenever a process is killed.  A slot stays small,
/// since what it has gathered is folded into the low-water set now and then; so a chunk's cost does
/// not grow with the source's history.  A slot per worker keeps chunks of different workers from
/// conflicting, on the edge and on the edge's own replicas.
///
/// Who takes an edge over raises the epoch, and every update names the epoch it expects: a process
/// that was thought dead finds no row to update, and rolls back.
class checkpoint {
public:
    enum class copy_state { copying, following };

    /// Takes the edge over: makes the tables if need be, raises the epoch, reads the position.
    /// The caller holds the edge's GET_LOCK.
    static result<checkpoint> take_over(sql_connection& edge, const edge_spec& spec);

    copy_state state() const noexcept { return state_; }
    std::uint64_t epoch() const noexcept { return epoch_; }
    const std::string& rules() const noexcept { return rules_; }  // those of the copy
    const protocol::gtid_set& applied() const noexcept { return applied_; }

    /// The statements that add `more` to the position.  Each must match exactly one row, or the
    /// edge was taken over.  Call advanced() once they have committed.
    std::vector<std::string> advance_sql(const protocol::gtid_set& more) const;
    void advanced(const protocol::gtid_set& more);

    /// Marks the copy as unusable: from here on nothing of it counts until finish_copy() commits.
    result<void> begin_copy(sql_connection& edge, const std::string& rules);
    /// Marks the copy as whole at `position`.
    result<void> finish_copy(sql_connection& edge, const protocol::gtid_set& position);

    /// The tables made for this edge name: schema and name.
    result<std::vector<std::pair<std::string, std::string>>> tables(sql_connection& edge) const;
    result<void> add_table(sql_connection& edge, const std::string& schema,
                           const std::string& table);
    result<void> forget_table(sql_connection& edge, const std::string& schema,
                              const std::string& table);

private:
    checkpoint(const edge_spec& spec);

    bool must_fold(const protocol::gtid_set& done) const;
    std::string matches_epoch() const;  // the WHERE clause that both tables understand
    result<void> run(sql_connection& edge, const std::string& statement, bool one_row) const;

    std::string stream_table_;
    std::string slot_table_;
    std::string tables_table_;
    std::string stream_;  // as a literal
    std::uint64_t epoch_ = 0;
    copy_state state_ = copy_state::copying;
    std::string rules_;
    protocol::gtid_set applied_;  // low water and slot
    protocol::gtid_set done_;     // the slot
};

/// Describes the rules by which a copy is made, to notice when they change.
std::string describe_rules(const edge_spec& spec);

}  // namespace replicator
