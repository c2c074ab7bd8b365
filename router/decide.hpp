#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/gtid_set.hpp"
#include "router/coverage.hpp"
#include "rules/analyze.hpp"

namespace router {

/// What a read may miss (design, section 4).
enum class consistency { strong, session, eventual };

std::string_view to_string(consistency level) noexcept;

/// One copy that reads may go to, as a worker knows it now.
struct edge_view {
    std::string name;
    bool up = false;                                        // connections to it succeed
    std::shared_ptr<const coverage> holds{};                // null: nothing may be read there
    std::shared_ptr<const protocol::gtid_set> watermark{};  // null: unknown, so behind everything
    std::chrono::microseconds round_trip{};                 // smoothed
    bool other_time_zone = false;  // what time_zone = SYSTEM means there is not the primary's
};

/// What a worker knows of the cluster.  Replaced piece by piece on its own thread.
struct topology {
    std::vector<edge_view> edges;
};

/// What the decision needs to know of a session.
struct session_view {
    bool in_transaction = false;  // explicit, or autocommit is off
    bool pinned = false;
    std::string_view schema{};                     // default schema, empty if none
    const protocol::gtid_set* must_see = nullptr;  // what the session wrote; null: nothing
    consistency level = consistency::session;
    bool may_wait = true;  // false once the wait for a copy is over
    bool in_system_time_zone = false;
};

enum class target { primary, edge, wait_for_edge };

std::string_view to_string(target to) noexcept;

/// Why a statement goes where it goes: log field, metric label and the answer of "explain".
enum class reason {
    in_transaction,
    pinned,
    not_a_read,
    locks_rows,
    several_statements,
    session_state,    // reads user variables, warnings, LAST_INSERT_ID() …
    server_specific,  // @@variables, CONNECTION_ID(), SLEEP() …: must mean the primary's
    strong_consistency,
    no_edge,           // none is configured, or none is up
    not_covered,       // decision::coverage says which name
    edge_time_zone,    // the session's is the server's own, and the edge's is another
    edge_behind,       // waited as long as allowed, or may not wait
    edge_fresh,        // target edge
    edge_may_catch_up  // target wait_for_edge
};

inline constexpr std::size_t reason_count = static_cast<std::size_t>(reason::edge_may_catch_up) + 1;

std::string_view to_string(reason why) noexcept;

struct decision {
    target to = target::primary;
    reason why = reason::not_a_read;
    std::size_t edge = 0;         // index into topology::edges, if `to` is not primary
    coverage_verdict coverage{};  // of the last edge looked at, if why is not_covered

    friend bool operator==(const decision&, const decision&) = default;
};

/// Decides where one statement runs, and says why.
///
/// Pure: no I/O and no clock; equal arguments give an equal decision.  What must hold comes before
/// what is preferred; among edges that may serve the read, the nearest is taken.
/// The same function serves sessions, `tidegate explain` and the admin interfaces.
decision decide(const rules::script_facts& script, const session_view& session,
                const topology& cluster, std::string_view text, const rules::lex_options& options);

/// One sentence for a person, such as "primary: column 'email' of shop.customers is not on the
/// edge".
std::string explain(const decision& d, const topology& cluster);

}  // namespace router
