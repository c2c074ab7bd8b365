#pragma once

#include <vector>

#include "rules/statement_facts.hpp"
#include "rules/symbols.hpp"

namespace rules {

/// The conditions `column = value` and `column IN (values)` that hold for every row a SELECT reads
/// from its one table; none where the statement is anything else or the least doubt is left.
std::vector<equality> equalities_of(symbol_span statement);

}  // namespace rules
