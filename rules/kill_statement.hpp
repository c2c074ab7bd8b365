#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "rules/sql_mode.hpp"

namespace rules {

/// KILL [CONNECTION | QUERY] id.
struct kill_statement {
    bool query_only = false;          ///< KILL QUERY
    std::optional<std::uint64_t> id;  ///< if it was written as a number
    std::string_view expression;      ///< what was written; points into the text
};

/// Nothing if `text` is not one KILL statement alone.
std::optional<kill_statement> read_kill(std::string_view text, const lex_options& options);

}  // namespace rules
