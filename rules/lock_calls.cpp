#include "rules/lock_calls.hpp"

#include <optional>

#include "rules/lexer.hpp"
#include "rules/names.hpp"

namespace rules {
namespace {

std::optional<lock_call::kind> kind_of(const token& t) {
    if (t.kind != token_kind::word && t.kind != token_kind::quoted_word) return std::nullopt;
    const std::string name = lower_name_of(t);
    if (name == "get_lock") return lock_call::kind::take;
    if (name == "release_lock") return lock_call::kind::release;
    if (name == "release_all_locks") return lock_call::kind::release_all;
    return std::nullopt;
}

bool is(const token& t, char c) {
    return t.kind == token_kind::punctuation && t.text.size() == 1 && t.text[0] == c;
}

}  // namespace

std::vector<lock_call> lock_calls(std::string_view text, const lex_options& options) {
    std::vector<lock_call> found;
    lexer in(text, options);
    for (token t = in.next(); t.kind != token_kind::end; t = in.next()) {
        const auto what = kind_of(t);
        if (!what) continue;
        lock_call call{*what, {}};
        if (is(in.next(), '(')) {
            const token name = in.next();
            // 'a' 'b' is one literal in two tokens; anything behind the first makes it unknown.
            const token behind = in.next();
            if (name.kind == token_kind::string && (is(behind, ',') || is(behind, ')')))
                call.name = name.text;
        }
        found.push_back(call);
    }
    return found;
}

}  // namespace rules
