#pragma once

#include <string>
#include <string_view>

namespace router {

bool is_ascii(std::string_view text) noexcept;

/// ASCII letters in lower case; other bytes as they are.
std::string to_lower(std::string_view text);

/// Whether two names, in lower case as far as they are ASCII, may be one name to MySQL.
///
/// MySQL compares column names without regard to case in all of Unicode, and here the character set
/// of a name's bytes is not known.  But only k, i and s have case variants beyond ASCII (the Kelvin
/// sign, dotted and dotless i, the long s).  So names that are not both ASCII are compared without
/// those letters and without all that is not ASCII.  Never false for names that are one, as long as
/// ASCII bytes are ASCII characters (see rules::multibyte).
bool may_be_same(std::string_view a, std::string_view b) noexcept;

}  // namespace router
