#include "rules/names.hpp"

#include "rules/ascii.hpp"

namespace rules {
namespace {

std::string unquoted(std::string_view text) {
    std::string out;
    each_byte_unquoted(inside_quotes(text), text.front(), [&](char c) { out += c; });
    return out;
}

bool is_quote(char c) {
    return c == '`' || c == '\'' || c == '"';
}

}  // namespace

std::string name_of(const token& t) {
    return t.kind == token_kind::quoted_word ? unquoted(t.text) : std::string(t.text);
}

std::string lower_name_of(const token& t) {
    return lower(name_of(t));
}

std::string variable_name_of(const token& t) {
    const std::string_view name = t.text.substr(t.kind == token_kind::system_variable ? 2 : 1);
    return lower(!name.empty() && is_quote(name.front()) ? unquoted(name) : std::string(name));
}

}  // namespace rules
