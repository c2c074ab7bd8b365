// What a pool does by itself: resets, ages, warming.

#include <algorithm>
#include <utility>

#include "pool/server_pool.hpp"

namespace pool {
namespace asio = boost::asio;

/// When a connection that is opened now has lived long enough.
server_pool::clock::time_point server_pool::retirement() {
    // Multiples of the golden ratio spread evenly, however many there are.
    constexpr std::uint64_t golden_ratio = 0x9e3779b97f4a7c15;
    constexpr int parts = 1024;
    const auto part = static_cast<int>((++opened_before_ * golden_ratio) >> 54);
    return clock::now() + limits_.age_max - limits_.age_max / 10 * part / parts;
}

namespace {

/// Whether the accounts of sessions may be unable to bring a connection from one to the other.
bool differ_in_privileged(const variable_baseline& one, const variable_baseline& other) {
    const auto differs = [](const session_vector::setting& mine, const variable_baseline& theirs) {
        if (!takes_privilege(mine.id)) return false;
        const auto same = std::ranges::find(theirs, mine.id, &session_vector::setting::id);
        return same != theirs.end() && same->value != mine.value;
    };
    return std::ranges::any_of(one, [&](const auto& mine) { return differs(mine, other); });
}

}  // namespace

void server_pool::set_blank(shared_vector blank) {
    blank_ = std::move(blank);
    if (!blank_->defaults() || server_.is_copy) return;
    for (backend_connection* one : all_)
        if (differ_in_privileged(*one->own_defaults(), *blank_->defaults())) one->retire_at = {};
    sweep(clock::now());
}

void server_pool::reset(connection_ptr connection, vector_interner& vectors) {
    if (shut_down_ || connection->is_aborted() || connection->retired)
        return take_back(std::move(connection));
    spawn(executor_, reset_one(std::move(connection), vectors));
}

/// The place stays taken meanwhile: the server may have much to roll back.
task<void> server_pool::reset_one(connection_ptr connection, vector_interner& vectors) {
    const auto give_up = clock::now() + limits_.connect_timeout;
    const result<void> done = co_await connection->reset(vectors, give_up);
    observer_->reset(done.has_value());
    observer_->taken_back();
    if (runs_init_connect_) connection->retired = true;
    if (done) {
        note_generation(*connection);
        settle(std::move(connection));
    } else {
        close(std::move(connection));
    }
}

void server_pool::sweep(clock::time_point now) {
    if (shut_down_) return;
    std::vector<connection_ptr> retired;
    for (std::size_t i = 0; i < idle_.size();) {
        const backend_connection& free = *idle_[i];
        const bool unused = now - free.idle_since > limits_.idle_max &&
                            open_ - retired.size() > limits_.connections_warm;
        if (!unused && now < free.retire_at) {
            ++i;
            continue;
        }
        retired.push_back(std::move(idle_[i]));
        idle_.erase(idle_.begin() + static_cast<std::ptrdiff_t>(i));
    }
    for (connection_ptr& connection : retired) {
        observer_->retired();
        forget(std::move(connection));
    }
    serve_line();
    const std::size_t warm = std::min(limits_.connections_warm, limits_.connections_max);
    while (served_last_ != nullptr && open_ < warm && !holds_back() &&
           may_open_more(*served_last_)) {
        reserve(*served_last_);
        spawn(executor_, warm_one(*served_last_));
    }
}

task<void> server_pool::warm_one(const backend_account& account) {
    server_refusal refusal;
    auto opened = co_await open_one(account, clock::time_point::max(), refusal);
    if (opened) {
        settle(std::move(*opened));
    } else if (opened.error() == errc::login_denied && served_last_ == &account) {
        served_last_ = nullptr;  // not again: servers lock accounts that fail too often
    }
}

void server_pool::give_up_prepared() {
    for (const connection_ptr& free : idle_)
        free->queue_close_statements(free->prepared.give_up_half());
}

void server_pool::note_generation(backend_connection& opened) {
    origin& known = origins_[&opened.account()];
    if (known.generation == 0 || *known.defaults != *opened.own_defaults() ||
        known.server_version != opened.server_version()) {
        known.defaults = opened.own_defaults();
        known.server_version = opened.server_version();
        ++known.generation;
    }
    opened.generation = known.generation;
}

std::uint64_t server_pool::generation(const backend_account& account) const noexcept {
    const auto known = origins_.find(&account);
    return known == origins_.end() ? 0 : known->second.generation;
}

void server_pool::limit_prepared(std::size_t prepared_max) {
    limits_.prepared_max = prepared_max;
    for (backend_connection* connection : all_) connection->prepared.limit(prepared_max);
}

}  // namespace pool
