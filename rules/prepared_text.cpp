#include "rules/prepared_text.hpp"

#include "rules/ascii.hpp"
#include "rules/lexer.hpp"
#include "rules/literal.hpp"

namespace rules {

std::optional<std::string> prepared_text(std::string_view text, const lex_options& options) {
    lexer in(text, options);
    if (!equal_ignoring_case(in.next().text, "PREPARE")) return std::nullopt;
    in.next();  // the name
    if (!equal_ignoring_case(in.next().text, "FROM")) return std::nullopt;
    const token literal = in.next();
    if (literal.kind != token_kind::string) return std::nullopt;
    const auto at = static_cast<std::size_t>(literal.text.data() - text.data());
    return string_value(text.substr(at), options);
}

}  // namespace rules
