#include "proxy/edge_watch.hpp"

#include <boost/asio/steady_timer.hpp>

namespace proxy {
namespace asio = boost::asio;

struct edge_watch::waiter {
    std::size_t edge;
    const protocol::gtid_set* needed;
    asio::steady_timer timer;
    bool satisfied = false;
};

pool::task<bool> edge_watch::wait(std::size_t edge, const protocol::gtid_set& needed,
                                  std::chrono::steady_clock::time_point give_up) {
    waiter self{edge, &needed, asio::steady_timer(executor_, give_up)};
    const auto place = waiters_.insert(waiters_.end(), &self);
    auto [ended] = co_await self.timer.async_wait(pool::awaited);
    (void)ended;  // cancelled or expired: what counts is the flag
    waiters_.erase(place);
    co_return self.satisfied;
}

void edge_watch::advance(std::size_t edge, const protocol::gtid_set& watermark) {
    for (waiter* w : waiters_) {
        if (w->edge != edge || w->satisfied || !watermark.contains(*w->needed)) continue;
        w->satisfied = true;
        w->timer.cancel();
    }
}

void edge_watch::give_up(std::size_t edge) {
    for (waiter* w : waiters_)
        if (w->edge == edge && !w->satisfied) w->timer.cancel();
}

}  // namespace proxy
