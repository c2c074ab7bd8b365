#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace pool {

/// A session variable that Tidegate follows, by its place in tracked_variables().
enum class variable_id : std::uint8_t {};

/// The session variables whose value can be replayed on another connection with SET: sorted names.
///
/// The server reports their changes (session_track_system_variables); names that a server does not
/// know are ignored by it with a warning, so one list serves every version.  A list instead of '*',
/// because '*' puts `statement_id` in every OK packet (tried on 9.7).
///
/// Left out on purpose: `timestamp` (the server reports the old value after SET … = DEFAULT, tried
/// on 9.7), `last_insert_id`, `insert_id`, `rand_seed*`, `gtid_next`, `sql_log_bin`, `profiling`:
/// not settings but state, a session that touches them keeps its connection.
std::span<const std::string_view> tracked_variables() noexcept;

/// The id of a variable; the name in lower case.  Nothing for those that are not followed.
std::optional<variable_id> find_variable(std::string_view name) noexcept;

std::string_view name_of(variable_id id) noexcept;

/// True if only accounts with a privilege may set it, even for their own session (tried on 9.7 with
/// one that has none).
bool takes_privilege(variable_id id) noexcept;
/// True if it says how long, how fast or with how much memory a statement runs, not what it
/// answers.
bool is_about_resources(variable_id id) noexcept;

/// A variable's value as the server reports it: text, or nothing for NULL.
using variable_value = std::optional<std::string>;

/// Appends "name=value" as SET takes it: numbers bare, NULL, everything else quoted so that it
/// means the same under every sql_mode.
void append_assignment(std::string& out, variable_id id, const variable_value& value);

/// The value that a tracker's text stands for: character_set_results is reported empty for NULL.
variable_value value_from_tracker(variable_id id, std::string_view text);

/// The statements that a backend connection begins with: turn the session trackers on, and read the
/// tracked variables' initial values.
std::string_view tracking_statement();
std::string_view baseline_query(bool of_mariadb = false);
/// Lets a session see every row of the lists above, whatever max_join_size says.
inline std::string_view unlimited_statement() {
    return "SET sql_big_selects=1";
}
/// Their global values, and what else new sessions depend on.
std::string_view globals_query(bool of_mariadb = false);

}  // namespace pool
