#include "proxy/stored_code_news.hpp"

#include <boost/asio/steady_timer.hpp>

namespace proxy {
namespace asio = boost::asio;

struct stored_code_news::waiter {
    clock::time_point since;
    asio::steady_timer timer;
    bool learned = false;
};

pool::task<bool> stored_code_news::learn(clock::time_point give_up) {
    waiter self{clock::now(), asio::steady_timer(executor_, give_up)};
    const auto place = waiters_.insert(waiters_.end(), &self);
    ask_();
    auto [ended] = co_await self.timer.async_wait(pool::awaited);
    (void)ended;  // cancelled or expired: what counts is what was learned
    waiters_.erase(place);
    co_return self.learned;
}

void stored_code_news::tell(clock::time_point asked_at) {
    for (waiter* w : waiters_) {
        if (w->learned || w->since > asked_at) continue;
        w->learned = true;
        w->timer.cancel();
    }
}

void stored_code_news::shut_down() {
    for (waiter* w : waiters_) w->timer.cancel();
}

}  // namespace proxy
