#pragma once

#include <string_view>
#include <vector>

namespace rules {

/// A setting in the comment a statement starts with: /* tidegate: consistency=strong wait=50ms */
struct hint {
    std::string_view key;    ///< points into the statement; letters, digits, '_', '-' and '.'
    std::string_view value;  ///< up to the next space, or quoted with '"' (without escapes)
    friend bool operator==(const hint&, const hint&) = default;
};

/// The settings of every comment `/* tidegate: ... */` before the statement's first token.
///
/// They come from the client and nobody has checked them: apply only those that the user's rules
/// permit.  They are no part of the digest or of the facts, so a token that changes with every
/// statement costs nothing.  A comment that is not well formed gives the settings before the fault.
/// At most 16 settings; the rest is ignored.  Allocates only if there is a hint.
std::vector<hint> hints_of(std::string_view text);

}  // namespace rules
