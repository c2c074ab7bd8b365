#pragma once

#include <vector>

#include "rules/statement_facts.hpp"
#include "rules/symbols.hpp"

namespace rules {

/// The tables a statement names, as far as their place tells.
struct table_references {
    std::vector<table_name> tables;  ///< distinct and sorted, without common table expressions
    std::vector<bool> is_table;      ///< per symbol: part of a table's name
};

table_references tables_of(symbol_span statement);

}  // namespace rules
