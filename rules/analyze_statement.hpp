#pragma once

#include "rules/script.hpp"
#include "rules/statement_facts.hpp"

namespace rules {

/// What one statement of a script is and touches; analyze() is this for each.
statement_facts analyze_statement(const script_statement& statement);

}  // namespace rules
