#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "rules/sql_mode.hpp"

namespace rules {

/// `text` with every call of CONNECTION_ID() replaced by `id`, in a form that has the same type and
/// the same column name; nothing if there is no such call.
///
/// Also nothing where the text names what a server knows connections by (IS_USED_LOCK(), the system
/// schemas): there the server's own id is meant.
std::optional<std::string> with_connection_id(std::string_view text, const lex_options& options,
                                              std::uint32_t id);

/// The same for ROW_COUNT() (its type tried on 9.7).
std::optional<std::string> with_row_count(std::string_view text, const lex_options& options,
                                          std::int64_t count);

}  // namespace rules
