#include "replicator/predicate.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "replicator/sql_text.hpp"

namespace replicator {
namespace {

constexpr std::array<std::string_view, 5> integer_types{"tinyint", "smallint", "mediumint", "int",
                                                        "bigint"};
constexpr std::array<std::string_view, 2> string_types{"char", "varchar"};

bool is_one_of(std::string_view type, std::span<const std::string_view> types) {
    return std::find(types.begin(), types.end(), type) != types.end();
}

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string_view without_trailing_blanks(std::string_view text) {
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

template <class Integer>
bool parse(std::string_view text, Integer& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size();
}

// "2026-01-31": the form that the stream has, so that texts may be compared.
bool is_date(std::string_view text) {
    constexpr std::string_view form = "0000-00-00";
    if (text.size() != form.size()) return false;
    for (std::size_t i = 0; i < form.size(); ++i) {
        const bool digit = text[i] >= '0' && text[i] <= '9';
        if (form[i] == '0' ? !digit : text[i] != '-') return false;
    }
    return true;
}

bool compares_bytes(const column_layout& column) {
    return column.collation == "binary" || column.collation.ends_with("_bin");
}

bool pads_space(const column_layout& column) {
    return column.collation != "binary" && column.collation != "utf8mb4_0900_bin";
}

}  // namespace

result<predicate::integers> predicate::bind_integers(const row_predicate& rule,
                                                     const std::string& where) {
    integers values;
    for (const auto& text : rule.values) {
        std::int64_t negative = 0;
        std::uint64_t other = 0;
        if (parse(text, other)) {
            values.others.insert(other);
        } else if (parse(text, negative)) {
            values.negative.insert(negative);
        } else {
            return fail(errc::source_unfit,
                        "the row filter of " + where + " has the value '" + text +
                            "', which is no whole number: write it as in 42 or -1");
        }
    }
    return values;
}

result<predicate> predicate::bind(const row_predicate& rule, const table_layout& source) {
    const std::string where = source.schema + "." + source.table + "." + rule.column;
    const column_layout* const column = source.find(rule.column);
    if (column == nullptr) {
        return fail(errc::source_unfit, "the row filter's column " + where +
                                            " does not exist on the source: correct its name");
    }
    if (rule.values.empty()) {
        return fail(errc::source_unfit, "the row filter of " + where + " has no values: name some");
    }
    predicate bound;
    bound.column_ = column->name;
    bound.literals_ = rule.values;
    std::vector<std::string> in_sql;
    if (is_one_of(column->data_type, integer_types)) {
        auto values = bind_integers(rule, where);
        if (!values) return values.error();
        in_sql = rule.values;
        bound.values_ = std::move(*values);
    } else if (column->data_type == "date" ||
               (is_one_of(column->data_type, string_types) && compares_bytes(*column))) {
        texts values{.values = {}, .pad_space = column->data_type != "date" && pads_space(*column)};
        for (const auto& text : rule.values) {
            if (column->data_type == "date" && !is_date(text)) {
                return fail(errc::source_unfit, "the row filter of " + where + " has the value '" +
                                                    text + "': write dates as 2026-01-31");
            }
            if (!is_ascii(text) && !column->charset.starts_with("utf8")) {
                return fail(errc::source_unfit,
                            "the row filter of " + where +
                                " has a value outside ASCII, and the "
                                "column's character set is " +
                                column->charset +
                                ": only utf8mb4 columns may be filtered by such values");
            }
            values.values.emplace(values.pad_space ? without_trailing_blanks(text) : text);
            in_sql.push_back(literal(text));
        }
        bound.values_ = std::move(values);
    } else {
        return fail(errc::source_unfit,
                    "the row filter's column " + where + " has type " + column->data_type +
                        (column->collation.empty() ? "" : " collated " + column->collation) +
                        ": a row filter needs a whole number, a DATE, or a CHAR or VARCHAR with a "
                        "collation that ends in _bin");
    }
    bound.sql_ = quoted(column->name) + " IN (" + join(in_sql, ", ") + ")";
    return bound;
}

bool predicate::keeps(const protocol::column_value& value) const {
    if (const auto* const numbers = std::get_if<integers>(&values_)) {
        if (const auto* const number = std::get_if<std::uint64_t>(&value)) {
            return numbers->others.contains(*number);
        }
        if (const auto* const number = std::get_if<std::int64_t>(&value)) {
            return *number < 0 ? numbers->negative.contains(*number)
                               : numbers->others.contains(static_cast<std::uint64_t>(*number));
        }
        return false;
    }
    const texts& strings = std::get<texts>(values_);
    std::string_view text;
    if (const auto* const string = std::get_if<protocol::string_value>(&value)) {
        text = string->bytes;
    } else if (const auto* const date = std::get_if<protocol::temporal_value>(&value)) {
        text = date->text;
    } else {
        return false;
    }
    return strings.values.contains(strings.pad_space ? without_trailing_blanks(text) : text);
}

}  // namespace replicator
