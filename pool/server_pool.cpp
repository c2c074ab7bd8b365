// Borrowing: limits, the line, opening.

#include "pool/server_pool.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "pool/convoy.hpp"

namespace pool {
namespace asio = boost::asio;

namespace {

constexpr std::size_t convoy_bytes_max = 64 * 1024;  // of statements

std::chrono::microseconds since(server_pool::clock::time_point began) {
    return std::chrono::duration_cast<std::chrono::microseconds>(server_pool::clock::now() - began);
}

}  // namespace

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

void lease::reset(vector_interner& vectors) {
    if (connection_) owner_->reset(std::move(connection_), vectors);
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
      observer_(&observer),
      retry_timer_(executor_),
      yield_timer_(executor_) {}

server_pool::~server_pool() = default;

// Whatever is free could not serve anybody in line, so that whoever comes may take it.
lease server_pool::borrow_now(const backend_account& account, const shared_vector& wanted) {
    if (shut_down_) return {};
    for (std::size_t i = idle_.size(); i-- > 0;) {
        backend_connection& free = *idle_[i];
        if (free.state() != wanted || &free.account() != &account) continue;
        if (!is_trusted(free)) return {};
        auto taken = std::move(idle_[i]);
        idle_.erase(idle_.begin() + static_cast<std::ptrdiff_t>(i));
        served_last_ = &account;
        observer_->lent({}, false);
        return {*this, std::move(taken)};
    }
    return {};
}

task<result<lease>> server_pool::borrow(const backend_account& account, const shared_vector& wanted,
                                        clock::time_point give_up, server_refusal& refusal) {
    auto got = co_await borrow_or_ride(account, wanted, give_up, refusal, nullptr);
    if (!got) co_return got.error();
    co_return std::move(got->connection);
}

task<result<passage>> server_pool::borrow_or_ride(const backend_account& account,
                                                  const shared_vector& wanted,
                                                  clock::time_point give_up,
                                                  server_refusal& refusal, passenger* rider) {
    if (shut_down_) co_return errc::shutting_down;
    if (auto free = take_idle(account, *wanted)) {
        return_spare_places();
        served_last_ = &account;
        observer_->lent({}, false);
        co_return passage{lease(*this, std::move(free))};
    }

    using fate = waiter::fate;
    const clock::time_point began = clock::now();
    waiter self(executor_, account, *wanted, give_up);
    self.rider = rider;
    join_line(self);
    if (self.what == fate::waits && waiting_ > limits_.waiters_max) {
        leave_line(self);
        observer_->line_was_full();
        co_return errc::line_full;
    }
    if (self.what == fate::waits) reclaim_for(self);
    while (self.what == fate::waits || self.what == fate::rides) {
        auto [ended] = co_await self.timer.async_wait(awaited);
        (void)ended;  // cancelled or expired: what counts is what was told
        if (self.what == fate::waits) break;
        if (self.what == fate::rides) self.timer.expires_at(clock::time_point::max());
    }
    if (self.what == fate::rode) co_return passage{{*this, std::move(self.given)}, self.end};
    if (self.what == fate::unreachable)
        co_return shut_down_ ? errc::shutting_down : errc::connect_failed;
    if (self.what == fate::waits) {
        leave_line(self);
        ask_for_place();
        observer_->wait_timed_out();
        if (holds_back()) co_return errc::connect_failed;
        co_return is_at_limit(account) ? errc::user_limit : errc::timed_out;
    }
    if (self.what == fate::may_open) {
        auto opened = co_await open_one(account, give_up, refusal);
        if (!opened) co_return opened.error();
        self.given = std::move(*opened);
    }
    served_last_ = &account;
    observer_->lent(since(began), true);
    co_return passage{lease(*this, std::move(self.given))};
}

void server_pool::join_line(waiter& self) {
    std::list<waiter*>& line = share_of(*self.account).line;
    self.ticket = next_ticket_++;
    self.place = line.insert(line.end(), &self);
    ++waiting_;
    serve_line();
}

void server_pool::leave_line(waiter& self) {
    share_of(*self.account).line.erase(self.place);
    --waiting_;
}

/// Gives what is free to those in line who can use it, in the order in which they came.
void server_pool::serve_line() {
    while (waiting_ > 0 && !shut_down_) {
        waiter* const next = next_in_line();
        if (next == nullptr) break;
        if (auto free = take_idle(*next->account, *next->wanted)) {
            if (start_convoy(*next, free)) continue;
            leave_line(*next);
            next->given = std::move(free);
            next->tell(waiter::fate::lent);
        } else if (can_open(*next->account)) {
            leave_line(*next);
            reserve(*next->account);
            next->tell(waiter::fate::may_open);
        }  // else what was free turned out to be dead
    }
    if (waiting_ > 0 && !shut_down_ && opening_ == 0 && holds_back()) try_again_later();
    return_spare_places();
    ask_for_place();
}

/// Sends the statements of several who wait down one connection, if at least two can go together:
/// `first`, whose turn it is, and those behind it that want the same.
bool server_pool::start_convoy(const waiter& first, connection_ptr& connection) {
    std::list<waiter*>& line = share_of(*first.account).line;
    if (limits_.convoy_max < 2 || first.rider == nullptr || line.size() < 2) return false;
    // The answers would be counted as if each were alone.
    if (connection->is_compressed()) return false;
    if (connection->state().get() != first.wanted) return false;
    std::vector<waiter*> aboard;
    std::size_t looked_at = 0;
    for (auto at = line.begin(); at != line.end() && looked_at < 4 * limits_.convoy_max;
         ++at, ++looked_at) {
        waiter& next = **at;
        if (aboard.size() == limits_.convoy_max) break;
        const bool fits = next.rider != nullptr && next.account == first.account &&
                          next.wanted == first.wanted && next.rider->fits(*connection);
        if (fits) aboard.push_back(&next);
        if (aboard.empty()) return false;  // whoever is first is served first
    }
    if (aboard.size() < 2) return false;
    std::vector<std::uint8_t> frames;
    std::size_t boarded = 0;
    for (; boarded < aboard.size() && frames.size() < convoy_bytes_max; ++boarded) {
        waiter& next = *aboard[boarded];
        next.rider->board(*connection, frames);
        leave_line(next);
        next.what = waiter::fate::rides;
    }
    aboard.resize(boarded);
    served_last_ = first.account;
    observer_->lent({}, true);
    observer_->rode(aboard.size());
    spawn(executor_, drive(std::move(connection), std::move(aboard), std::move(frames)));
    return true;
}

task<void> server_pool::drive(connection_ptr connection, std::vector<waiter*> aboard,
                              std::vector<std::uint8_t> frames) {
    convoy::outcome outcome = convoy::outcome::broken;
    {
        convoy riders(std::move(aboard));
        outcome = co_await riders.run(connection, frames, limits_.convoy_wait_max);
    }
    if (outcome == convoy::outcome::clean) take_back(std::move(connection));
    if (outcome == convoy::outcome::broken) discard(std::move(connection));
}

/// For those who wait while the server cannot be reached.
void server_pool::try_again_later() {
    if (retry_timer_.expiry() == retry_at_) return;  // waits already
    retry_timer_.expires_at(retry_at_);
    retry_timer_.async_wait([this](boost::system::error_code cancelled) {
        if (!cancelled) serve_line();
    });
}

/// The first of those who can be served.  One user's sessions are served in turn, so that only
/// the first of each line is looked at.
waiter* server_pool::next_in_line() {
    waiter* next = nullptr;
    for (const auto& [user, share] : users_) {
        if (share.line.empty()) continue;
        waiter* const first = share.line.front();
        if (next != nullptr && next->ticket < first->ticket) continue;
        const bool served =
            find_idle(*first->account, *first->wanted) != idle_.end() || can_open(*first->account);
        if (served) next = first;
    }
    return next;
}

void server_pool::fail_line() {
    if (waiting_ == 0) return;
    for (auto& [user, share] : users_) {
        for (waiter* const waiting : share.line) waiting->tell(waiter::fate::unreachable);
        share.line.clear();
    }
    waiting_ = 0;
}

/// Takes up the oldest offer that serves `self`, unless those before it in line are served instead.
void server_pool::reclaim_for(const waiter& self) {
    const bool own_only = is_at_limit(*self.account);
    const auto offer = std::find_if(offers_.begin(), offers_.end(), [&](const offered_loan& o) {
        return !own_only || o.account->user == self.account->user;
    });
    if (offer == offers_.end()) return;
    reclaimable* const loan = offer->loan;
    offers_.erase(offer);
    loan->reclaim();  // comes back through take_back()
}

void server_pool::offer(reclaimable& loan, const backend_account& account) {
    if (waiting_ > 0) {
        for (const auto& [user, share] : users_) {
            if (share.line.empty()) continue;
            if (user == account.user || !is_at_limit(*share.line.front()->account))
                return loan.reclaim();
        }
    }
    offers_.push_back({&loan, &account});
    if (demand_ != place_demand::none) yield_unused();
}

void server_pool::withdraw(reclaimable& loan) {
    offers_.remove_if([&](const offered_loan& o) { return o.loan == &loan; });
}

/// A free connection that can be brought to `wanted`: if possible one that is there, and else the
/// one used last.
std::vector<server_pool::connection_ptr>::iterator server_pool::find_idle(
    const backend_account& account, const session_vector& wanted) {
    auto best = idle_.end();
    for (auto at = idle_.end(); at != idle_.begin();) {
        --at;
        if (&(*at)->account() != &account || !(*at)->can_become(wanted)) continue;
        if (best == idle_.end()) best = at;
        if ((*at)->state().get() == &wanted) return at;
    }
    return best;
}

server_pool::connection_ptr server_pool::take_idle(const backend_account& account,
                                                   const session_vector& wanted) {
    for (;;) {
        const auto best = find_idle(account, wanted);
        if (best == idle_.end()) return nullptr;
        connection_ptr taken = std::move(*best);
        idle_.erase(best);
        if (is_trusted(*taken) || !taken->is_dead()) return taken;
        forget(std::move(taken));
    }
}

/// Whether a free connection may be lent without a look at it.
bool server_pool::is_trusted(const backend_connection& free) const {
    return free.idle_since > last_discard_ && clock::now() - free.idle_since <= limits_.trust_idle;
}

bool server_pool::is_at_limit(const backend_account& account) {
    return account.connections_max > 0 && share_of(account).open >= account.connections_max;
}

/// While the server cannot be reached: whether this is not the time to try.
bool server_pool::holds_back() const {
    return failing_ && (opening_ > 0 || clock::now() < retry_at_);
}

bool server_pool::can_open(const backend_account& account) {
    if (holds_back()) return false;
    return may_open_more(account) || to_give_up_for(account) != idle_.end();
}

/// Without giving up another.
bool server_pool::may_open_more(const backend_account& account) {
    return open_ < limits_.connections_max && !is_at_limit(account) && has_place();
}

/// The free connection that makes room for one more of `account`: the one unused for longest, of
/// the user itself if it is at its own limit.
std::vector<server_pool::connection_ptr>::iterator server_pool::to_give_up_for(
    const backend_account& account) {
    if (!is_at_limit(account)) return idle_.begin();
    return std::find_if(idle_.begin(), idle_.end(), [&](const connection_ptr& free) {
        return free->account().user == account.user;
    });
}

/// Counts a connection that is about to be opened; can_open() was true.
void server_pool::reserve(const backend_account& account) {
    if (!may_open_more(account)) {
        const auto least_used = to_give_up_for(account);
        connection_ptr given_up = std::move(*least_used);
        idle_.erase(least_used);
        forget(std::move(given_up));
    }
    use_place(account);
    ++opening_;
}

void server_pool::use_place(const backend_account& account) {
    if (places_) --spare_places_;
    ++open_;
    ++share_of(account).open;
}

void server_pool::release(const backend_account& account) {
    if (places_) ++spare_places_;
    --open_;
    --share_of(account).open;
}

/// Opens the connection that was reserved.
task<result<server_pool::connection_ptr>> server_pool::open_one(const backend_account& account,
                                                                clock::time_point give_up,
                                                                server_refusal& refusal) {
    const auto patience = clock::now() + limits_.connect_timeout;
    const auto until = std::min(give_up, patience);
    auto opening = std::make_unique<backend_connection>(executor_, account, *blocks_, blank_,
                                                        limits_.prepared_max);
    all_.push_back(opening.get());  // shut_down() ends it too
    if (shut_down_) opening->abort();
    result<void> established = co_await opening->establish(server_, until, refusal);
    observer_->opened(established.has_value());
    --opening_;
    if (established && !shut_down_) {
        failing_ = false;
        opening->retire_at = retirement();
        note_generation(*opening);
        serve_line();  // who held back
        co_return std::move(opening);
    }
    if (established) observer_->closed();
    std::erase(all_, opening.get());
    opening.reset();
    release(account);
    if (shut_down_) {
        return_spare_places();
        co_return errc::shutting_down;
    }
    const boost::system::error_code why = established.error();
    // Whoever had no time left says nothing about the server, and a refusal says that it is there.
    const bool cut_short = why == errc::timed_out && until < patience;
    if (!cut_short) failing_ = why != errc::login_denied;
    if (failing_) retry_at_ = clock::now() + limits_.retry_pause;
    if (failing_ && open_ == 0) fail_line();  // else a connection may still come back
    serve_line();
    // timed_out is for those who wait in line.
    if (why == errc::timed_out) co_return errc::connect_failed;
    co_return why;
}

void server_pool::take_back(connection_ptr connection) {
    observer_->taken_back();
    settle(std::move(connection));
}

/// A connection that is in nobody's hands goes to the next in line, or waits to be lent.
void server_pool::settle(connection_ptr connection) {
    connection->input().release_if_empty();
    if (shut_down_ || connection->is_aborted() || connection->retired)
        return close(std::move(connection));
    const auto now = clock::now();
    if (now >= connection->retire_at) {
        observer_->retired();
        return close(std::move(connection));
    }
    connection->idle_since = now;
    if (waiting_ > 0 && must_yield(now)) return yield(std::move(connection));
    idle_.push_back(std::move(connection));
    if (waiting_ > 0) serve_line();
    if (demand_ != place_demand::none) yield_unused();
}

void server_pool::discard(connection_ptr connection) noexcept {
    observer_->taken_back();
    // Perhaps the server went away; then those that are free are dead as well.
    last_discard_ = clock::now();
    close(std::move(connection));
}

void server_pool::forget(connection_ptr connection) noexcept {
    std::erase(all_, connection.get());
    release(connection->account());
    connection.reset();
    observer_->closed();
}

void server_pool::close(connection_ptr connection) noexcept {
    forget(std::move(connection));
    serve_line();
}

void server_pool::drop_connections() {
    for (backend_connection* connection : all_) connection->abort();
    while (!idle_.empty()) {
        auto last = std::move(idle_.back());
        idle_.pop_back();
        forget(std::move(last));
    }
    fail_line();
    return_spare_places();
    ask_for_place();
}

void server_pool::shut_down() {
    shut_down_ = true;
    retry_timer_.cancel();
    yield_timer_.cancel();
    drop_connections();
}

}  // namespace pool
