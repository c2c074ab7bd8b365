#include "pool/server_pool.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace pool {
namespace asio = boost::asio;

namespace {

std::chrono::microseconds since(server_pool::clock::time_point began) {
    return std::chrono::duration_cast<std::chrono::microseconds>(server_pool::clock::now() - began);
}

}  // namespace

struct server_pool::waiter {
    waiter(const asio::any_io_executor& executor, const backend_account& who,
           const session_vector& what, clock::time_point until)
        : account(&who), wanted(&what), timer(executor, until) {}

    const backend_account* account;
    const session_vector* wanted;
    asio::steady_timer timer;
    std::unique_ptr<backend_connection> given{};
    bool may_open = false;  // a slot is kept for this waiter
};

lease& lease::operator=(lease&& other) noexcept {
    if (this != &other) {
        discard();
        owner_ = other.owner_;
        connection_ = std::move(other.connection_);
    }
    return *this;
}

void lease::give_back() {
    if (connection_) owner_->take_back(std::move(connection_));
}

void lease::discard() noexcept {
    if (connection_) owner_->discard(std::move(connection_));
}

server_pool::server_pool(asio::any_io_executor executor, server_endpoint server, pool_limits limits,
                         block_pool& blocks, shared_vector blank, pool_observer& observer)
    : executor_(std::move(executor)),
      server_(std::move(server)),
      limits_(limits),
      blocks_(&blocks),
      blank_(std::move(blank)),
      observer_(&observer) {}

server_pool::~server_pool() = default;

lease server_pool::borrow_now(const backend_account& account, const shared_vector& wanted) {
    if (!waiters_.empty() || shut_down_) return {};
    for (std::size_t i = idle_.size(); i-- > 0;) {
        backend_connection& free = *idle_[i];
        if (free.state() != wanted || &free.account() != &account) continue;
        if (!is_trusted(free)) return {};
        auto taken = std::move(idle_[i]);
        idle_.erase(idle_.begin() + static_cast<std::ptrdiff_t>(i));
        observer_->lent({}, false);
        return {*this, std::move(taken)};
    }
    return {};
}

asio::awaitable<result<lease>> server_pool::borrow(const backend_account& account,
                                                   const shared_vector& wanted,
                                                   clock::time_point give_up,
                                                   server_refusal& refusal) {
    if (shut_down_) co_return errc::shutting_down;
    const clock::time_point began = clock::now();
    // Whoever comes while others wait goes to the end of the line.
    if (waiters_.empty()) {
        if (auto free = take_idle(account, wanted)) {
            observer_->lent({}, false);
            co_return lease(*this, std::move(free));
        }
        if (make_room()) co_return co_await open_one(account, began, give_up, refusal);
    }

    waiter self(executor_, account, *wanted, give_up);
    const bool served = co_await wait_in_line(self);
    if (!served) {
        if (shut_down_) co_return errc::shutting_down;
        observer_->wait_timed_out();
        co_return errc::timed_out;
    }
    const auto waited = std::chrono::duration_cast<std::chrono::microseconds>(clock::now() - began);
    if (self.given) {
        observer_->lent(waited, true);
        co_return lease(*this, std::move(self.given));
    }
    co_return co_await open_one(account, began, give_up, refusal);
}

asio::awaitable<bool> server_pool::wait_in_line(waiter& self) {
    const auto place = waiters_.insert(waiters_.end(), &self);
    if (!offers_.empty()) {
        reclaimable* oldest = offers_.front();
        offers_.pop_front();
        oldest->reclaim();  // comes back through take_back(), perhaps to this very waiter
    }
    if (!self.given && !self.may_open) {
        auto [ended] = co_await self.timer.async_wait(asio::as_tuple(asio::use_awaitable));
        (void)ended;  // cancelled or expired: what counts is what was given
    }
    if (self.given || self.may_open) co_return true;  // who served it took it out of the line
    waiters_.erase(place);
    co_return false;
}

