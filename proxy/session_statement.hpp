#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "pool/backend_connection.hpp"
#include "pool/prepared_registry.hpp"
#include "rules/sql_mode.hpp"
#include "rules/statement_facts.hpp"
#include "rules/statement_history.hpp"

namespace proxy {

/// A statement that a client has prepared.  Its id towards the client is Tidegate's own; which
/// server connections know it, and under what id, is their prepared_cache's business.
struct session_statement {
    pool::shared_prepared_text text;
    std::shared_ptr<const rules::script_facts> facts;
    std::uint64_t facts_generation = 0;  // of the cache that they are from
    rules::lex_options lexing{};         // by which they were found
    std::shared_ptr<rules::statement_history> history;
    std::uint16_t parameters = 0;
    std::vector<std::uint8_t> types{};  // as last bound by the client
    bool types_known = false;
    bool has_long_data = false;    // sent to the held connection, for the next execution
    bool has_cursor = false;       // open on the held connection
    bool lacks_long_data = false;  // there was no memory for a part of it
    pool::memory_share memory{};
    /// Why long data for the next execution went nowhere: it could not be prepared where the
    /// session is.  Null if it did not.
    std::unique_ptr<const pool::server_refusal> refused_data{};
};

}  // namespace proxy
