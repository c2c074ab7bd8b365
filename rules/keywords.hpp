#pragma once

#include <cstdint>
#include <string_view>

#include "rules/ascii.hpp"

namespace rules {

/// A word MySQL's grammar knows.
struct keyword {
    enum class kind_type : std::uint8_t {
        reserved,     ///< never an identifier unless quoted or after a dot
        nonreserved,  ///< may be an identifier: STATUS, DATE, BEGIN
        function,     ///< a keyword only where "(" follows at once: COUNT, NOW
    };
    /// What may stand behind it, as far as the digest asks.
    enum class role_type : std::uint8_t {
        operand_end,  ///< may end an expression (NULL, STATUS): a minus behind it is a subtraction
        operator_,    ///< an expression may begin behind it: a minus there is a sign
        in,           ///< IN, with a list behind it
        no_null,      ///< IS, NOT, SET: NULL behind it is no literal
    };
    std::string_view name;  ///< upper case
    kind_type kind = kind_type::nonreserved;
    role_type role = role_type::operand_end;
};

/// The hash by which find_keyword() looks: fed while the lexer scans the word, ignoring case.
class word_hash {
public:
    constexpr void add(unsigned char c) { value_ = (value_ ^ (c & 0xdfu)) * 0x01000193u; }
    constexpr std::uint32_t value() const { return value_; }

private:
    std::uint32_t value_ = 0x811c9dc5u;
};

/// The keyword that `word` is, in any case, or null.  `hash` is word_hash over all of its bytes.
const keyword* find_keyword(std::string_view word, std::uint32_t hash);
const keyword* find_keyword(std::string_view word);

}  // namespace rules
