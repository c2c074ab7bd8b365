#pragma once

#include <string>
#include <vector>

#include "protocol/server_status.hpp"
#include "proxy/session_state.hpp"
#include "rules/analyze.hpp"

namespace session_test {

using change = protocol::session_change;
using change_type = protocol::session_track_type;

/// How a server answers a statement.
struct answer {
    std::vector<change> changes{};
    std::uint16_t status = protocol::server_status::autocommit;
    std::uint64_t last_insert_id = 0;
    std::uint16_t warnings = 0;
    std::uint8_t header = protocol::ok_packet::plain_header;
    bool failed = false;
};

/// A session's state, and a server that answers as the test says.
class talk {
public:
    /// Returns the news that the client is told.
    std::vector<std::uint8_t> run(const std::string& sql, const answer& answered = {}) {
        state.begin_command();
        const rules::script_facts facts = rules::analyze(sql, state.lexing());
        std::vector<std::uint8_t> news;
        if (!answered.failed) news = ok(answered);
        state.end_script(facts, sql, answered.failed);
        return news;
    }
    std::vector<std::uint8_t> ok(const answer& answered) {
        std::vector<std::uint8_t> session_state;
        protocol::writer out(session_state);
        for (const change& c : answered.changes) protocol::encode(c, out);
        protocol::ok_packet ok{.header = answered.header,
                               .last_insert_id = answered.last_insert_id,
                               .status = answered.status,
                               .warnings = answered.warnings};
        ok.session_state = session_state;
        const auto news = state.on_ok(ok);
        return {news.begin(), news.end()};
    }
    std::string value(std::string_view name) const {
        const auto* found = state.vector()->find(*pool::find_variable(name));
        return found == nullptr ? "unchanged" : found->value_or("NULL");
    }
    std::vector<std::string> asked() const {
        std::vector<std::string> names;
        for (const auto id : state.to_ask()) names.emplace_back(pool::name_of(id));
        return names;
    }

    pool::vector_interner vectors{};
    proxy::session_state state{vectors, {}, {}};
};

inline answer changed(std::vector<change> changes) {
    answer made;
    made.changes = std::move(changes);
    return made;
}

inline change variable(std::string_view name, std::string_view value) {
    return {change_type::system_variables, name, value};
}

inline const change something_changed{change_type::state_change, {}, "1"};

}  // namespace session_test
