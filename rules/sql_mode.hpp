#pragma once

#include <cstdint>

namespace rules {

/// Character sets in which the second byte of a character may be a quote or a backslash.
///
/// Every other character set a MySQL client can use (utf8mb4, latin1, ujis, euckr, gb2312, ...)
/// keeps the ASCII bytes for ASCII, so `none` is right for it.
enum class multibyte : std::uint8_t {
    none,
    big5,
    gbk,
    gb18030,
    sjis
};  // sjis stands for cp932 too

/// What decides, beside its bytes, how a statement is cut into tokens.
///
/// These follow the session: sql_mode, character_set_client and the version of its primary.  Two
/// sessions whose options differ do not share facts (see facts_cache).
struct lex_options {
    bool ansi_quotes = false;           ///< "x" is an identifier, not a string.
    bool no_backslash_escapes = false;  ///< a backslash in a string is a backslash.
    bool ignore_space = false;          ///< COUNT (*) is the function, as COUNT(*) is.
    multibyte charset = multibyte::none;
    /// The server's version as it appears in version comments: 8.4.0 is 80400.
    std::uint32_t server_version = 80400;
    /// MariaDB runs /*M! ... */ too, and of MySQL's comments none of 5.7 to 9.99.
    bool mariadb = false;

    friend bool operator==(const lex_options&, const lex_options&) = default;
};

}  // namespace rules
