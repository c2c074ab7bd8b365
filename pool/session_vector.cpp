#include "pool/session_vector.hpp"

#include <algorithm>
#include <functional>
#include <iterator>

namespace pool {
namespace {

void mix(std::size_t& seed, std::size_t value) noexcept {
    seed ^= value + 0x9e3779b97f4a7c15ull + (seed << 6) + (seed >> 2);
}

template <class Settings>
auto find_setting(Settings& settings, variable_id id) {
    return std::lower_bound(settings.begin(), settings.end(), id,
                            [](const auto& s, variable_id wanted) { return s.id < wanted; });
}

const variable_value* value_in(std::span<const session_vector::setting> settings, variable_id id) {
    const auto at = find_setting(settings, id);
    return at != settings.end() && at->id == id ? &at->value : nullptr;
}

bool decides_parsing(variable_id id) {
    static constexpr std::string_view names[] = {"character_set_client", "character_set_connection",
                                                 "collation_connection",
                                                 "default_collation_for_utf8mb4", "sql_mode"};
    return std::find(std::begin(names), std::end(names), name_of(id)) != std::end(names);
}

/// The variable that changes with this one, and comes behind it in tracked_variables().
std::string_view reset_by(std::string_view name) {
    if (name == "character_set_connection") return "collation_connection";
    if (name == "max_join_size") return "sql_big_selects";
    return {};
}

}  // namespace

const variable_value* session_vector::find(variable_id id) const noexcept {
    return value_in(settings_, id);
}

void session_vector::set(variable_id id, variable_value value) {
    const auto at = find_setting(settings_, id);
    if (at != settings_.end() && at->id == id) {
        at->value = std::move(value);
    } else {
        settings_.insert(at, {id, std::move(value)});
    }
}

session_vector session_vector::parsing_part() const {
    session_vector part;
    part.schema_ = schema_;
    for (const setting& s : settings_)
        if (decides_parsing(s.id)) part.settings_.push_back(s);
    return part;
}

session_vector session_vector::with_parsing_part(const session_vector& other) const {
    session_vector whole = other.parsing_part();
    for (const setting& s : settings_)
        if (!decides_parsing(s.id)) whole.set(s.id, s.value);
    return whole;
}

std::size_t session_vector::hash() const noexcept {
    std::size_t seed = std::hash<std::string>{}(schema_);
    for (const setting& s : settings_) {
        mix(seed, static_cast<std::size_t>(s.id));
        mix(seed, s.value ? std::hash<std::string>{}(*s.value) : 0);
    }
    return seed;
}

shared_vector vector_interner::intern(session_vector value) {
    const std::size_t hash = value.hash();
    const auto [first, last] = known_.equal_range(hash);
    for (auto at = first; at != last; ++at)
        if (shared_vector known = at->second.lock(); known && *known == value) return known;

    if (known_.size() >= forget_at_) forget_dead();
    auto added = std::make_shared<const session_vector>(std::move(value));
    known_.emplace(hash, added);
    return added;
}

void vector_interner::forget_dead() {
    std::erase_if(known_, [](const auto& entry) { return entry.second.expired(); });
    forget_at_ = std::max<std::size_t>(64, known_.size() * 2);
}

std::string set_statement(const session_vector& from, const session_vector& to,
                          const variable_baseline& baseline) {
    std::string out;
    std::string_view reset;  // on the way, so that it must be said again
    const std::span<const std::string_view> names = tracked_variables();
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto id = static_cast<variable_id>(i);
        const variable_value* initial = value_in(baseline, id);
        const variable_value* has = from.find(id);
        const variable_value* wanted = to.find(id);
        if (has == nullptr) has = initial;
        if (wanted == nullptr) wanted = initial;
        if (wanted == nullptr) continue;  // this server does not know the variable
        if (has != nullptr && *has == *wanted && names[i] != reset) continue;
        out.append(out.empty() ? "SET " : ", ");
        append_assignment(out, id, *wanted);
        if (const std::string_view follower = reset_by(names[i]); !follower.empty())
            reset = follower;
    }
    return out;
}

}  // namespace pool
