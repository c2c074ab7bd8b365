#pragma once

#include <cstddef>
#include <string_view>

#include "rules/sql_mode.hpp"
#include "rules/token.hpp"

namespace rules {

/// Cuts a text into tokens as MySQL's own lexer does (sql/sql_lex.cc, described in our own words).
///
/// It never fails and never allocates.  What is not terminated ends with the text; the server
/// refuses such a text.  Comments and white space are skipped.  The contents of /*! ... */ are
/// tokens, those of a version comment if its version is not above the server's.  NUL bytes are
/// ordinary bytes.
///
/// `text` must outlive the tokens.
class lexer {
public:
    lexer(std::string_view text, const lex_options& options) : text_(text), options_(options) {}

    /// The next token; token_kind::end for ever after the last.
    token next();

private:
    char at(std::size_t i) const { return i < text_.size() ? text_[i] : '\0'; }
    bool word_at(std::size_t i) const { return i < text_.size() && is_word(text_[i]); }
    token make(token_kind kind, std::size_t begin) const {
        return {kind, text_.substr(begin, at_ - begin), nullptr};
    }

    bool skip_comment(token& mark);
    bool skip_slash_comment(token& mark);
    void skip_line();
    void skip_to_comment_end(bool nested);

    token lex_word();
    token lex_name(std::size_t begin);
    token lex_number();
    token lex_fraction(std::size_t begin);
    token lex_quoted(token_kind kind, std::size_t begin);
    token lex_at();
    token lex_punctuation();

    bool is_quoted_name(char quote) const {
        return quote == '`' || (quote == '"' && options_.ansi_quotes);
    }
    void pass_quoted(char quote, bool escapes);
    void pass_word(word_hash& hash);
    void expect_name_after_dot();

    std::string_view text_;
    lex_options options_;
    std::size_t at_ = 0;
    bool dot_joins_ = false;  // the dot here follows an unquoted name, with a name behind it
    bool name_only_ = false;  // right after a dot: keywords and numbers are names here
    bool may_hint_ = false;   // nothing but white space since SELECT, INSERT, ...
    bool in_version_comment_ = false;
};

}  // namespace rules
