#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <string_view>
#include "pool/task.hpp"

#include "protocol/error.hpp"
#include "protocol/gtid_set.hpp"

namespace proxy {

/// What the primary had committed when it was asked at `asked_at`, or was about to.
///
/// Executed and owned GTIDs: a transaction becomes visible a moment before it enters gtid_executed,
/// and until then it is in gtid_owned, which is read first.  So whatever a statement that ended
/// before `asked_at` has seen is in `seen`.
struct position_report {
    std::chrono::steady_clock::time_point asked_at{};
    std::shared_ptr<const protocol::gtid_set> seen{};
};

/// Reads @@GLOBAL.gtid_owned, "uuid:4#17:5#18": every GTID with the thread that owns it.
protocol::result<protocol::gtid_set> parse_owned(std::string_view text);

/// Where a worker's sessions wait to learn a position of the primary.  Not for several threads.
///
/// A session that has read from the primary may read from an edge only if the edge is not behind
/// what it saw.  One question serves all who wait.
class primary_position {
public:
    using clock = std::chrono::steady_clock;

    /// `ask` starts a question and returns at once; its answer comes through tell().
    primary_position(boost::asio::any_io_executor executor, std::function<void()> ask)
        : executor_(std::move(executor)), ask_(std::move(ask)) {}

    /// A position asked for after this call; null if `give_up` came first.
    pool::task<std::shared_ptr<const protocol::gtid_set>> learn(clock::time_point give_up);

    void tell(const position_report& report);
    /// Wakes all, with nothing.
    void shut_down();

private:
    struct waiter;
    boost::asio::any_io_executor executor_;
    std::function<void()> ask_;
    std::list<waiter*> waiters_;  // bounded by the sessions of the worker
};

}  // namespace proxy
