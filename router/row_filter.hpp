#pragma once

#include <string_view>

#include "router/coverage.hpp"

namespace router {

/// Whether every row `statement` can see is one that `filter` keeps: one of its equalities fixes
/// the filter's column to literals that are all among the filter's values.
///
/// Equalities exist only for a SELECT from exactly one table; that it is the filter's table is for
/// the caller to check.  Parameters of a prepared statement are no literals, so they do not pin.
bool pins_rows(const row_filter& filter, const rules::statement_facts& statement,
               std::string_view text, const rules::lex_options& options);

}  // namespace router
