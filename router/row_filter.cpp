#include "router/row_filter.hpp"

#include <algorithm>

#include "router/identifier.hpp"
#include "rules/literal.hpp"

namespace router {
namespace {

constexpr std::size_t literals_max = 1'000;  // of one IN list looked through
// Longer integers are compared as doubles in some contexts, where neighbours are equal.
constexpr std::size_t digits_max = 15;

bool is_plain_integer(std::string_view text) noexcept {
    if (!text.empty() && text.front() == '-') text.remove_prefix(1);
    const bool digits =
        std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    const bool canonical = !text.empty() && (text.front() != '0' || text.size() == 1);
    return digits && canonical && text.size() <= digits_max;
}

// The value of a literal, if it means the same to MySQL as the filter's text does.
std::optional<std::string> value_of(const rules::literal& literal, const row_filter& filter,
                                    const rules::lex_options& options) {
    using kind = rules::literal::kind_type;
    std::string value;
    if (literal.kind == kind::integer && filter.integers)
        value = literal.text;
    else if (literal.kind == kind::string && !literal.text.empty() &&
             (literal.text.front() == '\'' || literal.text.front() == '"'))
        value = rules::string_value(literal.text, options);
    else
        return std::nullopt;
    if (filter.integers ? !is_plain_integer(value) : !is_ascii(value)) return std::nullopt;
    return value;
}

}  // namespace

bool pins_rows(const row_filter& filter, const rules::statement_facts& statement,
               std::string_view text, const rules::lex_options& options) {
    const auto kept = [&](const rules::literal& literal) {
        const auto value = value_of(literal, filter, options);
        return value &&
               std::find(filter.values.begin(), filter.values.end(), *value) != filter.values.end();
    };
    const auto pins = [&](const rules::equality& equality) {
        if (equality.column != filter.column || !is_ascii(equality.column)) return false;
        if (equality.source != rules::equality::value_source::literals) return false;
        if (equality.ordinals.size() != 1) return false;
        const auto literals =
            rules::literals_at(text, options, equality.ordinals.front(), literals_max);
        return !literals.empty() && std::all_of(literals.begin(), literals.end(), kept);
    };
    return std::any_of(statement.equalities.begin(), statement.equalities.end(), pins);
}

}  // namespace router
