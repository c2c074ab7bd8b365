#pragma once

#include <optional>
#include <string_view>

#include "rules/statement_facts.hpp"

namespace rules {

/// What calling MySQL's own function `name` (lower case) means for a statement, often nothing; or
/// nullopt where MySQL has no such function, so that it is a stored or a loadable one.
///
/// Functions that are keywords of the grammar (COUNT, NOW, IF, ...) are not here: a quoted `now`()
/// is a stored function to the server.  For those see effects_of_keyword_call().
std::optional<effect_set> effects_of_function(std::string_view name);

/// What a keyword (upper case) followed by "(" means: USER(), ROW_COUNT(); nothing for most.
effect_set effects_of_keyword_call(std::string_view name);

}  // namespace rules
