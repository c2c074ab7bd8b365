#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "replicator/error.hpp"
#include "replicator/transaction.hpp"

namespace replicator {

/// Consecutive source transactions that are applied as one transaction of the edge.
using chunk = std::vector<source_transaction>;

struct chunk_limits {
    std::size_t transactions_max = 256;
    std::size_t bytes_max = 4 * 1024 * 1024;  // of row events; a larger transaction goes alone
};

/// Hands transactions from the stream's thread to the applier's, in order.
///
/// Bounded in bytes: a full queue makes push() wait, so that the stream's socket is not read and
/// the source holds its binlog instead of us.  (A transaction larger than the bound still passes,
/// alone.)  Runs of transactions that mean nothing for the edge shrink to one entry.
class transaction_queue {
public:
    explicit transaction_queue(std::size_t bytes_max) : bytes_max_(bytes_max) {}

    /// False if the queue was closed: the producer should end.
    bool push(source_transaction next);

    /// No more will come, for this reason.  What is queued can still be taken.  The first reason
    /// counts.
    void close(failure why);

    /// Throws away what is queued too: the consumer has gone.
    void abandon();

    /// The next chunk: all that is queued, within the limits, so a single transaction when caught
    /// up.  A statement that affects names or tables comes alone.
    /// @return  nothing if none came within `wait`; the reason of close() behind the last one.
    result<std::optional<chunk>> take(const chunk_limits& limits, std::chrono::milliseconds wait);

    std::size_t bytes() const;

private:
    chunk cut(const chunk_limits& limits);

    const std::size_t bytes_max_;
    mutable std::mutex mutex_;
    std::condition_variable can_push_;
    std::condition_variable can_take_;
    std::deque<source_transaction> waiting_;
    std::size_t bytes_ = 0;
    std::optional<failure> closed_;
};

}  // namespace replicator
