#include "proxy/server_facts.hpp"

#include <algorithm>
#include <charconv>

namespace proxy {

namespace {

pool::variable_id wait_timeout_id() {
    static const pool::variable_id id = *pool::find_variable("wait_timeout");
    return id;
}

}  // namespace

std::chrono::seconds idle_max(const server_facts& server, const pool::session_vector& state) {
    constexpr std::uint64_t year = 365 * 24 * 3600;  // MySQL's own limit
    std::uint64_t seconds = server.wait_timeout;
    const pool::variable_value* own = state.value_of(wait_timeout_id());
    if (own != nullptr && *own)
        std::from_chars((*own)->data(), (*own)->data() + (*own)->size(), seconds);
    return std::chrono::seconds(std::min(seconds, year));
}

std::uint32_t version_number(std::string_view version) {
    // MariaDB puts this before its own, for replicas that know one digit only.
    constexpr std::string_view disguise = "5.5.5-";
    if (version.starts_with(disguise)) version.remove_prefix(disguise.size());
    std::uint32_t parts[3] = {};
    const char* at = version.data();
    const char* const end = at + version.size();
    for (std::uint32_t& part : parts) {
        const auto [next, failed] = std::from_chars(at, end, part);
        if (failed != std::errc() || part > 99) return 80400;
        at = next;
        if (at != end && *at == '.') ++at;
    }
    return parts[0] * 10'000 + parts[1] * 100 + parts[2];
}

std::size_t prepared_per_connection(const server_facts& server, std::size_t connections,
                                    std::size_t wanted) {
    const std::uint64_t part = server.max_prepared_stmt_count / 2 / connections;
    return static_cast<std::size_t>(std::clamp<std::uint64_t>(part, 1, wanted));
}

pool::session_vector state_after_login(const server_facts& server, std::uint16_t collation,
                                       std::string_view schema, bool interactive) {
    pool::session_vector state;
    state.use_schema(schema);
    if (interactive && !server.interactive_timeout.empty())
        state.set(*pool::find_variable("wait_timeout"), server.interactive_timeout);
    const auto known = server.collations.find(collation);
    if (known == server.collations.end()) return state;
    const auto set = [&](std::string_view name, const std::string& value) {
        state.set(*pool::find_variable(name), value);
    };
    set("character_set_client", known->second.charset);
    set("character_set_connection", known->second.charset);
    set("character_set_results", known->second.charset);
    set("collation_connection", known->second.name);
    if (!known->second.is_default) state.set_results_collation(known->second.name);
    return state;
}

namespace {

/// MySQL names modes in the order of their bits, whatever order they were set in.
std::string with_ignore_space(std::string_view sql_mode) {
    constexpr std::string_view added = "IGNORE_SPACE";
    std::string out;
    bool is_there = false;
    const auto add = [&](std::string_view mode) {
        if (!out.empty()) out += ',';
        out += mode;
    };
    while (!sql_mode.empty()) {
        const std::string_view mode = sql_mode.substr(0, sql_mode.find(','));
        sql_mode.remove_prefix(std::min(mode.size() + 1, sql_mode.size()));
        const bool comes_before =
            mode == "REAL_AS_FLOAT" || mode == "PIPES_AS_CONCAT" || mode == "ANSI_QUOTES";
        if (!comes_before && !is_there && mode != added) add(added);
        is_there = is_there || !comes_before;
        add(mode);
    }
    if (!is_there) add(added);
    return out;
}

}  // namespace

pool::shared_baseline ignoring_space(const pool::shared_baseline& defaults) {
    if (!defaults) return nullptr;
    const pool::variable_id id = *pool::find_variable("sql_mode");
    auto changed = std::make_shared<pool::variable_baseline>(*defaults);
    for (pool::session_vector::setting& one : *changed)
        if (one.id == id) one.value = with_ignore_space(one.value.value_or(""));
    return changed;
}

}  // namespace proxy
