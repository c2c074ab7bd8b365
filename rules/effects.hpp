#pragma once

#include <vector>

#include "rules/statement_facts.hpp"
#include "rules/symbols.hpp"

namespace rules {

/// Adds to `facts` what each symbol of the statement tells by itself: effects, names, schema
/// qualifiers, system variables and unknown functions.  Uses facts.cls.
/// @param is_table  per symbol, from tables_of(); a table followed by "(" is no function.
void scan_effects(symbol_span statement, const std::vector<bool>& is_table, statement_facts& facts);

}  // namespace rules
