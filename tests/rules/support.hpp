#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rules/analyze.hpp"
#include "rules/digest.hpp"

// Short forms for the tables of the tests.
namespace rules {

inline const lex_options mysql_9{.server_version = 90700};

inline statement_facts facts(std::string_view text, const lex_options& options = mysql_9) {
    return analyze(text, options).front();
}

inline std::string class_of(std::string_view text) {
    return std::string(to_string(facts(text).cls));
}

/// "class effect effect ..."
inline std::string summary(std::string_view text, const lex_options& options = mysql_9) {
    const statement_facts f = facts(text, options);
    const std::string effects = to_string(f.effects);
    return std::string(to_string(f.cls)) + (effects.empty() ? "" : " ") + effects;
}

inline std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const auto& word : words) out += (out.empty() ? "" : " ") + word;
    return out;
}

inline bool same_digest(std::string_view a, std::string_view b,
                        const lex_options& options = mysql_9) {
    return digest_of(a, options) == digest_of(b, options);
}

}  // namespace rules
