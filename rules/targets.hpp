#pragma once

#include "rules/statement_facts.hpp"
#include "rules/symbols.hpp"

namespace rules {

/// The table that CREATE TEMPORARY TABLE makes, or those that DROP [TEMPORARY] TABLE names, exactly
/// as spelled; nothing for other statements, and none from the first name on that is a keyword.
std::vector<table_name> targets_of(symbol_span statement);

/// The name that HANDLER … OPEN gives to the open table, or that HANDLER … CLOSE closes; lower case
/// (ASCII), as the server compares them.
std::string handler_name_of(symbol_span statement);

}  // namespace rules
