#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

#include "rules/limits.hpp"
#include "rules/normalizer.hpp"

namespace rules {

/// A normalised token, for those that look at a statement more closely than the digest does.
struct symbol {
    symbol_code code = symbol_code::end;
    token tok;
    std::uint32_t slot = 0;  ///< of value and value_list: the ordinal for literals_at()

    /// Is it this keyword (upper case)?
    bool is(std::string_view word) const { return tok.word && tok.word->name == word; }
    /// Is it this punctuation?
    bool is(char c) const { return code == static_cast<symbol_code>(c); }

    bool is_keyword() const { return tok.word != nullptr; }
    /// May it be an identifier?
    bool is_name() const {
        return code == symbol_code::name ||
               (tok.word && tok.word->kind == keyword::kind_type::nonreserved);
    }
    bool is_value() const {
        return code == symbol_code::value || code == symbol_code::value_list ||
               code == symbol_code::literal_kept;
    }
    bool is_operation(std::string_view op) const {
        return code == symbol_code::operation && tok.text == op;
    }
};

using symbol_span = std::span<const symbol>;

/// The symbols of a text.
struct symbol_list {
    std::vector<symbol> all;
    bool complete = true;  ///< false: symbols_max was reached
};

symbol_list symbols_of(std::string_view text, const lex_options& options);

/// As symbols_of(), with parameter markers as literals: for the digest's text.
symbol_list symbols_for_display(std::string_view text, const lex_options& options,
                                std::size_t count_max);

/// Walks over symbols.  Past the end there are empty ones for ever.
class symbol_reader {
public:
    explicit symbol_reader(symbol_span symbols) : symbols_(symbols) {}

    bool done() const { return at_ >= symbols_.size(); }
    std::size_t position() const { return at_; }
    void seek(std::size_t position) { at_ = position; }

    const symbol& peek(std::size_t ahead = 0) const {
        return at_ + ahead < symbols_.size() ? symbols_[at_ + ahead] : nothing_;
    }
    const symbol& take() {
        const symbol& taken = peek();
        if (!done()) ++at_;
        return taken;
    }
    /// Takes the next symbol if it is this keyword or this punctuation.
    template <class Wanted>
    bool skip(Wanted wanted) {
        const bool found = peek().is(wanted);
        if (found) ++at_;
        return found;
    }
    /// Takes keywords as long as they are among `words`.
    void skip_any(std::initializer_list<std::string_view> words);
    /// From an opening parenthesis to behind the closing one.
    void skip_parentheses();
    symbol_span rest() const { return symbols_.subspan(std::min(at_, symbols_.size())); }

private:
    static inline const symbol nothing_{};
    symbol_span symbols_;
    std::size_t at_ = 0;
};

}  // namespace rules
