#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "protocol/gtid_set.hpp"
#include "replicator/edge_spec.hpp"
#include "replicator/error.hpp"
#include "router/edge_report.hpp"

namespace spdlog {
class logger;
}

namespace replicator {

/// Counters and positions of one edge, for metrics and people.  A copy, taken under a lock.
struct replicator_status {
    router::edge_state state = router::edge_state::connecting;
    std::string message{};
    protocol::gtid_set received{};  // whole transactions read from the stream
    protocol::gtid_set applied{};
    std::uint64_t transactions_applied = 0;  // that had rows for this edge
    std::uint64_t transactions_empty = 0;    // of which the filter left nothing
    std::uint64_t rows_applied = 0;
    std::uint64_t chunks = 0;
    std::uint64_t reconnects = 0;
    std::uint64_t lag_microseconds = 0;  // source commit to edge commit, newest transaction
    std::uint64_t rows_copied = 0;       // initial copy
    std::uint64_t queue_bytes = 0;
};

/// Keeps one edge a filtered copy of its source, on threads of its own.
///
/// The edge is always at a prefix of the source's history: whole source transactions, in order,
/// each with its checkpoint in the same edge transaction.  A process killed at any instant resumes
/// where the edge's checkpoint says, without losing or repeating anything.
///
/// What a source, an edge or a network can cause never ends the process: it is retried with a delay
/// that doubles, or, where only a person can help, becomes edge_state::stopped with a message.
class edge_replicator {
public:
    /// `observer` and `log` must outlive this object.
    edge_replicator(edge_spec spec, router::edge_observer& observer, spdlog::logger& log);
    ~edge_replicator();  // stop()s
    edge_replicator(const edge_replicator&) = delete;
    edge_replicator& operator=(const edge_replicator&) = delete;

    /// Starts the threads.  Progress is told to the observer.
    void start();
    /// Ends the stream, lets the chunk in hand finish or roll back, joins the threads.  Idempotent.
    void stop();

    replicator_status status() const;  // any thread

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

/// Asks source and edge whether `spec` can work: GTIDs on, row format, FULL row metadata, tables
/// exist, have a primary key that the column filter keeps, engine InnoDB, privileges.
/// Returns one sentence per problem: what, where and what to do.  Empty: all is well.
std::vector<std::string> check(const edge_spec& spec);

}  // namespace replicator
