#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <list>
#include <utility>

#include "pool/task.hpp"

namespace proxy {

/// Where a worker's sessions wait for news of the primary that was asked for after they began to
/// wait.  One question serves all who wait.  Not for several threads.
///
/// @tparam News  What there is to learn, copied to each who waits; News{} is nothing.
template <class News>
class awaited_news {
public:
    using clock = std::chrono::steady_clock;

    /// `ask` starts a question and returns at once; its answer comes through tell().
    awaited_news(boost::asio::any_io_executor executor, std::function<void()> ask)
        : executor_(std::move(executor)), ask_(std::move(ask)) {}

    /// News asked for after this call; nothing if `give_up` came first.
    pool::task<News> learn(clock::time_point give_up) {
        waiter self{clock::now(), boost::asio::steady_timer(executor_, give_up)};
        const auto place = waiters_.insert(waiters_.end(), &self);
        ask_();
        auto [ended] = co_await self.timer.async_wait(pool::awaited);
        (void)ended;  // cancelled or expired: what counts is what was learned
        waiters_.erase(place);
        co_return std::move(self.learned);
    }

    /// What the answer says to a question that was asked at `asked_at`.
    void tell(clock::time_point asked_at, const News& news) {
        for (waiter* w : waiters_) {
            if (w->learned || w->since > asked_at) continue;
            w->learned = news;
            w->timer.cancel();
        }
    }

    /// Wakes all, with nothing.
    void shut_down() {
        for (waiter* w : waiters_) w->timer.cancel();
    }

private:
    struct waiter {
        clock::time_point since;
        boost::asio::steady_timer timer;
        News learned{};
    };

    boost::asio::any_io_executor executor_;
    std::function<void()> ask_;
    std::list<waiter*> waiters_;  // bounded by the sessions of the worker
};

}  // namespace proxy
