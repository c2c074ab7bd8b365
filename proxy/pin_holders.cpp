#include "proxy/pin_holders.hpp"

#include <algorithm>

namespace proxy {

void pin_holders::add(pin_reason why, std::string name) {
    if (has(why, name)) return;
    if (names_.size() >= names_max) return add_unknown(why);
    names_.emplace_back(why, std::move(name));
}

void pin_holders::remove(pin_reason why, const std::string& name) {
    std::erase(names_, std::pair(why, name));
}

void pin_holders::clear(pin_reason why) {
    std::erase_if(names_, [&](const auto& entry) { return entry.first == why; });
    unknown_.reset(index(why));
}

void pin_holders::clear() {
    names_ = {};
    unknown_.reset();
}

bool pin_holders::has(pin_reason why, const std::string& name) const {
    return std::find(names_.begin(), names_.end(), std::pair(why, name)) != names_.end();
}

bool pin_holders::any(pin_reason why) const {
    return has_unknown(why) || std::any_of(names_.begin(), names_.end(),
                                           [&](const auto& entry) { return entry.first == why; });
}

std::vector<std::string> pin_holders::names(pin_reason why) const {
    std::vector<std::string> found;
    for (const auto& [reason, name] : names_)
        if (reason == why) found.push_back(name);
    return found;
}

}  // namespace proxy
