#include "router/decide.hpp"

#include <optional>

namespace router {
namespace {

using rules::effect;
using rules::effect_set;
using rules::statement_class;

constexpr effect_set writes =
    effect::select_into | effect::opens_handler | effect::closes_handler | effect::local_infile |
    effect::changes_identity | effect::sets_sql_log_bin | effect::implicit_commit |
    effect::takes_get_lock | effect::releases_lock | effect::locks_globally;

constexpr effect_set session_state = effect::reads_user_variable | effect::writes_user_variable |
                                     effect::reads_last_insert_id | effect::sets_last_insert_id |
                                     effect::reads_found_rows | effect::sets_found_rows |
                                     effect::reads_row_count | effect::reads_warnings;

constexpr effect_set server_specific =
    effect::server_specific | effect::reads_system_variable | effect::version_comment;

// Why the statement must run on the primary whatever copies there are.
std::optional<reason> needs_primary(const rules::script_facts& script,
                                    const session_view& session) {
    if (session.in_transaction) return reason::in_transaction;
    if (session.pinned) return reason::pinned;
    if (script.statements.empty()) return reason::not_a_read;
    if (!script.single()) return reason::several_statements;

    const rules::statement_facts& statement = script.front();
    if (statement.cls == statement_class::locking_read) return reason::locks_rows;
    if (statement.cls != statement_class::read || statement.effects.has(writes))
        return reason::not_a_read;
    if (statement.effects.has(session_state)) return reason::session_state;
    if (statement.effects.has(server_specific)) return reason::server_specific;
    if (session.level == consistency::strong) return reason::strong_consistency;
    return std::nullopt;
}

bool is_fresh(const edge_view& edge, const session_view& session) {
    if (session.level == consistency::eventual) return true;
    if (edge.watermark == nullptr) return false;
    return session.must_see == nullptr || edge.watermark->contains(*session.must_see);
}

/// The nearest edge seen so far; the first of equals.
class nearest {
public:
    explicit nearest(const topology& cluster) : cluster_(cluster) {}
    void offer(std::size_t edge) {
        if (!best_ || cluster_.edges[edge].round_trip < cluster_.edges[*best_].round_trip)
            best_ = edge;
    }
    std::optional<std::size_t> best() const noexcept { return best_; }

private:
    const topology& cluster_;
    std::optional<std::size_t> best_{};
};

}  // namespace

decision decide(const rules::script_facts& script, const session_view& session,
                const topology& cluster, std::string_view text, const rules::lex_options& options) {
    if (const auto why = needs_primary(script, session)) return {target::primary, *why};

    nearest fresh(cluster), behind(cluster);
    std::optional<coverage_verdict> not_covered;
    bool in_other_zone = false;
    for (std::size_t i = 0; i < cluster.edges.size(); ++i) {
        const edge_view& edge = cluster.edges[i];
        if (!edge.up || edge.holds == nullptr) continue;
        auto verdict = covers(*edge.holds, script.front(), session.schema, text, options);
        if (!verdict)
            not_covered = std::move(verdict);
        else if (session.in_system_time_zone && edge.other_time_zone)
            in_other_zone = true;
        else
            (is_fresh(edge, session) ? fresh : behind).offer(i);
    }

    if (const auto edge = fresh.best()) return {target::edge, reason::edge_fresh, *edge};
    if (const auto edge = behind.best()) {
        if (session.may_wait) return {target::wait_for_edge, reason::edge_may_catch_up, *edge};
        return {target::primary, reason::edge_behind};
    }
    if (in_other_zone) return {target::primary, reason::edge_time_zone};
    if (not_covered) return {target::primary, reason::not_covered, 0, std::move(*not_covered)};
    return {target::primary, reason::no_edge};
}

std::string_view to_string(consistency level) noexcept {
    switch (level) {
        case consistency::strong:
            return "strong";
        case consistency::session:
            return "session";
        case consistency::eventual:
            return "eventual";
    }
    return "invalid";
}

std::string_view to_string(target to) noexcept {
    switch (to) {
        case target::primary:
            return "primary";
        case target::edge:
            return "edge";
        case target::wait_for_edge:
            return "wait_for_edge";
    }
    return "invalid";
}

std::string_view to_string(reason why) noexcept {
    switch (why) {
        case reason::in_transaction:
            return "in_transaction";
        case reason::pinned:
            return "pinned";
        case reason::not_a_read:
            return "not_a_read";
        case reason::locks_rows:
            return "locks_rows";
        case reason::several_statements:
            return "several_statements";
        case reason::session_state:
            return "session_state";
        case reason::server_specific:
            return "server_specific";
        case reason::strong_consistency:
            return "strong_consistency";
        case reason::no_edge:
            return "no_edge";
        case reason::not_covered:
            return "not_covered";
        case reason::edge_time_zone:
            return "edge_time_zone";
        case reason::edge_behind:
            return "edge_behind";
        case reason::edge_fresh:
            return "edge_fresh";
        case reason::edge_may_catch_up:
            return "edge_may_catch_up";
    }
    return "invalid";
}

}  // namespace router
