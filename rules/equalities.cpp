#include "rules/equalities.hpp"

#include <algorithm>
#include <optional>

#include "rules/names.hpp"

namespace rules {
namespace {

bool is_one_of(const symbol& s, std::initializer_list<std::string_view> words) {
    return std::ranges::any_of(words, [&](std::string_view word) { return s.is(word); });
}

// Where the first symbol outside parentheses for which `wanted` holds is; the size if there is
// none.
template <class Wanted>
std::size_t find_outside(symbol_span symbols, std::size_t from, Wanted wanted) {
    std::size_t depth = 0;
    for (std::size_t i = from; i < symbols.size(); ++i) {
        if (depth == 0 && wanted(symbols[i])) return i;
        if (symbols[i].is('(')) ++depth;
        if (symbols[i].is(')') && depth > 0) --depth;
    }
    return symbols.size();
}

// The one table after FROM, with schema, alias, partitions and index hints; nothing joined.
bool is_one_table(symbol_span references) {
    if (references.empty() || !references.front().is_name()) return false;
    return find_outside(references, 1, [](const symbol& s) {
               const bool allowed =
                   s.is_name() || s.is('.') || s.is('(') || s.is(')') ||
                   is_one_of(s, {"AS", "PARTITION", "USE", "FORCE", "IGNORE", "INDEX", "KEY"});
               return !allowed || is_one_of(s, {"LATERAL", "JSON_TABLE"});
           }) == references.size();
}

// The condition behind WHERE, or nothing if the statement is not simple enough.
symbol_span where_of(symbol_span statement) {
    if (statement.empty() || !statement.front().is("SELECT")) return {};
    const auto forbidden = [](const symbol& s) {
        return is_one_of(s, {"SELECT", "UNION", "EXCEPT", "INTERSECT", "WITH", "TABLE", "VALUES"});
    };
    if (std::ranges::any_of(statement.subspan(1), forbidden)) return {};

    const auto keyword = [](std::string_view word) {
        return [word](const symbol& s) { return s.is(word); };
    };
    const std::size_t from = find_outside(statement, 1, keyword("FROM"));
    const std::size_t where = find_outside(statement, from, keyword("WHERE"));
    if (where >= statement.size()) return {};
    if (!is_one_table(statement.subspan(from + 1, where - from - 1))) return {};

    const std::size_t end = find_outside(statement, where + 1, [](const symbol& s) {
        return is_one_of(s, {"GROUP", "HAVING", "WINDOW", "QUALIFY", "ORDER", "LIMIT", "FOR",
                             "LOCK", "INTO", "PROCEDURE"});
    });
    return statement.subspan(where + 1, end - where - 1);
}

// [[schema.]table.]column: takes it and returns the column, or takes nothing.
std::optional<std::string> take_column(symbol_reader& in) {
    const std::size_t begin = in.position();
    for (;;) {
        const symbol& name = in.take();
        if (!name.is_name()) break;
        if (!in.skip('.')) return lower_name_of(name.tok);
    }
    in.seek(begin);
    return std::nullopt;
}

// One literal or one parameter.
bool take_value(symbol_reader& in, equality& to) {
    const symbol& value = in.peek();
    if (value.code != symbol_code::value && value.code != symbol_code::parameter) return false;
    to.source = value.code == symbol_code::value ? equality::value_source::literals
                                                 : equality::value_source::parameters;
    to.ordinals.push_back(value.slot);
    in.take();
    return true;
}

// The inside of IN ( ... ): literals only, or parameters only.
bool take_list(symbol_reader& in, equality& to) {
    if (in.peek().code == symbol_code::value_list) {
        to.ordinals.push_back(in.take().slot);
        return true;
    }
    to.source = equality::value_source::parameters;
    do {
        if (in.peek().code != symbol_code::parameter) return false;
        to.ordinals.push_back(in.take().slot);
    } while (in.skip(','));
    return true;
}

// A conjunct that is an equality and nothing more.
std::optional<equality> equality_of(symbol_span conjunct) {
    symbol_reader in(conjunct);
    equality found;
    if (take_value(in, found)) {  // value = column
        if (!in.skip('=')) return std::nullopt;
        auto column = take_column(in);
        if (!column || !in.done()) return std::nullopt;
        found.column = std::move(*column);
        return found;
    }
    auto column = take_column(in);
    if (!column) return std::nullopt;
    found.column = std::move(*column);
    const bool complete =
        in.skip('=') ? take_value(in, found)
                     : in.skip("IN") && in.skip('(') && take_list(in, found) && in.skip(')');
    if (!complete || !in.done()) return std::nullopt;
    return found;
}

// OR, XOR and the like make a part of the condition optional; CASE and := swallow an AND.
bool weakens(const symbol& s) {
    return is_one_of(s, {"OR", "XOR", "CASE"}) || s.is_operation("||") || s.is_operation(":=");
}

bool is_in_parentheses(symbol_span conjunct) {
    if (conjunct.size() < 2 || !conjunct.front().is('(')) return false;
    symbol_reader in(conjunct);
    in.skip_parentheses();
    return in.done() && conjunct.back().is(')');
}

void read_condition(symbol_span condition, std::size_t depth, std::vector<equality>& out) {
    if (depth > nesting_max || find_outside(condition, 0, weakens) < condition.size()) return;

    bool between = false;  // the next AND belongs to BETWEEN a AND b
    const auto ends_conjunct = [&](const symbol& s) {
        if (s.is("BETWEEN")) between = true;
        if (!s.is("AND")) return s.is_operation("&&");
        return !std::exchange(between, false);
    };
    for (std::size_t begin = 0; begin < condition.size();) {
        const std::size_t end = find_outside(condition, begin, ends_conjunct);
        const symbol_span conjunct = condition.subspan(begin, end - begin);
        if (is_in_parentheses(conjunct))
            read_condition(conjunct.subspan(1, conjunct.size() - 2), depth + 1, out);
        else if (auto found = equality_of(conjunct))
            out.push_back(std::move(*found));
        begin = end + 1;
    }
}

}  // namespace

std::vector<equality> equalities_of(symbol_span statement) {
    std::vector<equality> found;
    read_condition(where_of(statement), 0, found);
    return found;
}

}  // namespace rules