std::unique_ptr<backend_connection> server_pool::take_idle(const backend_account& account,
                                                           const shared_vector& wanted) {
    const auto usable = [&](const backend_connection& c) {
        return &c.account() == &account && c.can_become(*wanted);
    };
    for (;;) {
        auto best = idle_.end();
        for (auto at = idle_.end(); at != idle_.begin();) {
            --at;
            if (!usable(**at)) continue;
            if (best == idle_.end()) best = at;
            if ((*at)->state() == wanted) {
                best = at;
                break;
            }
        }
        if (best == idle_.end()) return nullptr;
        auto taken = std::move(*best);
        idle_.erase(best);
        if (is_trusted(*taken) || !taken->is_dead()) return taken;
        close(std::move(taken));
    }
}

/// Whether a free connection may be lent without a look at it.
bool server_pool::is_trusted(const backend_connection& free) const {
    return free.idle_since > last_discard_ && clock::now() - free.idle_since <= limits_.trust_idle;
}

/// Reserves a slot for one more connection, giving up a free one of another account if need be.
bool server_pool::make_room() {
    if (open_ >= limits_.connections_max) {
        if (idle_.empty()) return false;
        std::unique_ptr<backend_connection> least_used = std::move(idle_.front());
        idle_.erase(idle_.begin());
        close(std::move(least_used));
    }
    ++open_;
    return true;
}

asio::awaitable<result<lease>> server_pool::open_one(const backend_account& account,
                                                     clock::time_point began,
                                                     clock::time_point give_up,
                                                     server_refusal& refusal) {
    const auto until = std::min(give_up, clock::now() + limits_.connect_timeout);
    auto opening = std::make_unique<backend_connection>(executor_, account, *blocks_, blank_,
                                                        limits_.prepared_max);
    all_.push_back(opening.get());  // shut_down() ends it too
    const result<void> established = co_await opening->establish(server_, until, refusal);
    observer_->opened(established.has_value());
    if (established && !shut_down_) {
        observer_->lent(since(began), true);
        co_return lease(*this, std::move(opening));
    }
    if (established) observer_->closed();
    std::erase(all_, opening.get());
    opening.reset();
    --open_;
    slot_became_free();
    if (shut_down_) co_return errc::shutting_down;
    // timed_out is for those who wait in line.
    if (established.error() == errc::timed_out) co_return errc::connect_failed;
    co_return established.error();
}

void server_pool::take_back(std::unique_ptr<backend_connection> connection) {
    observer_->taken_back();
    connection->input().release_if_empty();
    if (shut_down_ || connection->is_aborted() || connection->retired)
        return close(std::move(connection));
    if (waiters_.empty()) {
        connection->idle_since = clock::now();
        idle_.push_back(std::move(connection));
        return;
    }
    waiter& first = *waiters_.front();
    if (first.account == &connection->account() && connection->can_become(*first.wanted)) {
        waiters_.pop_front();
        first.given = std::move(connection);
        first.timer.cancel();
        return;
    }
    // Of no use to whoever is first in line, who gets its slot instead.
    close(std::move(connection));
}

void server_pool::discard(std::unique_ptr<backend_connection> connection) noexcept {
    observer_->taken_back();
    // Perhaps the server went away; then those that are free are dead as well.
    last_discard_ = clock::now();
    close(std::move(connection));
}

void server_pool::close(std::unique_ptr<backend_connection> connection) noexcept {
    std::erase(all_, connection.get());
    connection.reset();
    --open_;
    observer_->closed();
    slot_became_free();
}

void server_pool::slot_became_free() {
    if (waiters_.empty() || open_ >= limits_.connections_max || shut_down_) return;
    waiter& first = *waiters_.front();
    waiters_.pop_front();
    first.may_open = true;
    ++open_;
    first.timer.cancel();
}

void server_pool::offer(reclaimable& loan) {
    if (!waiters_.empty()) return loan.reclaim();
    offers_.push_back(&loan);
}

void server_pool::withdraw(reclaimable& loan) {
    offers_.remove(&loan);
}

void server_pool::drop_connections() {
    for (backend_connection* connection : all_) connection->abort();
    while (!idle_.empty()) {
        auto last = std::move(idle_.back());
        idle_.pop_back();
        close(std::move(last));
    }
}

void server_pool::shut_down() {
    shut_down_ = true;
    for (waiter* waiting : waiters_) waiting->timer.cancel();
    drop_connections();
}

}  // namespace pool
