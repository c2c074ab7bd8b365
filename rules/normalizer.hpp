#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "rules/lexer.hpp"
#include "rules/sql_mode.hpp"
#include "rules/token.hpp"

namespace rules {

/// What remains of a token once literals are gone.  Single-character punctuation that is not listed
/// here has its own ASCII code.
enum class symbol_code : std::uint8_t {
    end = 0,
    value,        ///< a literal
    value_list,   ///< literals with commas between
    more_values,  ///< further rows (?), (?) ... after one
    more_lists,   ///< further rows (?, ?), (?, ?) ... after one
    parameter,
    name,             ///< an identifier, quoted or not
    keyword,          ///< one that may end an expression, or a nonreserved one
    keyword_in,       ///< IN
    keyword_no_null,  ///< IS, NOT, SET: NULL after them is no literal
    keyword_operand,  ///< a reserved word after which an operand comes: a minus there is a sign
    user_variable,
    system_variable,
    introducer,
    hint,
    version_mark,
    literal_kept,  ///< a literal of SET, which counts with its text
    operation,     ///< punctuation of several characters, or a byte that means nothing
    comma = ',',
    open = '(',
    close = ')',
    minus = '-',
    plus = '+',
    semicolon = ';',
};

/// Turns tokens into symbols: the one form that digest, digest text and facts are computed from.
///
/// The rules are those of MySQL's digest (sql/sql_digest.cc, in our own words): a literal, with its
/// sign, is a value; values with commas between are one list; rows of values after a row are one
/// symbol; IN (?) is a list even with one value.  The reductions happen at the end of what was
/// already handed out, so a sink must be able to take back symbols.
///
/// Sink: void put(symbol_code, const token&, std::uint32_t slot);  // slot: of value and value_list
///       void take_back(unsigned n);         // only value, value_list and punctuation
///       void literal(const token&, std::uint32_t slot);  // each literal, also of a list
///       void join(const token&, std::uint32_t slot);     // a string right behind a string: 'a'
///       'b' void drop_slot(std::uint32_t slot);              // its literals belonged to a further
///       row bool full();                        // true ends the run
template <class Sink>
class normalizer {
public:
    normalizer(std::string_view text, const lex_options& options, Sink& sink)
        : lexer_(trimmed(text), options), sink_(sink) {}

    /// Parameter markers count as literals, as they do in MySQL's digest.
    void parameters_are_values() { parameters_are_values_ = true; }

    void run();

private:
    // White space and semicolons at the end are no part of a text for the server either.
    static std::string_view trimmed(std::string_view text) {
        while (!text.empty() && (is_space(text.back()) || text.back() == ';'))
            text.remove_suffix(1);
        return text;
    }

    enum class mode : std::uint8_t { usual, keep_literals, keep_words };

    void take(token t);
    void take_word(const token& t);
    void take_value(token t);
    void take_punctuation(const token& t);
    void take_close(const token& t);
    static symbol_code code_of(const keyword& word);
    bool operand_expected(symbol_code before) const;

    void push(symbol_code code, const token& t, std::uint32_t slot = 0) {
        recent_ = (recent_ << 8) | static_cast<std::uint64_t>(code);
        begins_[++count_ % begins_.size()] = t.text.data();
        sink_.put(code, t, slot);
    }
    void take_back(unsigned n) {
        recent_ >>= 8 * n;
        count_ -= n;
        sink_.take_back(n);
    }
    symbol_code recent(unsigned back) const {
        return static_cast<symbol_code>((recent_ >> (8 * back)) & 0xff);
    }
    static bool is_value(symbol_code code) {
        return code == symbol_code::value || code == symbol_code::value_list;
    }

