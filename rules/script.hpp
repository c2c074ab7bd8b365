#pragma once

#include <vector>

#include "rules/symbols.hpp"

namespace rules {

/// One statement of a text: its symbols without hints, version marks and repeated rows.
struct script_statement {
    std::vector<symbol> symbols;  ///< a parameter's `slot` is its ordinal in the text
    bool version_comment = false;
};

/// Cuts a text at its semicolons, those inside a stored program's body left out.  At least one
/// statement, at most statements_max (what is behind them is not looked at: see `complete`).
struct script {
    std::vector<script_statement> statements;
    bool complete = true;
};

script split(const symbol_list& symbols);

}  // namespace rules
