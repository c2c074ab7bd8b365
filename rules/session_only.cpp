#include "rules/session_only.hpp"

#include <algorithm>
#include <array>

#include "rules/names.hpp"

namespace rules {
namespace {

using namespace std::string_view_literals;

// Without arguments, and the same for all sessions in one state.
constexpr std::array asked{"database"sv, "schema"sv, "version"sv};
// Likewise, but each session has its own.
constexpr std::array numbers{"connection_id"sv, "last_insert_id"sv};
// Whose value their arguments decide.
constexpr std::array computing{"concat"sv, "concat_ws"sv, "replace"sv, "coalesce"sv, "ifnull"sv};

template <class List>
bool is_among(const List& list, const symbol& s) {
    if (s.code != symbol_code::name && !s.is_keyword()) return false;
    return std::ranges::find(list, lower_name_of(s.tok)) != list.end();
}

bool is_value(const symbol& s) {
    return s.is_value() || s.is("NULL") || s.is("TRUE") || s.is("FALSE");
}

/// Takes one expression: variables, values, and calls of those functions.
class expression_reader {
public:
    explicit expression_reader(symbol_reader& in) : in_(in) {}

    /// False if there is anything else.
    bool read(std::size_t depth = 0) {
        if (depth > nesting_max) return false;
        const symbol& first = in_.take();
        if (first.code == symbol_code::system_variable) return read_variable(first);
        if (is_value(first)) return true;
        const bool call = in_.peek().is('(');
        if (call && is_among(asked, first) && in_.peek(1).is(')')) {
            in_.seek(in_.position() + 2);
            asks_ = true;
            return true;
        }
        return call && is_among(computing, first) && read_arguments(depth);
    }
    bool asks() const { return asks_; }

private:
    bool read_variable(const symbol& first) {
        const std::string name = variable_name_of(first.tok);
        if (name == "global" || name == "persist" || name == "persist_only") return false;
        if (in_.skip('.')) {
            if (name != "session" && name != "local") return false;
            in_.take();
        }
        asks_ = true;
        return true;
    }

    bool read_arguments(std::size_t depth) {
        in_.skip('(');
        do {
            if (!read(depth + 1)) return false;
        } while (in_.skip(','));
        return in_.skip(')');
    }

    symbol_reader& in_;
    bool asks_ = false;
};

/// AS name
bool skip_alias(symbol_reader& in) {
    if (!in.skip("AS")) return true;
    const symbol& alias = in.take();
    return alias.is_name() || alias.is_value();
}

bool skip_limit(symbol_reader& in) {
    return !in.skip("LIMIT") || in.take().is_value();
}

}  // namespace

bool is_session_only_read(symbol_span statement) {
    symbol_reader in(statement);
    if (!in.skip("SELECT")) return false;
    if (is_among(numbers, in.peek()) && in.peek(1).is('(') && in.peek(2).is(')')) {
        in.seek(in.position() + 3);
        return skip_alias(in) && skip_limit(in) && in.done();
    }
    expression_reader expression(in);
    do {
        if (!expression.read() || !skip_alias(in)) return false;
    } while (in.skip(','));
    return expression.asks() && skip_limit(in) && in.done();
}

bool is_session_only_set(symbol_span values, const statement_facts& facts) {
    using scope = assignment::scope_kind;
    using kind = assignment::value_kind;
    if (facts.cls != statement_class::set_session || facts.assignments.empty()) return false;
    symbol_reader in(values);
    for (const assignment& set : facts.assignments) {
        // DEFAULT is the global value, and CHARACTER SET asks for the schema's.
        if (set.scope != scope::session || set.kind == kind::default_value ||
            set.name == "character set")
            return false;
        if (set.name == "names") continue;  // its value is not among `values`
        if (set.kind == kind::expression) {
            if (!expression_reader(in).read()) return false;
            continue;
        }
        // One symbol, but for a sign.  (Strings side by side are several: then not all is read.)
        if (in.peek().is('-') || in.peek().is('+')) in.take();
        in.take();
    }
    return in.done();
}

}  // namespace rules
