#include "rules/literal.hpp"

#include "rules/multibyte.hpp"
#include "rules/names.hpp"
#include "rules/normalizer.hpp"

namespace rules {
namespace {

literal::kind_type kind_of(const token& t) {
    switch (t.kind) {
        case token_kind::string:
            return literal::kind_type::string;
        case token_kind::integer:
            return literal::kind_type::integer;
        case token_kind::decimal:
            return literal::kind_type::decimal;
        case token_kind::real:
            return literal::kind_type::real;
        case token_kind::hex:
            return literal::kind_type::hex;
        case token_kind::bit:
            return literal::kind_type::bit;
        default:
            return literal::kind_type::null;
    }
}

// Hands the literals of one slot to a collector: clear(), add(literal), extend(end of text).
template <class Collector>
class literal_sink {
public:
    literal_sink(std::uint32_t wanted, Collector& into) : wanted_(wanted), into_(into) {}

    void put(symbol_code, const token&, std::uint32_t) {}
    void take_back(unsigned) {}
    void literal(const token& t, std::uint32_t slot) {
        if (slot == wanted_) into_.add({kind_of(t), t.text});
        passed_ = slot > wanted_;
    }
    void join(const token& t, std::uint32_t slot) {
        if (slot == wanted_) into_.extend(t.text.data() + t.text.size());
    }
    void drop_slot(std::uint32_t slot) {
        if (slot == wanted_) into_.clear();
    }
    // With a later value on hand the wanted one stays.
    bool full() const { return passed_; }

private:
    std::uint32_t wanted_;
    Collector& into_;
    bool passed_ = false;
};

void extend_to(literal& l, const char* end) {
    l.text = {l.text.data(), static_cast<std::size_t>(end - l.text.data())};
}

struct all_literals {
    std::vector<literal> found;
    std::size_t count_max = 0;
    bool too_many = false;

    void clear() {
        found.clear();
        too_many = false;
    }
    void add(const literal& l) {
        too_many = too_many || found.size() == count_max;
        if (!too_many) found.push_back(l);
    }
    void extend(const char* end) {
        if (!found.empty() && !too_many) extend_to(found.back(), end);
    }
};

struct one_literal {
    literal found;
    std::size_t count = 0;

    void clear() { count = 0; }
    void add(const literal& l) {
        found = l;
        ++count;
    }
    void extend(const char* end) {
        if (count > 0) extend_to(found, end);
    }
};

template <class Collector>
void collect(std::string_view text, const lex_options& options, std::uint32_t ordinal,
             Collector& into) {
    literal_sink<Collector> sink(ordinal, into);
    normalizer<literal_sink<Collector>>(text, options, sink).run();
}

// What a backslash and `c` stand for.  MySQL keeps the backslash of \% and \_ for LIKE.
void append_escaped(std::string& out, char c) {
    switch (c) {
        case '0':
            out += '\0';
            return;
        case 'b':
            out += '\b';
            return;
        case 'n':
            out += '\n';
            return;
        case 'r':
            out += '\r';
            return;
        case 't':
            out += '\t';
            return;
        case 'Z':
            out += '\x1a';
            return;
        case '%':
        case '_':
            out += '\\';
            break;
        default:
            break;
    }
    out += c;
}

void append_string(std::string& out, std::string_view quoted, const lex_options& options) {
    const char quote = quoted.front();
    for (std::size_t i = 1; i < quoted.size();) {
        const char c = quoted[i];
        if (c == '\\' && !options.no_backslash_escapes && i + 1 < quoted.size()) {
            append_escaped(out, quoted[i + 1]);
            i += 2;
        } else if (c == quote) {
            if (i + 1 >= quoted.size()) return;
            out += quote;
            i += 2;
        } else {
            const std::size_t size = character_size(quoted, i, options.charset);
            out.append(quoted, i, size);
            i += size;
        }
    }
}

}  // namespace

std::vector<literal> literals_at(std::string_view text, const lex_options& options,
                                 std::uint32_t ordinal, std::size_t count_max) {
    all_literals all{{}, count_max, false};
    collect(text, options, ordinal, all);
    if (all.too_many) return {};
    return std::move(all.found);
}

std::optional<literal> literal_at(std::string_view text, const lex_options& options,
                                  std::uint32_t ordinal) {
    one_literal one;
    collect(text, options, ordinal, one);
    if (one.count != 1) return std::nullopt;
    return one.found;
}

std::string string_value(std::string_view text, const lex_options& options) {
    std::string out;
    lexer tokens(text, options);
    for (token t = tokens.next(); t.kind == token_kind::string; t = tokens.next()) {
        const bool national = t.text.front() == 'N' || t.text.front() == 'n';
        append_string(out, t.text.substr(national ? 1 : 0), options);
    }
    return out;
}

}  // namespace rules
