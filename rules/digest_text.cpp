#include "rules/digest.hpp"
#include "rules/names.hpp"
#include "rules/symbols.hpp"

namespace rules {
namespace {

class text_printer {
public:
    explicit text_printer(symbol_span symbols) : symbols_(symbols) {}

    std::string print(std::size_t bytes_max) {
        while (at_ < symbols_.size() && out_.size() <= bytes_max) step();
        if (out_.size() > bytes_max || at_ < symbols_.size()) {
            out_.resize(std::min(out_.size(), bytes_max));
            out_ += "...";
        }
        return std::move(out_);
    }

private:
    const symbol& at(std::size_t i) const { return i < symbols_.size() ? symbols_[i] : nothing_; }

    void step() {
        const symbol& s = at(at_);
        if (s.is('(') && at(at_ + 1).is_value() && at(at_ + 2).is(')')) {
            print_row();
            return;
        }
        switch (s.code) {
            case symbol_code::value:
                word("?");
                break;
            case symbol_code::value_list:
                word("?, ...");
                break;
            case symbol_code::more_values:
            case symbol_code::more_lists:
                word("/* , ... */");
                break;
            case symbol_code::name:
                word("`" + name_of(s.tok) + "`");
                break;
            case symbol_code::user_variable:
                word("@?");
                break;
            case symbol_code::system_variable:
                return print_system_variable();
            case symbol_code::introducer:
                word("(_charset)");
                break;
            case symbol_code::hint:
                word("/*+ ... */");
                break;
            case symbol_code::version_mark:
                break;
            default:
                word(s.is_keyword() ? s.tok.word->name : s.tok.text);
                break;
        }
        ++at_;
    }

    // ( ? ) and ( ?, ... ) are printed in short.
    void print_row() {
        const bool list = at(at_ + 1).code == symbol_code::value_list;
        word(list ? "(...)" : "(?)");
        at_ += 3;
    }

    // @@`x`, and @@SESSION . `x` for a scope.
    void print_system_variable() {
        const std::string name = variable_name_of(at(at_).tok);
        const keyword* scope = at(at_ + 1).is('.') ? find_keyword(name) : nullptr;
        word(scope ? "@@" + std::string(scope->name) : "@@`" + name + "`");
        ++at_;
    }

    void word(std::string_view text) {
        if (!out_.empty()) out_ += ' ';
        out_ += text;
    }

    static inline const symbol nothing_{};
    symbol_span symbols_;
    std::size_t at_ = 0;
    std::string out_;
};

}  // namespace

std::string digest_text(std::string_view text, const lex_options& options, std::size_t bytes_max) {
    const symbol_list symbols = symbols_for_display(text, options, bytes_max);
    std::string out = text_printer(symbols.all).print(bytes_max);
    if (!symbols.complete && !out.ends_with("...")) out += "...";
    return out;
}

}  // namespace rules
