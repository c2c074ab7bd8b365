#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "rules/sql_mode.hpp"
#include "rules/statement_facts.hpp"

namespace rules {

/// The statements, and the conditions and values between them, in the body of a stored routine or a
/// trigger, or of a view's definition, in the order of the text: BEGIN a; IF b THEN c; END IF; END
/// gives a, b and c.  A condition has the class `unknown`.
///
/// Nothing if a limit (limits.hpp) was reached.  A statement that is cut wrongly, which takes a
/// body that no server accepts, has its parts in other pieces; nothing is lost.
std::optional<std::vector<statement_facts>> statements_of_body(std::string_view body,
                                                               const lex_options& options);

}  // namespace rules
