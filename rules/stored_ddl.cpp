#include "rules/stored_ddl.hpp"

#include <algorithm>

#include "rules/ascii.hpp"
#include "rules/lexer.hpp"

namespace rules {

bool may_change_stored_code(const script_facts& script, std::string_view text,
                            const lex_options& options) {
    const bool changes = std::ranges::any_of(script.statements, [](const statement_facts& s) {
        return s.cls == statement_class::ddl || s.incomplete;
    });
    if (!changes) return false;
    lexer in(text, options);
    for (token t = in.next(); t.kind != token_kind::end; t = in.next()) {
        if (t.kind != token_kind::word) continue;
        // DROP SCHEMA, and RENAME TABLE, which takes its triggers along.
        for (const std::string_view word :
             {"PROCEDURE", "FUNCTION", "TRIGGER", "VIEW", "RENAME", "SCHEMA", "DATABASE"})
            if (equal_ignoring_case(t.text, word)) return true;
    }
    return false;
}

}  // namespace rules
