#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <functional>
#include <list>
#include <utility>
#include "pool/task.hpp"

namespace proxy {

/// Where a worker's sessions wait until a change of the primary's stored code is known: everybody
/// may run it as soon as its author has been told that it is there.  Not for several threads.
class stored_code_news {
public:
    using clock = std::chrono::steady_clock;

    /// `ask` starts a reading and returns at once; that it is known is said by tell().
    stored_code_news(boost::asio::any_io_executor executor, std::function<void()> ask)
        : executor_(std::move(executor)), ask_(std::move(ask)) {}

    /// Until a reading is known that began after this call, or `give_up`: then it is false.
    pool::task<bool> learn(clock::time_point give_up);

    /// A reading that began at `asked_at` is known to all workers.
    void tell(clock::time_point asked_at);
    /// Wakes all.
    void shut_down();

private:
    struct waiter;
    boost::asio::any_io_executor executor_;
    std::function<void()> ask_;
    std::list<waiter*> waiters_;  // bounded by the sessions of the worker
};

}  // namespace proxy
