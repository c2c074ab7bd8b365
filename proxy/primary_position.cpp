#include "proxy/primary_position.hpp"

#include <boost/asio/steady_timer.hpp>
#include <string>

namespace proxy {
namespace asio = boost::asio;

struct primary_position::waiter {
    clock::time_point since;
    asio::steady_timer timer;
    std::shared_ptr<const protocol::gtid_set> learned{};
};

protocol::result<protocol::gtid_set> parse_owned(std::string_view text) {
    std::string without_owners;
    bool in_owner = false;
    for (const char c : text) {
        if (c == '#') {
            in_owner = true;
        } else if (c < '0' || c > '9') {
            in_owner = false;
        }
        if (!in_owner) without_owners.push_back(c);
    }
    return protocol::gtid_set::parse(without_owners);
}

pool::task<std::shared_ptr<const protocol::gtid_set>> primary_position::learn(
    clock::time_point give_up) {
    waiter self{clock::now(), asio::steady_timer(executor_, give_up)};
    const auto place = waiters_.insert(waiters_.end(), &self);
    ask_();
    auto [ended] = co_await self.timer.async_wait(pool::awaited);
    (void)ended;  // cancelled or expired: what counts is what was learned
    waiters_.erase(place);
    co_return std::move(self.learned);
}

void primary_position::tell(const position_report& report) {
    for (waiter* w : waiters_) {
        if (w->learned || w->since > report.asked_at) continue;
        w->learned = report.seen;
        w->timer.cancel();
    }
}

void primary_position::shut_down() {
    for (waiter* w : waiters_) w->timer.cancel();
}

}  // namespace proxy
