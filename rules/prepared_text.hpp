#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "rules/sql_mode.hpp"

namespace rules {

/// The statement that PREPARE name FROM 'text' prepares; nothing if `text` is no such statement, or
/// takes it from a variable.
std::optional<std::string> prepared_text(std::string_view text, const lex_options& options);

}  // namespace rules
