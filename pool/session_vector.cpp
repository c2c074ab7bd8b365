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

template <class Variables>
auto find_user(Variables& variables, std::string_view name) {
    return std::lower_bound(
        variables.begin(), variables.end(), name,
        [](const auto& variable, std::string_view wanted) { return variable.name < wanted; });
}

void append_user_assignment(std::string& out, std::string_view name, std::string_view literal) {
    out.append(out.empty() ? "SET @`" : ", @`");
    for (const char c : name) out.append(c == '`' ? 2 : 1, c);
    out.append("`=").append(literal);
}

/// The part of set_statement() that is about user variables: two sorted lists side by side.
void append_user_variables(std::string& out, std::span<const session_vector::user_variable> from,
                           std::span<const session_vector::user_variable> to) {
    auto has = from.begin();
    auto wanted = to.begin();
    while (has != from.end() || wanted != to.end()) {
        if (wanted == to.end() || (has != from.end() && has->name < wanted->name)) {
            append_user_assignment(out, has->name, "NULL");
            ++has;
        } else if (has == from.end() || wanted->name < has->name) {
            append_user_assignment(out, wanted->name, wanted->literal);
            ++wanted;
        } else {
            if (has->literal != wanted->literal)
                append_user_assignment(out, wanted->name, wanted->literal);
            ++has;
            ++wanted;
        }
    }
}

const variable_value* value_in(std::span<const session_vector::setting> settings, variable_id id) {
    const auto at = find_setting(settings, id);
    return at != settings.end() && at->id == id ? &at->value : nullptr;
}

bool is_carried(variable_id id, carried_defaults carried) {
    switch (carried) {
        case carried_defaults::all:
            return true;
        case carried_defaults::permitted:
            return !takes_privilege(id);
        case carried_defaults::answers:
            return !takes_privilege(id) && !is_about_resources(id);
    }
    return false;
}

/// What a variable is in `state`, on a server that began with `own`; null if it does not know it.
const variable_value* value_on(const session_vector& state, variable_id id,
                               const variable_baseline& own, carried_defaults carried) {
    if (const variable_value* changed = state.find(id)) return changed;
    const variable_value* const initial = value_in(own, id);
    if (initial == nullptr || !state.defaults() || !is_carried(id, carried)) return initial;
    const variable_value* const of_session = value_in(*state.defaults(), id);
    return of_session != nullptr ? of_session : initial;
}

/// How the collation of results goes from one to the other.
class results_step {
public:
    results_step(const session_vector& from, const session_vector& to,
                 const variable_baseline& own) {
        const variable_id results = *find_variable("character_set_results");
        const variable_value* const has = value_on(from, results, own, carried_defaults::all);
        const variable_value* const wanted = value_on(to, results, own, carried_defaults::all);
        const bool moves = has == nullptr || wanted == nullptr || *has != *wanted;
        const std::string_view collation = to.results_collation();
        if (from.results_collation() == collation && !(moves && !collation.empty())) return;
        // Of another character set it would be refused.
        const bool fits = wanted != nullptr && *wanted && collation.starts_with(**wanted + "_");
        if (fits) names_.append("NAMES ").append(**wanted).append(" COLLATE ").append(collation);
        back_to_default_ = !fits;
    }

    /// SET NAMES is the only way; it sets all of them.
    const std::string& names() const noexcept { return names_; }
    bool is_done(std::string_view variable) const {
        return !names_.empty() && variable == "character_set_results";
    }
    bool must_be_said(std::string_view variable) const {
        if (variable == "character_set_results") return back_to_default_;
        return !names_.empty() &&
               (variable == "character_set_client" || variable == "character_set_connection" ||
                variable == "collation_connection");
    }

private:
    std::string names_;
    bool back_to_default_ = false;
};

/// MySQL says of no variable whether it is looked at when a text is prepared or when it is run: all
/// are, but for those of which it is plain that they are not.  To set autocommit could end a
/// transaction.
bool decides_parsing(variable_id id) {
    static constexpr std::string_view of_transactions[] = {
        "autocommit",   "completion_type", "transaction_isolation", "transaction_read_only",
        "tx_isolation", "tx_read_only",
    };
    return std::ranges::find(of_transactions, name_of(id)) == std::end(of_transactions) &&
           !takes_privilege(id) && !is_about_resources(id);
}

