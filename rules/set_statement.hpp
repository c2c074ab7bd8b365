#pragma once

#include <vector>

#include "rules/statement_facts.hpp"
#include "rules/symbols.hpp"

namespace rules {

/// Reads a SET statement (the first symbol is SET): its class, assignments and effects.
///
/// Returns the values' symbols, whose effects and names are the statement's; what is assigned to is
/// neither read nor a name.
std::vector<symbol> read_set_statement(symbol_span statement, statement_facts& facts);

}  // namespace rules
