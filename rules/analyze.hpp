#pragma once

#include <string_view>

#include "rules/sql_mode.hpp"
#include "rules/statement_facts.hpp"

namespace rules {

/// Reads a text as the server will and says what its statements are and touch.
///
/// Never fails: what is no statement is `unknown`, and what the server will refuse may be anything.
/// Costs microseconds and allocates; on the query path ask facts_cache, which calls this once per
/// digest.  Depends on nothing but what `digest_of` covers: equal digests have equal facts.
script_facts analyze(std::string_view text, const lex_options& options);

}  // namespace rules