/// Where transactions are read only, writes are not even prepared (tried on 9.7).
void allow_writes(session_vector& state) {
    for (const std::string_view name : {"transaction_read_only", "tx_read_only"}) {
        const variable_id id = *find_variable(name);
        const variable_value* const now = state.value_of(id);
        if (now != nullptr && *now && **now != "OFF" && **now != "0") state.set(id, "OFF");
    }
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

const variable_value* session_vector::value_of(variable_id id) const noexcept {
    const variable_value* const changed = find(id);
    return changed != nullptr || !defaults_ ? changed : value_in(*defaults_, id);
}

void session_vector::set(variable_id id, variable_value value) {
    const auto at = find_setting(settings_, id);
    if (at != settings_.end() && at->id == id) {
        at->value = std::move(value);
    } else {
        settings_.insert(at, {id, std::move(value)});
    }
}

void session_vector::set_results_collation(std::string_view collation) {
    const bool is_name = std::all_of(collation.begin(), collation.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
    results_collation_ = is_name ? collation : std::string_view();
}

bool session_vector::set_user_variable(std::string_view name, std::string_view literal) {
    if (literal.size() > user_literal_bytes_max) return false;
    const auto at = find_user(user_variables_, name);
    if (at != user_variables_.end() && at->name == name) {
        at->literal = literal;
        return true;
    }
    if (user_variables_.size() >= user_variables_max) return false;
    user_variables_.insert(at, {std::string(name), std::string(literal)});
    return true;
}

void session_vector::forget_user_variable(std::string_view name) {
    std::erase_if(user_variables_, [&](const user_variable& v) { return v.name == name; });
}

session_vector session_vector::parsing_part() const {
    session_vector part;
    part.schema_ = schema_;
    part.defaults_ = defaults_;
    for (const setting& s : settings_)
        if (decides_parsing(s.id)) part.settings_.push_back(s);
    return part;
}

session_vector session_vector::with_parsing_part(const session_vector& other) const {
    session_vector whole = other.parsing_part();
    if (defaults_ != other.defaults_) {
        whole.defaults_ = defaults_;
        if (other.defaults_) {
            for (const setting& s : *other.defaults_)
                if (decides_parsing(s.id) && whole.find(s.id) == nullptr) whole.set(s.id, s.value);
        }
    }
    for (const setting& s : settings_)
        if (!decides_parsing(s.id)) whole.set(s.id, s.value);
    whole.user_variables_ = user_variables_;
    whole.results_collation_ = results_collation_;
    allow_writes(whole);
    return whole;
}

std::size_t session_vector::hash() const noexcept {
    std::size_t seed = std::hash<std::string>{}(schema_);
    mix(seed, std::hash<const void*>{}(defaults_.get()));
    mix(seed, std::hash<std::string>{}(results_collation_));
    for (const setting& s : settings_) {
        mix(seed, static_cast<std::size_t>(s.id));
        mix(seed, s.value ? std::hash<std::string>{}(*s.value) : 0);
    }
    for (const user_variable& v : user_variables_) {
        mix(seed, std::hash<std::string>{}(v.name));
        mix(seed, std::hash<std::string>{}(v.literal));
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

shared_baseline vector_interner::intern_defaults(shared_baseline defaults) {
    if (!defaults) return defaults;
    std::erase_if(known_defaults_, [](const auto& entry) { return entry.expired(); });
    for (const auto& entry : known_defaults_)
        if (shared_baseline known = entry.lock(); known && *known == *defaults) return known;
    known_defaults_.push_back(defaults);
    return defaults;
}

void vector_interner::forget_dead() {
    std::erase_if(known_, [](const auto& entry) { return entry.second.expired(); });
    forget_at_ = std::max<std::size_t>(64, known_.size() * 2);
}

std::string mariadb_tracking_statement(const variable_baseline& known) {
    std::string out =
        "SET SESSION session_track_schema=ON, session_track_state_change=ON, "
        "session_track_transaction_info=CHARACTERISTICS, session_track_system_variables='";
    for (const session_vector::setting& variable : known) {
        if (out.back() != '\'') out += ',';
        out += name_of(variable.id);
    }
    return out += "'";
}

std::string set_statement(const session_vector& from, const session_vector& to,
                          const variable_baseline& own, carried_defaults carried) {
    const bool same_defaults = from.defaults() == to.defaults();
    std::string out;
    const results_step results(from, to, own);
    if (!results.names().empty()) out.append("SET ").append(results.names());
    std::string_view reset;  // on the way, so that it must be said again
    const std::span<const std::string_view> names = tracked_variables();
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto id = static_cast<variable_id>(i);
        const bool changed = from.find(id) != nullptr || to.find(id) != nullptr;
        const bool again = names[i] == reset || results.must_be_said(names[i]);
        if (!changed && same_defaults && !again) continue;
        const variable_value* has = value_on(from, id, own, carried);
        const variable_value* wanted = value_on(to, id, own, carried);
        if (wanted == nullptr) continue;  // this server does not know the variable
        if (results.is_done(names[i])) continue;
        const bool said = has != nullptr && *has == *wanted && names[i] != reset;
        if (said && !results.must_be_said(names[i])) continue;
        out.append(out.empty() ? "SET " : ", ");
        append_assignment(out, id, *wanted);
        if (const std::string_view follower = reset_by(names[i]); !follower.empty())
            reset = follower;
    }
    append_user_variables(out, from.user_variables(), to.user_variables());
    return out;
}

}  // namespace pool
