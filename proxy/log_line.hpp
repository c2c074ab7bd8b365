#pragma once

#include <string>
#include <string_view>

/// The form of one line of the log, without time and level: `event key=value key="a value"`.
namespace proxy {

/// Appends `value` as it stands behind `key=`: as it is if it is one plain word, else in double
/// quotes with JSON's escapes.  At most `value_bytes_max` bytes of it; then "…" marks the cut.
void append_value(std::string& line, std::string_view value);

inline constexpr std::size_t value_bytes_max = 1024;

/// Whether `line` has the form of an event.
bool is_event_line(std::string_view line);

/// An event line as a JSON object.  Plain words that are integers become numbers.
std::string event_line_to_json(std::string_view time, std::string_view level,
                               std::string_view line);

}  // namespace proxy
