#pragma once

#include <string_view>

#include "rules/sql_mode.hpp"
#include "rules/statement_facts.hpp"

namespace rules {

/// True if the script, whose text is `text`, may change which routines, triggers and views there
/// are, what they do or what they are called.  Costs nothing unless it has DDL.
bool may_change_stored_code(const script_facts& script, std::string_view text,
                            const lex_options& options);

}  // namespace rules
