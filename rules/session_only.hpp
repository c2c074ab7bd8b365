#pragma once

#include "rules/statement_facts.hpp"
#include "rules/symbols.hpp"

namespace rules {

/// Whether all that a SELECT asks for is what its session is: system variables, DATABASE(),
/// VERSION(), or one of CONNECTION_ID() and LAST_INSERT_ID() alone; so that two sessions in equal
/// states get the same answer.  A list of what is known to be so: in doubt, not.
///
/// A SELECT of literals is not: clients ask for it to know whether the server is there.
bool is_session_only_read(symbol_span statement);

/// Likewise of a SET: whether it gives session variables values that only the session decides.
/// @param values  what read_set_statement() returned
bool is_session_only_set(symbol_span values, const statement_facts& facts);

}  // namespace rules
