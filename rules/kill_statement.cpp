#include "rules/kill_statement.hpp"

#include <charconv>

#include "rules/ascii.hpp"
#include "rules/lexer.hpp"

namespace rules {
namespace {

bool is_end(const token& t) {
    return t.kind == token_kind::end || (t.kind == token_kind::punctuation && t.text == ";");
}

}  // namespace

std::optional<kill_statement> read_kill(std::string_view text, const lex_options& options) {
    lexer in(text, options);
    if (!equal_ignoring_case(in.next().text, "KILL")) return std::nullopt;
    kill_statement out;
    token t = in.next();
    const bool query = t.kind == token_kind::word && equal_ignoring_case(t.text, "QUERY");
    if (query || (t.kind == token_kind::word && equal_ignoring_case(t.text, "CONNECTION"))) {
        out.query_only = query;
        t = in.next();
    }
    if (is_end(t)) return std::nullopt;
    const char* const begin = t.text.data();
    const char* end = begin;
    std::size_t count = 0;
    token last;
    for (; !is_end(t); t = in.next(), ++count) {
        end = t.text.data() + t.text.size();
        last = t;
    }
    if (t.kind != token_kind::end && in.next().kind != token_kind::end) return std::nullopt;
    out.expression = {begin, static_cast<std::size_t>(end - begin)};
    std::uint64_t id = 0;
    const auto [rest, failed] = std::from_chars(begin, end, id);
    if (count == 1 && last.kind == token_kind::integer && failed == std::errc() && rest == end)
        out.id = id;
    return out;
}

}  // namespace rules
