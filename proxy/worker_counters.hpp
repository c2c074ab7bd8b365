#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "pool/memory_budget.hpp"
#include "proxy/disconnect_reason.hpp"
#include "proxy/pin_reason.hpp"
#include "router/decide.hpp"

namespace proxy {

/// A number that one thread writes and any thread may read.
///
/// A load and a store, not a read-modify-write: with one writer that loses nothing, and it costs
/// what a plain integer costs.  The writer is the worker that owns the counter.
class counter {
public:
    void add(std::uint64_t amount = 1) noexcept {
        value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
    }
    void subtract(std::uint64_t amount = 1) noexcept {
        value_.store(value_.load(std::memory_order_relaxed) - amount, std::memory_order_relaxed);
    }
    void set(std::uint64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
    std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

/// One counter for each value of an enum.
template <typename Enum, std::size_t Count>
class counters_by {
public:
    static constexpr std::size_t size = Count;
    counter& operator[](Enum which) noexcept { return values_[static_cast<std::size_t>(which)]; }
    const counter& operator[](Enum which) const noexcept {
        return values_[static_cast<std::size_t>(which)];
    }

private:
    std::array<counter, Count> values_{};
};

/// What one worker counts.  Owned and written by the worker; `metrics` adds them up at a scrape.
///
/// On cache lines of its own, so that no worker slows another down.  The fields without a comment
/// mean what their HELP text in metrics.cpp says.
struct alignas(64) worker_counters {
    counter clients_accepted;
    counter clients_current;  // a gauge
    counter clients_refused;
    counter logins_failed;

    counter queries;
    counter reads_primary;
    counter reads_edge;
    counter writes;
    counter read_retries;
    counter learned_answers;
    counter prepared_executes;
    counter bytes_from_clients;
    counter bytes_to_clients;

    counter edge_waits;
    counter edge_wait_microseconds;
    counter edge_wait_timeouts;
    counter coverage_bugs;

    counter backend_connects;
    counter backend_connect_errors;
    counter backend_connections;  // a gauge
    counter backend_in_use;       // a gauge
    counter borrow_waits;
    counter borrow_wait_microseconds;
    counter borrow_timeouts;
    counter borrow_refusals;
    counter backend_resets;
    counter backend_reset_errors;
    counter backend_retired;
    counter backend_moves;
    counter convoys;
    counter convoy_statements;
    counter convoy_overdue;
    counter state_replays;
    counter tracker_mismatches;

    counter memory_waits;
    counter memory_refusals;

    counters_by<pool::memory_use, pool::memory_use_count> memory;  // gauges, set twice a second
    counters_by<pin_reason, pin_reason_count> pins;
    counters_by<pin_reason, pin_reason_count> pinned;  // gauges, set twice a second
    counters_by<disconnect_reason, disconnect_reason_count> disconnects;
    counters_by<router::reason, router::reason_count> decisions;
};

}  // namespace proxy
