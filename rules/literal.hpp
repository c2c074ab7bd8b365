#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/sql_mode.hpp"

namespace rules {

/// A literal as it stands in a statement.
struct literal {
    enum class kind_type : std::uint8_t {
        integer,  ///< 12, -12
        decimal,  ///< 1.5, .5, 1.
        real,     ///< 1e5
        string,   ///< 'x', "x", N'x'; adjacent strings are one literal
        hex,      ///< 0x1f, X'1f'
        bit,      ///< 0b1, B'1'
        null,     ///< NULL: equal to nothing
    };
    kind_type kind = kind_type::null;
    std::string_view text;  ///< points into the statement; with sign, quotes and prefix
    friend bool operator==(const literal&, const literal&) = default;
};

/// The literals that `text` has where a statement of the same digest has the literals `ordinal`
/// (equality::ordinals): one for `column = 5`, all of a list for `column IN (5, 6)`.
///
/// Empty if the statement has no such place, or has more than `count_max` literals there.
/// @param ordinal  counts over the whole text, statements of a list included.
std::vector<literal> literals_at(std::string_view text, const lex_options& options,
                                 std::uint32_t ordinal, std::size_t count_max = 1000);

/// The first of literals_at(), if it is the only one; does not allocate.
std::optional<literal> literal_at(std::string_view text, const lex_options& options,
                                  std::uint32_t ordinal);

/// The value of a string literal: without quotes, escapes resolved, adjacent strings joined.
/// `text` is what literal::text or assignment::text holds.
std::string string_value(std::string_view text, const lex_options& options);

}  // namespace rules
