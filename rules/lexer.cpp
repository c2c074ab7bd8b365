#include "rules/lexer.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "rules/multibyte.hpp"

namespace rules {
namespace {

// Every character set that may stand as an introducer, lower case, sorted.
constexpr std::string_view character_sets[] = {
    "armscii8", "ascii",   "big5",   "binary",   "cp1250",  "cp1251", "cp1256",  "cp1257", "cp850",
    "cp852",    "cp866",   "cp932",  "dec8",     "eucjpms", "euckr",  "gb18030", "gb2312", "gbk",
    "geostd8",  "greek",   "hebrew", "hp8",      "keybcs2", "koi8r",  "koi8u",   "latin1", "latin2",
    "latin5",   "latin7",  "macce",  "macroman", "sjis",    "swe7",   "tis620",  "ucs2",   "ujis",
    "utf16",    "utf16le", "utf32",  "utf8",     "utf8mb3", "utf8mb4"};

bool is_introducer(std::string_view word) {
    constexpr std::size_t longest = 8;
    if (word.size() < 4 || word.size() > longest + 1 || word[0] != '_') return false;
    std::array<char, longest> name{};
    for (std::size_t i = 1; i < word.size(); ++i) name[i - 1] = to_lower(word[i]);
    return std::ranges::binary_search(character_sets,
                                      std::string_view(name.data(), word.size() - 1));
}

/// Or end one: the contents of a version comment are read as if it were not there.
constexpr bool may_begin_comment(char c) {
    return c == '#' || c == '-' || c == '/' || c == '*';
}

bool takes_hint(std::string_view keyword) {
    return keyword == "SELECT" || keyword == "INSERT" || keyword == "UPDATE" ||
           keyword == "DELETE" || keyword == "REPLACE";
}

}  // namespace

token lexer::next() {
    for (;;) {
        while (at_ < text_.size() && is_space(text_[at_])) ++at_;
        if (at_ < text_.size() && !may_begin_comment(text_[at_])) break;
        token mark;
        if (!skip_comment(mark)) break;
        if (mark.kind != token_kind::end) return mark;
    }
    const bool name_only = std::exchange(name_only_, false);
    may_hint_ = false;
    if (at_ >= text_.size()) return {};
    if (name_only && word_at(at_)) return lex_name(at_);

    const char c = text_[at_];
    if (is_digit(c)) return lex_number();
    const char after = at(at_ + 1);
    if (after == '\'') {
        switch (c) {
            case 'n':
            case 'N':
                return lex_quoted(token_kind::string, at_++);
            case 'x':
            case 'X':
                return lex_quoted(token_kind::hex, at_++);
            case 'b':
            case 'B':
                return lex_quoted(token_kind::bit, at_++);
            default:
                break;
        }
    }
    if (is_word(c)) return lex_word();
    switch (c) {
        case '\'':
            return lex_quoted(token_kind::string, at_);
        case '"':
            return lex_quoted(options_.ansi_quotes ? token_kind::quoted_word : token_kind::string,
                              at_);
        case '`':
            return lex_quoted(token_kind::quoted_word, at_);
        case '@':
            return lex_at();
        case '?':
            ++at_;
            return make(token_kind::parameter, at_ - 1);
        case '.':
            if (!std::exchange(dot_joins_, false) && is_digit(after)) return lex_fraction(at_);
            ++at_;
            name_only_ = word_at(at_);
            return make(token_kind::punctuation, at_ - 1);
        default:
            return lex_punctuation();
    }
}

// Skips the comment that begins here, if one does.  A version comment or a hint may give a token.
bool lexer::skip_comment(token& mark) {
    switch (at(at_)) {
        case '#':
            skip_line();
            return true;
        case '-':
            if (at(at_ + 1) != '-') return false;
            if (at_ + 2 < text_.size() && !is_space(text_[at_ + 2]) && !is_control(text_[at_ + 2]))
                return false;  // 1--1 is a difference
            skip_line();
            return true;
        case '/':
            return at(at_ + 1) == '*' && skip_slash_comment(mark);
        case '*':
            if (!in_version_comment_ || at(at_ + 1) != '/') return false;
            in_version_comment_ = false;
            at_ += 2;
            return true;
        default:
            return false;
    }
}

bool lexer::skip_slash_comment(token& mark) {
    const std::size_t begin = at_;
    const bool may_hint = std::exchange(may_hint_, false);
    at_ += 2;
    if (at(at_) == '+' && may_hint) {
        skip_to_comment_end(false);
        mark = make(token_kind::hint, begin);
        return true;
    }
    const bool own = options_.mariadb && at(at_) == 'M' && at(at_ + 1) == '!';
    if (at(at_) != '!' && !own) {
        skip_to_comment_end(false);
        return true;
    }
    at_ += own ? 2 : 1;
    std::size_t digits = 0;
    std::uint32_t version = 0;
    while (digits < 6 && is_digit(at(at_ + digits)))
        version = version * 10 + static_cast<std::uint32_t>(at(at_ + digits++) - '0');
    if (digits < 5) {  // no version: the contents are always run
        in_version_comment_ = true;
        return true;
    }
    at_ += digits;
    constexpr std::uint32_t every_server = 80000;
    if (version > every_server) mark = make(token_kind::version_mark, begin);
    const bool foreign = options_.mariadb && !own && version >= 50700 && version <= 99999;
    if (version <= options_.server_version && !foreign)
        in_version_comment_ = true;
    else
        skip_to_comment_end(true);
    return true;
}

void lexer::skip_line() {
    may_hint_ = false;
    at_ = std::min(text_.find('\n', at_), text_.size());
}

// To behind the next */.  A skipped version comment may hold plain comments, one level deep.
void lexer::skip_to_comment_end(bool nested) {
    for (; at_ < text_.size(); ++at_) {
        if (text_[at_] == '*' && at(at_ + 1) == '/') {
            at_ += 2;
            return;
        }
        if (nested && text_[at_] == '/' && at(at_ + 1) == '*') {
            at_ += 2;
            skip_to_comment_end(false);
            --at_;
        }
    }
}

// A keyword or a name.  Where a dot and a name follow at once, even SELECT is a name.
token lexer::lex_word() {
    const std::size_t begin = at_;
    word_hash hash;
    pass_word(hash);
    expect_name_after_dot();
    token word = make(token_kind::word, begin);
    if (dot_joins_) return word;

    word.word = find_keyword(word.text, hash.value());
    if (!word.word) {
        if (word.text[0] == '_' && is_introducer(word.text)) word.kind = token_kind::introducer;
        return word;
    }
    if (word.word->kind == keyword::kind_type::function) {
        std::size_t follower = at_;
        if (options_.ignore_space)
            while (follower < text_.size() && is_space(text_[follower])) ++follower;
        if (at(follower) != '(') word.word = nullptr;
    } else {
        may_hint_ = takes_hint(word.word->name);
    }
    return word;
}

// A name that may begin with a digit and is never a keyword.
token lexer::lex_name(std::size_t begin) {
    word_hash unused;
    pass_word(unused);
    expect_name_after_dot();
    return make(token_kind::word, begin);
}

void lexer::pass_word(word_hash& hash) {
    // In locals: this is where the lexer spends its time.
    word_hash passed = hash;
    std::size_t at = at_;
    while (at < text_.size() && is_word(text_[at])) {
        const auto c = static_cast<unsigned char>(text_[at]);
        passed.add(c);
        at += c < 0x80 ? 1 : character_size(text_, at, options_.charset);
    }
    at_ = at;
    hash = passed;
}

void lexer::expect_name_after_dot() {
    dot_joins_ = at(at_) == '.' && word_at(at_ + 1);
}

// A number, or a name that begins like one: 1abc, 0x, 0b2.
token lexer::lex_number() {
    const std::size_t begin = at_;
    if (text_[at_] == '0' && (at(at_ + 1) == 'x' || at(at_ + 1) == 'b')) {
        const bool hex = text_[at_ + 1] == 'x';
        at_ += 2;
        const std::size_t digits = at_;
        while (hex ? is_hex_digit(at(at_)) : at(at_) == '0' || at(at_) == '1') ++at_;
        if (at_ > digits && !word_at(at_))
            return make(hex ? token_kind::hex : token_kind::bit, begin);
        return lex_name(begin);
    }
    while (is_digit(at(at_))) ++at_;
    if (at(at_) == '.') return lex_fraction(begin);
    if (!word_at(at_)) return make(token_kind::integer, begin);

    if (to_lower(text_[at_]) == 'e') {
        std::size_t exponent = at_ + 1;
        if (at(exponent) == '+' || at(exponent) == '-') ++exponent;
        if (is_digit(at(exponent))) {
            at_ = exponent;
            while (is_digit(at(at_))) ++at_;
            return make(token_kind::real, begin);
        }
    }
    return lex_name(begin);
}

// From the dot of 1.5, .5 or 1. on.
token lexer::lex_fraction(std::size_t begin) {
    ++at_;
    while (is_digit(at(at_))) ++at_;
    if (to_lower(at(at_)) != 'e') return make(token_kind::decimal, begin);
    ++at_;
    if (at(at_) == '+' || at(at_) == '-') ++at_;
    while (is_digit(at(at_))) ++at_;
    return make(token_kind::real, begin);
}

// From `begin` (the prefix or the quote) to behind the closing quote; the text is at the quote.
token lexer::lex_quoted(token_kind kind, std::size_t begin) {
    const bool name = kind == token_kind::quoted_word;
    pass_quoted(text_[at_], !name && !options_.no_backslash_escapes);
    return make(kind, begin);
}

void lexer::pass_quoted(char quote, bool escapes) {
    for (++at_; at_ < text_.size();) {
        const char c = text_[at_];
        if (c == quote) {
            ++at_;
            if (at(at_) != quote) return;
            ++at_;
        } else if (c == '\\' && escapes) {
            at_ = std::min(at_ + 2, text_.size());
        } else {
            at_ += character_size(text_, at_, options_.charset);
        }
    }
}

token lexer::lex_at() {
    const std::size_t begin = at_++;
    const bool system = at(at_) == '@';
    if (system) ++at_;
    const token_kind kind = system ? token_kind::system_variable : token_kind::user_variable;
    const char c = at(at_);
    if (is_quoted_name(c) || (!system && (c == '\'' || c == '"'))) {
        pass_quoted(c, !is_quoted_name(c) && !options_.no_backslash_escapes);
        return make(kind, begin);
    }
    word_hash unused;
    pass_word(unused);
    while (!system && at(at_) == '.') {
        ++at_;
        pass_word(unused);
    }
    if (system) expect_name_after_dot();
    return make(kind, begin);
}

token lexer::lex_punctuation() {
    static constexpr std::string_view longest_first[] = {
        "<=>", "->>", "<=", "<>", "<<", ">=", ">>", "!=", "&&", "||", ":=", "->"};
    const std::size_t begin = at_;
    const char c = text_[at_];
    if (c != '(' && c != ')' && c != ',' && c != '=' && c != '*' && c != ';') {
        for (const auto op : longest_first) {
            if (!text_.substr(at_).starts_with(op)) continue;
            at_ += op.size();
            return make(token_kind::punctuation, begin);
        }
    }
    ++at_;
    return make(token_kind::punctuation, begin);
}

}  // namespace rules
