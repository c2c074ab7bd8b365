#include "pool/prepared_registry.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace pool {

shared_prepared_text prepared_registry::intern(std::string_view text, shared_vector state,
                                               memory_share memory) {
    const std::size_t hash =
        std::hash<std::string_view>{}(text) * 31 + std::hash<const session_vector*>{}(state.get());
    const auto [first, last] = known_.equal_range(hash);
    for (auto at = first; at != last; ++at) {
        shared_prepared_text known = at->second.lock();
        if (known && known->state == state && known->text == text) return known;
    }
    if (known_.size() >= forget_at_) forget_dead();
    auto added = std::make_shared<const prepared_text>(
        prepared_text{std::string(text), std::move(state), std::move(memory)});
    known_.emplace(hash, added);
    return added;
}

void prepared_registry::forget_dead() {
    std::erase_if(known_, [](const auto& entry) { return entry.second.expired(); });
    forget_at_ = std::max<std::size_t>(64, known_.size() * 2);
}

}  // namespace pool
