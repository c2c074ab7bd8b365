#include "proxy/tracker_wishes.hpp"

#include <algorithm>
#include <array>
#include <boost/algorithm/string/case_conv.hpp>
#include <boost/algorithm/string/split.hpp>
#include <boost/algorithm/string/trim.hpp>

#include "rules/literal.hpp"

namespace proxy {
namespace {

std::string value_of(const rules::assignment& set) {
    using kind = rules::assignment::value_kind;
    std::string value = set.kind == kind::string ? rules::string_value(set.text, {}) : set.text;
    boost::algorithm::to_lower(value);
    return value;
}

bool is_on(const std::string& value) {
    return value == "on" || value == "1" || value == "true";
}

// MySQL's default of session_track_system_variables.
constexpr std::array<std::string_view, 5> default_variables{
    "time_zone", "autocommit", "character_set_client", "character_set_results",
    "character_set_connection"};

template <class Names>
bool names(const Names& known, std::string_view name) {
    return std::find(known.begin(), known.end(), name) != known.end();
}

}  // namespace

bool tracker_wishes::assign(const rules::assignment& set) {
    if (!set.name.starts_with("session_track_")) return false;
    const bool reset = set.kind == rules::assignment::value_kind::default_value;
    const std::string value = value_of(set);
    if (set.name == "session_track_schema") {
        schema_ = reset || is_on(value);
    } else if (set.name == "session_track_state_change") {
        state_change_ = !reset && is_on(value);
    } else if (set.name == "session_track_gtids") {
        gtids_ = !reset && value != "off" && value != "0";
    } else if (set.name == "session_track_transaction_info") {
        transaction_characteristics_ = !reset && (value == "characteristics" || value == "2");
        transaction_state_ =
            transaction_characteristics_ || (!reset && (value == "state" || value == "1"));
    } else if (set.name == "session_track_system_variables") {
        if (reset) {
            variables_.reset();
            all_variables_ = false;
            return true;
        }
        all_variables_ = value == "*";
        variables_.emplace();
        boost::algorithm::split(*variables_, value, [](char c) { return c == ','; });
        for (std::string& name : *variables_) boost::algorithm::trim(name);
    }
    return true;
}

bool tracker_wishes::wants(const protocol::session_change& change) const {
    using type = protocol::session_track_type;
    switch (change.type) {
        case type::system_variables:
            return all_variables_ || (variables_ ? names(*variables_, change.name)
                                                 : names(default_variables, change.name));
        case type::schema:
            return schema_;
        case type::state_change:
            return state_change_;
        case type::gtids:
            return gtids_;
        case type::transaction_characteristics:
            return transaction_characteristics_;
        case type::transaction_state:
            return transaction_state_;
    }
    return false;  // a type that we do not know cannot have been asked for
}

void tracker_wishes::filter(protocol::bytes_view session_state,
                            std::vector<std::uint8_t>& out) const {
    protocol::session_track_reader in(session_state);
    protocol::writer told(out);
    while (in.next())
        if (wants(in.change())) protocol::encode(in.change(), told);
}

std::vector<std::uint8_t> merged_news(protocol::bytes_view older, protocol::bytes_view newer) {
    std::vector<protocol::session_change> changes;
    for (const protocol::bytes_view news : {older, newer}) {
        protocol::session_track_reader in(news);
        while (in.next()) {
            std::erase_if(changes, [&](const protocol::session_change& earlier) {
                return earlier.type == in.change().type && earlier.name == in.change().name;
            });
            const auto behind =
                std::upper_bound(changes.begin(), changes.end(), in.change(),
                                 [](const auto& a, const auto& b) { return a.type < b.type; });
            changes.insert(behind, in.change());
        }
    }
    std::vector<std::uint8_t> out;
    protocol::writer told(out);
    for (const protocol::session_change& change : changes) protocol::encode(change, told);
    return out;
}

}  // namespace proxy
