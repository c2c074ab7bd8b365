#include "pool/prepared_cache.hpp"

namespace pool {

prepared_statement* prepared_cache::find(const prepared_text& key) {
    const auto known = index_.find(&key);
    if (known == index_.end()) return nullptr;
    by_use_.splice(by_use_.begin(), by_use_, known->second);
    return &known->second->statement;
}

std::vector<std::uint32_t> prepared_cache::add(const shared_prepared_text& key,
                                               const prepared_statement& added) {
    if (prepared_statement* known = find(*key)) {
        const std::uint32_t earlier = known->id;
        *known = added;
        return {earlier};
    }
    std::vector<std::uint32_t> to_close = shrink(size_max_ > 0 ? size_max_ - 1 : 0);
    by_use_.push_front({key, added});
    index_.emplace(key.get(), by_use_.begin());
    return to_close;
}

std::vector<std::uint32_t> prepared_cache::give_up_half() {
    return shrink(size() / 2);
}

/// Forgets the least recently used until no more than `size` are left, but for those in use.
std::vector<std::uint32_t> prepared_cache::shrink(std::size_t size) {
    std::vector<std::uint32_t> to_close;
    for (auto at = by_use_.end(); at != by_use_.begin() && index_.size() > size;) {
        --at;
        if (at->statement.in_use) continue;
        to_close.push_back(at->statement.id);
        index_.erase(at->key.get());
        at = by_use_.erase(at);
    }
    return to_close;
}

std::vector<std::uint32_t> prepared_cache::forget(const prepared_text& key) {
    const auto known = index_.find(&key);
    if (known == index_.end()) return {};
    const auto at = known->second;
    const std::uint32_t id = at->statement.id;
    index_.erase(known);
    by_use_.erase(at);
    return {id};
}

void prepared_cache::release_all() {
    for (entry& known : by_use_) known.statement.in_use = false;
}

void prepared_cache::clear() {
    index_.clear();
    by_use_.clear();
}

}  // namespace pool
