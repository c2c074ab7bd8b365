// Limits that a pool shares with the pools of other threads.

#include <algorithm>
#include <utility>

#include "pool/server_pool.hpp"
#include "pool/waiter.hpp"

namespace pool {

namespace {

/// For so long a pool keeps a place that it has just got, though others have none; and so long a
/// connection must be unused before it goes to those who have some.
constexpr std::chrono::milliseconds turn{20};

}  // namespace

void server_pool::share_places(std::shared_ptr<connection_places> all, std::size_t server,
                               vector_interner& vectors) {
    vectors_ = &vectors;
    places_ = std::make_unique<place_share>(std::move(all), server, executor_,
                                            [this] { on_places_changed(); });
}

/// Whether there is a place for one more connection; it is then this pool's.
bool server_pool::has_place() {
    if (!places_ || spare_places_ > 0) return true;
    if (!places_->take()) return false;
    ++spare_places_;
    turn_ends_ = clock::now() + turn;
    return true;
}

/// Whether somebody waits for nothing but a place.
bool server_pool::lacks_place() {
    if (waiting_ == 0 || shut_down_ || holds_back() || open_ >= limits_.connections_max)
        return false;
    return std::ranges::any_of(users_, [&](const auto& user) {
        const std::list<waiter*>& line = user.second.line;
        return !line.empty() && !is_at_limit(*line.front()->account);
    });
}

void server_pool::on_places_changed() {
    for (auto& came : places_->collect()) {
        asks_for_place_ = false;
        ++spare_places_;
        turn_ends_ = clock::now() + turn;
        if (came) take_in(std::move(came));
    }
    demand_ = places_->demand();
    serve_line();
    yield_unused();
}

/// A connection from another thread's pool, in a place that is there for it.  If nobody here waits
/// who could use it, it is closed.
void server_pool::take_in(std::unique_ptr<travelling_connection> came) {
    const auto at = users_.find(came->user);
    if (at == users_.end() || shut_down_) return;
    const auto first = std::ranges::find_if(at->second.line, [&](const waiter* w) {
        return w->account->capabilities == came->account_capabilities;
    });
    if (first == at->second.line.end() || is_at_limit(*(*first)->account)) return;
    const backend_account& account = *(*first)->account;
    auto arrived = backend_connection::arrive(executor_, account, *blocks_, blank_,
                                              limits_.prepared_max, *vectors_, *came);
    if (!arrived) return;
    use_place(account);
    note_generation(*arrived);
    arrived->idle_since = {};  // long ago: it is looked at before it is lent
    all_.push_back(arrived.get());
    observer_->arrived();
    idle_.push_back(std::move(arrived));
}

void server_pool::return_spare_places() {
    if (spare_places_ == 0) return;
    while (spare_places_ > 0) {
        --spare_places_;
        places_->give();
    }
    demand_ = places_->demand();
}

void server_pool::ask_for_place() {
    if (!places_ || asks_for_place_ == lacks_place()) return;
    asks_for_place_ = !asks_for_place_;
    if (asks_for_place_)
        places_->ask();
    else
        places_->ask_no_more();
}

/// Whether the next connection that comes free goes to others, though somebody waits for it here.
bool server_pool::must_yield(clock::time_point now) const {
    return demand_ == place_demand::next && now >= turn_ends_;
}

/// Gives a connection's place to others, and the connection with it if it can go.
void server_pool::yield(connection_ptr connection) {
    const backend_account& account = connection->account();
    std::erase(all_, connection.get());
    release(account);
    std::unique_ptr<travelling_connection> leaving = connection->depart();
    connection.reset();
    if (leaving)
        observer_->departed();
    else
        observer_->closed();
    --spare_places_;
    places_->give(std::move(leaving));
    demand_ = places_->demand();
    serve_line();
}

/// While others want places: gives them those of connections that nobody uses here.
void server_pool::yield_unused() {
    yield_timer_.cancel();
    while (demand_ != place_demand::none && !shut_down_) {
        const auto now = clock::now();
        if (idle_.empty()) {
            // One that its session could do without comes back at once.
            if (!must_yield(now) || offers_.empty()) return;
            reclaimable* const loan = offers_.front().loan;
            offers_.pop_front();
            return loan->reclaim();
        }
        const auto longest = idle_.begin();
        const auto when =
            demand_ == place_demand::next ? turn_ends_ : (*longest)->idle_since + turn;
        if (now < when) return look_again(when);
        connection_ptr unused = std::move(*longest);
        idle_.erase(longest);
        yield(std::move(unused));
    }
}

void server_pool::look_again(clock::time_point when) {
    yield_timer_.expires_at(when);
    yield_timer_.async_wait([this](boost::system::error_code cancelled) {
        if (!cancelled) yield_unused();
    });
}

}  // namespace pool
