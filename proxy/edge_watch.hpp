#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <list>
#include "pool/task.hpp"

#include "protocol/gtid_set.hpp"

namespace proxy {

/// Where reads wait until an edge has what they must see.  One per worker; not for several threads.
///
/// Waiting costs the databases nothing: the watermark is told by the replicator in this process.
class edge_watch {
public:
    explicit edge_watch(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

    /// Waits until edge `edge` has `needed`; false if `give_up` came first.  `needed` must outlive
    /// the wait.
    pool::task<bool> wait(std::size_t edge, const protocol::gtid_set& needed,
                          std::chrono::steady_clock::time_point give_up);

    /// Wakes those, and only those, who wait for what the edge has now.
    void advance(std::size_t edge, const protocol::gtid_set& watermark);

    /// Wakes all who wait for this edge: it is not to be had any more.
    void give_up(std::size_t edge);

private:
    struct waiter;
    boost::asio::any_io_executor executor_;
    std::list<waiter*> waiters_;  // bounded by the sessions of the worker
};

}  // namespace proxy
