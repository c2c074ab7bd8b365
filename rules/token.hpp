#pragma once

#include <cstdint>
#include <string_view>

#include "rules/keywords.hpp"

namespace rules {

enum class token_kind : std::uint8_t {
    end,
    word,             ///< an unquoted identifier or keyword: see token::word
    quoted_word,      ///< `x`, and "x" under ANSI_QUOTES
    string,           ///< 'x', "x", N'x'
    integer,          ///< 12
    decimal,          ///< 1.5, .5, 1.
    real,             ///< 1e5
    hex,              ///< 0x1f, X'1f'
    bit,              ///< 0b1, B'1'
    parameter,        ///< ?
    user_variable,    ///< @x, @'x', @`x`; also the host of user@host
    system_variable,  ///< the @@x of @@x and of @@x.y: what follows a dot is a token of its own
    introducer,       ///< _utf8mb4 (of a known character set)
    punctuation,      ///< operators, parentheses, and any byte that means nothing
    hint,             ///< a comment with + right after SELECT, INSERT, REPLACE, UPDATE, DELETE
    version_mark,     ///< a version comment newer than 8.0.0 begins, whether it is run or not
};

/// A piece of a statement.  Points into it.
struct token {
    token_kind kind = token_kind::end;
    std::string_view text;          ///< as written, with quotes and prefix
    const keyword* word = nullptr;  ///< for `word`: the keyword it is, unless it is used as a name

    bool is_value() const { return kind >= token_kind::string && kind <= token_kind::bit; }
};

}  // namespace rules
