#pragma once

#include "rules/statement_facts.hpp"
#include "rules/symbols.hpp"

namespace rules {

/// Sets the class of a statement, what goes with it (explained, transaction, subject) and the
/// effects that the class implies.  SET is left to read_set_statement().
void classify(symbol_span statement, statement_facts& facts);

}  // namespace rules
