#include "rules/script.hpp"

#include <algorithm>

namespace rules {
namespace {

// CREATE [DEFINER = user] PROCEDURE | FUNCTION | TRIGGER | EVENT, and ALTER EVENT: statements that
// end with a statement of their own, which may be a block with semicolons in it.
bool is_stored_program(symbol_span statement) {
    symbol_reader in(statement);
    if (!in.skip("CREATE") && !in.skip("ALTER")) return false;
    in.skip_any({"OR", "REPLACE", "AGGREGATE"});
    if (in.skip("DEFINER") && in.skip('=')) {
        in.take();  // the user, or CURRENT_USER
        if (in.peek().is('(')) in.skip_parentheses();
        if (in.peek().code == symbol_code::user_variable) in.take();  // @host
    }
    in.skip_any({"AGGREGATE"});
    for (const auto kind : {"PROCEDURE", "FUNCTION", "TRIGGER", "EVENT"})
        if (in.peek().is(kind)) return true;
    return false;
}

// Counts the blocks that are open at a place in a stored program's body.
class block_depth {
public:
    explicit block_depth(symbol_span symbols) : symbols_(symbols) {}

    bool open() const { return depth_ > 0; }

    void pass(std::size_t i) {
        if (at(i).is("END")) {
            if (i > 0 && at(i - 1).is("XA")) return;
            if (depth_ > 0) --depth_;
        } else if (opens(i)) {
            ++depth_;
        }
    }

private:
    static constexpr auto blocks = {"BEGIN", "CASE", "LOOP", "WHILE", "REPEAT", "IF"};

    const symbol& at(std::size_t i) const { return i < symbols_.size() ? symbols_[i] : nothing_; }

    bool opens(std::size_t i) const {
        const symbol& s = at(i);
        bool block = false;
        for (const auto word : blocks) block = block || s.is(word);
        if (!block || (i > 0 && at(i - 1).is("END"))) return false;  // END IF, END LOOP
        if (s.is("BEGIN")) return i == 0 || !at(i - 1).is("XA");
        if (s.is("REPEAT")) return !at(i + 1).is('(');
        if (s.is("IF")) return opens_if(i);
        return true;
    }

    // IF the statement, not IF(a, b, c), IF EXISTS t or IF NOT EXISTS t.
    bool opens_if(std::size_t i) const {
        const std::size_t exists = at(i + 1).is("NOT") ? i + 2 : i + 1;
        if (at(exists).is("EXISTS")) return at(exists + 1).is('(');
        if (!at(i + 1).is('(')) return true;
        if (i > 0 && !may_end_statement_head(at(i - 1))) return false;

        symbol_reader in(symbols_.first(std::min(symbols_.size(), i + condition_symbols_max)));
        in.seek(i + 1);
        in.skip_parentheses();
        const symbol& after = in.peek();
        const bool in_expression = after.is("WHEN") || after.is("ELSE") || after.is("END") ||
                                   after.is(',') || after.is(')') || after.is(';') || in.done();
        return !in_expression;
    }

    // May a statement begin behind `before`?
    static bool may_end_statement_head(const symbol& before) {
        for (const auto word : {"THEN", "ELSE", "LOOP", "REPEAT", "ROW"})
            if (before.is(word)) return true;
        if (before.code == symbol_code::keyword_operand) return false;
        return before.is(';') || before.is(')') || before.is(':') || before.is_keyword() ||
               before.is_name() || before.is_value();
    }

    static constexpr std::size_t condition_symbols_max = 1000;  // of an IF, looked at
    static inline const symbol nothing_{};
    symbol_span symbols_;
    std::size_t depth_ = 0;
};

bool is_mark(const symbol& s) {
    return s.code == symbol_code::hint || s.code == symbol_code::version_mark ||
           s.code == symbol_code::more_values || s.code == symbol_code::more_lists;
}

// Where the statement that begins `symbols` ends: at a semicolon or at the end.
std::size_t end_of_statement(symbol_span symbols) {
    std::size_t begin = 0;
    while (begin < symbols.size() && symbols[begin].code == symbol_code::version_mark) ++begin;
    const bool body = is_stored_program(symbols.subspan(begin));
    block_depth depth(symbols);
    std::size_t end = begin;
    for (; end < symbols.size(); ++end) {
        if (body) depth.pass(end);
        if (symbols[end].is(';') && !depth.open()) break;
    }
    return end;
}

}  // namespace

script split(const symbol_list& symbols) {
    script out;
    out.complete = symbols.complete;
    symbol_span rest = symbols.all;
    std::uint32_t parameters = 0;
    for (;;) {
        if (out.statements.size() == statements_max) {
            out.complete = false;
            return out;
        }
        const std::size_t end = end_of_statement(rest);
        script_statement& statement = out.statements.emplace_back();
        for (symbol s : rest.first(end)) {
            if (s.code == symbol_code::version_mark) statement.version_comment = true;
            if (is_mark(s)) continue;
            if (s.code == symbol_code::parameter) s.slot = parameters++;
            statement.symbols.push_back(s);
        }
        if (end == rest.size()) return out;
        rest = rest.subspan(end + 1);
    }
}

}  // namespace rules
