#include "pool/connection_places.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

namespace pool {
namespace asio = boost::asio;

std::size_t connection_places::add_server(std::size_t connections_max) {
    const std::lock_guard lock(mutex_);
    servers_.push_back({connections_max});
    return servers_.size() - 1;
}

std::size_t connection_places::used() const {
    const std::lock_guard lock(mutex_);
    return total_used_;
}

bool connection_places::has_room(std::size_t server) const {
    return total_used_ < total_max_ && servers_[server].used < servers_[server].max;
}

void connection_places::count(member& who, std::ptrdiff_t change) {
    for (std::size_t* used : {&who.used, &servers_[who.server].used, &total_used_})
        *used = static_cast<std::size_t>(static_cast<std::ptrdiff_t>(*used) + change);
}

connection_places::member* connection_places::first_to_serve() {
    member* first = nullptr;
    for (const shared_member& who : members_) {
        if (who->asked_at == 0 || !has_room(who->server)) continue;
        if (first == nullptr || who->asked_at < first->asked_at) first = who.get();
    }
    return first;
}

/// A place of `giver` has become free: whoever asks gets what is free, and the first of them the
/// connection, if it is to the right server.
void connection_places::serve(travelling connection, const member& giver) {
    while (member* const next = first_to_serve()) {
        count(*next, 1);
        next->asked_at = 0;
        next->granted_at = ++last_turn_;
        const bool fits = connection && next->server == giver.server;
        next->granted.push_back(fits ? std::move(connection) : nullptr);
        for (const shared_member& who : members_)
            if (who.get() == next) notify(who);
    }
    update_demand();
}

/// Whether a place of `other` is what `asking` waits for.
bool connection_places::would_help(const member& asking, const member& other) const {
    if (&asking == &other || other.used == 0) return false;
    const server_places& server = servers_[asking.server];
    return server.used < server.max || other.server == asking.server;
}

void connection_places::demand_for(const member& asking, std::vector<place_demand>& demands) {
    std::size_t fullest = members_.size();
    for (std::size_t i = 0; i < members_.size(); ++i) {
        const member& other = *members_[i];
        if (!would_help(asking, other) || demands[i] == place_demand::next) continue;
        demands[i] = place_demand::unused;
        const bool has_more = fullest == members_.size() || other.used > members_[fullest]->used ||
                              (other.used == members_[fullest]->used &&
                               other.granted_at < members_[fullest]->granted_at);
        if (has_more) fullest = i;
    }
    if (fullest == members_.size()) return;
    // Else they would only change places.
    if (asking.used == 0 || members_[fullest]->used >= asking.used + 2)
        demands[fullest] = place_demand::next;
}

void connection_places::update_demand() {
    std::vector<place_demand> demands(members_.size(), place_demand::none);
    std::vector<const member*> asking;
    for (const shared_member& who : members_)
        if (who->asked_at != 0) asking.push_back(who.get());
    std::ranges::sort(asking, {}, [](const member* who) { return who->asked_at; });
    for (const member* who : asking) demand_for(*who, demands);
    for (std::size_t i = 0; i < members_.size(); ++i)
        if (std::exchange(members_[i]->demand, demands[i]) != demands[i]) notify(members_[i]);
}

void connection_places::notify(const shared_member& who) {
    if (std::exchange(who->notified, true)) return;
    asio::post(who->executor, [told = std::weak_ptr(who)] {
        const shared_member here = told.lock();  // its share has gone, if there is none
        if (here && here->changed) here->changed();
    });
}

place_share::place_share(std::shared_ptr<connection_places> all, std::size_t server,
                         asio::any_io_executor executor, std::function<void()> changed)
    : all_(std::move(all)), self_(std::make_shared<connection_places::member>()) {
    self_->server = server;
    self_->executor = std::move(executor);
    self_->changed = std::move(changed);
    const std::lock_guard lock(all_->mutex_);
    all_->members_.push_back(self_);
}

place_share::~place_share() {
    self_->changed = nullptr;
    const std::lock_guard lock(all_->mutex_);
    self_->asked_at = 0;
    all_->count(*self_, -static_cast<std::ptrdiff_t>(self_->used));
    std::erase(all_->members_, self_);
    all_->serve(nullptr, *self_);
}

bool place_share::take() {
    const std::lock_guard lock(all_->mutex_);
    if (!all_->has_room(self_->server)) return false;
    all_->count(*self_, 1);
    return true;
}

void place_share::give(std::unique_ptr<travelling_connection> connection) {
    const std::lock_guard lock(all_->mutex_);
    all_->count(*self_, -1);
    all_->serve(std::move(connection), *self_);
}

void place_share::ask() {
    const std::lock_guard lock(all_->mutex_);
    if (self_->asked_at != 0) return;
    self_->asked_at = ++all_->last_turn_;
    all_->serve(nullptr, *self_);
}

void place_share::ask_no_more() {
    const std::lock_guard lock(all_->mutex_);
    if (std::exchange(self_->asked_at, 0) != 0) all_->update_demand();
}

std::vector<std::unique_ptr<travelling_connection>> place_share::collect() {
    const std::lock_guard lock(all_->mutex_);
    self_->notified = false;
    return std::exchange(self_->granted, {});
}

place_demand place_share::demand() const {
    const std::lock_guard lock(all_->mutex_);
    return self_->demand;
}

}  // namespace pool
