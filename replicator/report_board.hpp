#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "protocol/gtid_set.hpp"
#include "replicator/edge_replicator.hpp"
#include "router/edge_report.hpp"

namespace spdlog {
class logger;
}

namespace replicator {

/// What is known of one edge: kept for people, and told to the observer with every change.
///
/// Only the replicator's driving thread changes it, so reports leave in order; anyone may ask for
/// the status.
class report_board {
public:
    report_board(std::string edge, router::edge_observer& observer, spdlog::logger& log);

    /// Changes the state and logs it.  `message` is for a person, empty if all is well.
    void enter(router::edge_state state, std::string message = {});

    /// What the edge holds and which transactions it has, in one report: a name that a transaction
    /// brought is published as missing no later than the transaction as applied.
    void publish(std::shared_ptr<const router::coverage> holds, const protocol::gtid_set& applied);
    /// As publish(), the coverage unchanged.
    void publish(const protocol::gtid_set& applied);
    /// Nothing may be read there, and nothing is known.
    void withdraw();

    void set_lag(std::chrono::microseconds lag);
    /// Changes counters: `change` runs under the lock.
    void count(const std::function<void(replicator_status&)>& change);
    replicator_status status() const;

private:
    void tell();

    router::edge_observer& observer_;
    spdlog::logger& log_;
    router::edge_report report_;  // the driving thread's
    mutable std::mutex mutex_;
    replicator_status status_;
};

}  // namespace replicator
