#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "pool/session_vector.hpp"
#include "rules/sql_mode.hpp"

namespace proxy {

/// What Tidegate has learned from the primary about all servers of the cluster.  Immutable;
/// replaced when the primary is another one, or its global variables have changed.
struct server_facts {
    struct collation {
        std::string charset;
        std::string name;
        bool is_default = false;  // of the character set
    };

    std::string version = "8.4.0";   // what clients are greeted with
    std::uint32_t capabilities = 0;  // that it offers
    rules::lex_options lexing{};     // by its version and its global sql_mode
    std::unordered_map<std::uint16_t, collation> collations{};  // by id
    std::uint64_t max_prepared_stmt_count = 16'382;  // of all its connections; MySQL's default
    pool::shared_baseline defaults{};     // of a session that logs in now; null: not known yet
    bool runs_init_connect = false;       // so that accounts begin with more than these
    std::string interactive_timeout{};    // seconds; empty: not known
    std::uint64_t wait_timeout = 28'800;  // seconds, after which it ends idle sessions
};

/// How many statements one of `connections` to a server may keep prepared, at most `wanted`: all
/// together half of what the server allows, for it has other clients.  At least one.
std::size_t prepared_per_connection(const server_facts& server, std::size_t connections,
                                    std::size_t wanted);

/// 9.7.4-2 → 90704, 5.5.5-10.11.18-MariaDB → 101118; 80400 for what is no version.
std::uint32_t version_number(std::string_view version);

/// The state of a session that has just logged in with a collation id and a schema.  An id that the
/// server does not know leaves the server's own character set, as in MySQL.  An `interactive`
/// client's wait_timeout is interactive_timeout.
pool::session_vector state_after_login(const server_facts& server, std::uint16_t collation,
                                       std::string_view schema, bool interactive);

/// What sessions begin with whose client has said CLIENT_IGNORE_SPACE; null stays null.
pool::shared_baseline ignoring_space(const pool::shared_baseline& defaults);

/// For how long a session in this state may be idle: its own wait_timeout, or the server's.
std::chrono::seconds idle_max(const server_facts& server, const pool::session_vector& state);

}  // namespace proxy