    lexer lexer_;
    Sink& sink_;
    std::uint64_t recent_ = 0;             // the codes of the last eight symbols, newest lowest
    std::array<const char*, 8> begins_{};  // where they begin, by count_
    std::size_t count_ = 0;
    std::uint32_t slots_ = 0;  // values and lists handed out and not taken back
    mode mode_ = mode::usual;
    bool at_statement_start_ = true;
    bool string_before_ = false;  // the last token was a string that became a value
    bool parameters_are_values_ = false;
};

template <class Sink>
void normalizer<Sink>::run() {
    for (token t = lexer_.next(); t.kind != token_kind::end && !sink_.full(); t = lexer_.next())
        take(t);
}

template <class Sink>
void normalizer<Sink>::take(token t) {
    const bool after_string = std::exchange(string_before_, false);
    if (at_statement_start_ && t.kind != token_kind::version_mark) {
        at_statement_start_ = false;
        const std::string_view head = t.word ? t.word->name : std::string_view{};
        if (head == "SET") mode_ = mode::keep_literals;
        if (head == "USE") {
            push(symbol_code::keyword, t);
            mode_ = mode::keep_words;
            return;
        }
    }
    switch (t.kind) {
        case token_kind::end:
            return;
        case token_kind::word:
            return take_word(t);
        case token_kind::quoted_word:
            return push(symbol_code::name, t);
        case token_kind::parameter:
            return parameters_are_values_ ? take_value(t) : push(symbol_code::parameter, t);
        case token_kind::user_variable:
            return push(symbol_code::user_variable, t);
        case token_kind::system_variable:
            return push(symbol_code::system_variable, t);
        case token_kind::introducer:
            return push(symbol_code::introducer, t);
        case token_kind::hint:
            return push(symbol_code::hint, t);
        case token_kind::version_mark:
            return push(symbol_code::version_mark, t);
        case token_kind::punctuation:
            return take_punctuation(t);
        case token_kind::string:
            if (mode_ == mode::usual) {
                string_before_ = true;
                if (after_string) return sink_.join(t, slots_ - 1);
            }
            return take_value(t);
        default:
            return take_value(t);
    }
}

template <class Sink>
void normalizer<Sink>::take_word(const token& t) {
    if (!t.word) return push(symbol_code::name, t);
    if (mode_ == mode::keep_words) return push(symbol_code::name, {t.kind, t.text, nullptr});
    if (t.word->name == "NULL" && mode_ == mode::usual && recent(0) != symbol_code::keyword_no_null)
        return take_value(t);
    push(code_of(*t.word), t);
}

template <class Sink>
void normalizer<Sink>::take_value(token t) {
    if (mode_ == mode::keep_literals && !parameters_are_values_)
        return push(symbol_code::literal_kept, t);

    const bool number = t.kind >= token_kind::integer && t.kind <= token_kind::bit;
    while (number && (recent(0) == symbol_code::minus || recent(0) == symbol_code::plus) &&
           operand_expected(recent(1))) {
        const char* sign = begins_[count_ % begins_.size()];
        t.text = {sign, static_cast<std::size_t>(t.text.data() + t.text.size() - sign)};
        take_back(1);
    }
    if (recent(0) == symbol_code::comma && is_value(recent(1))) {
        take_back(2);
        sink_.literal(t, slots_ - 1);
        return push(symbol_code::value_list, t, slots_ - 1);
    }
    sink_.literal(t, slots_);
    push(symbol_code::value, t, slots_++);
}

template <class Sink>
void normalizer<Sink>::take_punctuation(const token& t) {
    if (t.text.size() > 1) return push(symbol_code::operation, t);
    const auto c = static_cast<unsigned char>(t.text[0]);
    if (c == ')') return take_close(t);
    // Letters, digits and controls are no punctuation, so every code left over is free for a byte.
    if (c <= ' ' || c >= 0x7f) return push(symbol_code::operation, t);
    push(static_cast<symbol_code>(c), t);
    if (c == ';') {
        mode_ = mode::usual;
        at_statement_start_ = true;
    }
}

template <class Sink>
void normalizer<Sink>::take_close(const token& t) {
    const symbol_code inside = recent(0);
    if (!is_value(inside) || recent(1) != symbol_code::open) return push(symbol_code::close, t);

    if (recent(2) == symbol_code::keyword_in) {
        if (inside == symbol_code::value) {
            take_back(1);
            push(symbol_code::value_list, t, slots_ - 1);
        }
        return push(symbol_code::close, t);
    }
    const symbol_code more =
        inside == symbol_code::value ? symbol_code::more_values : symbol_code::more_lists;
    const bool third_row = recent(2) == symbol_code::comma && recent(3) == more;
    const bool second_row = recent(2) == symbol_code::comma && recent(3) == symbol_code::close &&
                            recent(4) == inside && recent(5) == symbol_code::open;
    if (!third_row && !second_row) return push(symbol_code::close, t);
    take_back(3);  // , ( ?
    sink_.drop_slot(--slots_);
    if (second_row) push(more, t);
}

template <class Sink>
symbol_code normalizer<Sink>::code_of(const keyword& word) {
    switch (word.role) {
        case keyword::role_type::operand_end:
            return symbol_code::keyword;
        case keyword::role_type::operator_:
            return symbol_code::keyword_operand;
        case keyword::role_type::in:
            return symbol_code::keyword_in;
        case keyword::role_type::no_null:
            return symbol_code::keyword_no_null;
    }
    return symbol_code::keyword;
}

// After `before`, may an operand come, so that a sign belongs to the number behind it?
template <class Sink>
bool normalizer<Sink>::operand_expected(symbol_code before) const {
    switch (before) {
        case symbol_code::keyword_in:
        case symbol_code::keyword_no_null:
        case symbol_code::keyword_operand:
        case symbol_code::operation:
        case symbol_code::comma:
        case symbol_code::open:
        case symbol_code::minus:
        case symbol_code::plus:
            return true;
        default:
            break;
    }
    const auto c = static_cast<char>(before);
    return c == '=' || c == '<' || c == '>' || c == '*' || c == '/' || c == '%' || c == '&' ||
           c == '|' || c == '^' || c == '~' || c == '!';
}

}  // namespace rules
