#include "rules/set_statement.hpp"

#include <algorithm>
#include <optional>

#include "rules/names.hpp"

namespace rules {
namespace {

using scope_kind = assignment::scope_kind;
using value_kind = assignment::value_kind;

std::optional<scope_kind> scope_of(std::string_view lower_word) {
    if (lower_word == "session" || lower_word == "local") return scope_kind::session;
    if (lower_word == "global") return scope_kind::global;
    if (lower_word == "persist" || lower_word == "persist_only") return scope_kind::persist;
    return std::nullopt;
}

std::string quoted(const std::string& name) {
    std::string out = "`";
    for (const char c : name) out.append(c == '`' ? 2 : 1, c);
    return out + '`';
}

// A symbol of an expression as SQL.  Only from what the digest covers, or equal digests would not
// have equal facts.
std::string sql_of(const symbol& s) {
    if (s.code == symbol_code::name) return quoted(name_of(s.tok));
    return std::string(s.is_keyword() ? s.tok.word->name : s.tok.text);
}

std::string sql_of(symbol_span symbols) {
    std::string out;
    for (const symbol& s : symbols) {
        if (!out.empty()) out += ' ';
        out += sql_of(s);
    }
    return out;
}

bool is_string(const symbol& s) {
    return s.code == symbol_code::literal_kept && s.tok.kind == token_kind::string;
}

void read_value(symbol_span value, assignment& to) {
    const symbol& first = value.front();
    const bool one = value.size() == 1;
    const bool sign = first.is('-') || first.is('+');
    if (std::ranges::all_of(value, is_string)) {
        to.kind = value_kind::string;
        to.text = sql_of(value);
    } else if (one && first.code == symbol_code::literal_kept) {
        to.kind = value_kind::number;
        to.text = first.tok.text;
    } else if (sign && value.size() == 2 && value[1].code == symbol_code::literal_kept) {
        to.kind = is_string(value[1]) ? value_kind::expression : value_kind::number;
        to.text = std::string(first.tok.text) + std::string(value[1].tok.text);
    } else if (one && first.is("DEFAULT")) {
        to.kind = value_kind::default_value;
        to.text = "DEFAULT";
    } else if (one && first.is("NULL")) {
        to.kind = value_kind::null_value;
        to.text = "NULL";
    } else if (one && (first.code == symbol_code::name || first.is_keyword())) {
        to.kind = value_kind::word;
        to.text = first.is_keyword() ? std::string(first.tok.word->name) : name_of(first.tok);
    } else {
        to.kind = value_kind::expression;
        to.text = sql_of(value);
    }
}

// READ COMMITTED and the like, as transaction_isolation holds it.
std::string isolation_level(symbol_reader& in) {
    std::string level;
    for (; in.peek().is_keyword(); in.take()) {
        if (!level.empty()) level += '-';
        level += in.peek().tok.word->name;
    }
    return level;
}

class set_reader {
public:
    set_reader(symbol_span statement, statement_facts& facts) : in_(statement), facts_(facts) {
        in_.skip("SET");
    }

    std::vector<symbol> read() {
        if (!read_special() && !read_transaction()) {
            do {
                if (facts_.assignments.size() == assignments_max) {
                    facts_.incomplete = true;
                    break;
                }
                if (!read_assignment()) return refuse();
            } while (in_.skip(','));
            if (!in_.done()) return refuse();
            set_class();
        }
        return std::move(values_);
    }

private:
    std::vector<symbol> refuse() {
        facts_.cls = statement_class::unknown;
        facts_.assignments.clear();
        const symbol_span rest = in_.rest();
        values_.insert(values_.end(), rest.begin(), rest.end());
        return std::move(values_);
    }

    bool assigns(std::size_t ahead) const {
        return in_.peek(ahead).is('=') || in_.peek(ahead).is_operation(":=");
    }

    // SET PASSWORD, SET ROLE, SET DEFAULT ROLE, SET RESOURCE GROUP.
    bool read_special() {
        if (in_.peek().is("PASSWORD")) {
            facts_.cls = statement_class::admin;
            facts_.effects |= effect::implicit_commit;
            return true;
        }
        const bool role = in_.peek().is("ROLE") && !assigns(1);
        const bool default_role = in_.peek().is("DEFAULT") && in_.peek(1).is("ROLE");
        const bool group = in_.peek().is("RESOURCE") && in_.peek(1).is("GROUP");
        if (!role && !default_role && !group) return false;
        facts_.cls = statement_class::admin;
        facts_.effects |= default_role ? effect_set(effect::implicit_commit)
                                       : effect_set(effect::changes_identity);
        return true;
    }

    // SET [GLOBAL | SESSION] TRANSACTION ...
    bool read_transaction() {
        const bool qualified = in_.peek(1).is("TRANSACTION");
        if (!qualified && !in_.peek().is("TRANSACTION")) return false;
        if (assigns(qualified ? 2 : 1)) return false;
        scope_kind scope = scope_kind::next_transaction;
        if (qualified) {
            const auto named = scope_of(lower_name_of(in_.peek().tok));
            if (!named) return false;
            scope = *named;
            in_.take();
        }
        in_.take();
        facts_.cls = scope == scope_kind::global ? statement_class::set_global
                                                 : statement_class::set_transaction;
        do {
            if (in_.skip("ISOLATION")) {
                in_.skip("LEVEL");
                add_word(scope, "transaction_isolation", isolation_level(in_));
            } else if (in_.skip("READ")) {
                add_word(scope, "transaction_read_only", in_.take().is("ONLY") ? "ON" : "OFF");
            } else {
                facts_.cls = statement_class::unknown;
                return true;
            }
        } while (in_.skip(',') && facts_.assignments.size() < assignments_max);
        return true;
    }

    bool read_assignment() {
        if (in_.peek().is("NAMES") && !assigns(1)) {
            in_.take();
            return read_names("names");
        }
        if (in_.peek().is("CHARSET") && !assigns(1)) {
            in_.take();
            return read_names("character set");
        }
        if ((in_.peek().is("CHARACTER") || in_.peek().is("CHAR")) && in_.peek(1).is("SET")) {
            in_.seek(in_.position() + 2);
            return read_names("character set");
        }
        assignment a;
        if (!read_target(a)) return false;
        if (!in_.skip('=')) {
            if (!in_.peek().is_operation(":=")) return false;
            in_.take();
        }
        const symbol_span value = take_value();
        if (value.empty()) return false;
        read_value(value, a);
        values_.insert(values_.end(), value.begin(), value.end());
        add(std::move(a));
        return true;
    }

    bool read_names(std::string_view what) {
        if (in_.done()) return false;
        assignment a;
        a.name = what;
        const symbol value = in_.take();
        read_value({&value, 1}, a);
        if (in_.skip("COLLATE")) {
            const symbol& collation = in_.take();
            a.collation = is_string(collation) ? std::string(inside_quotes(collation.tok.text))
                                               : lower_name_of(collation.tok);
        }
        add(std::move(a));
        return true;
    }

    bool read_target(assignment& a) {
        const symbol& first = in_.take();
        if (first.code == symbol_code::user_variable) {
            a.scope = scope_kind::user;
            a.name = variable_name_of(first.tok);
            return true;
        }
        const bool at_signs = first.code == symbol_code::system_variable;
        if (!at_signs && !first.is_name()) return false;
        a.name = at_signs ? variable_name_of(first.tok) : lower_name_of(first.tok);
        bool scoped = false;
        if (const auto scope = scope_of(a.name); scope && !assigns(0)) {
            if (at_signs && !in_.skip('.')) return false;
            const symbol& variable = in_.take();
            if (!variable.is_name()) return false;
            a.scope = *scope;
            a.name = lower_name_of(variable.tok);
            scoped = true;
            if (!at_signs) last_scope_ = scope;
        } else if (!at_signs && last_scope_) {
            a.scope = *last_scope_;  // SET GLOBAL a = 1, b = 2 sets b globally, too
            scoped = true;
        }
        if (in_.peek().is('.')) {  // hot_cache.key_buffer_size
            in_.take();
            a.name += '.' + lower_name_of(in_.take().tok);
        }
        // Only the form with @@ and no scope means the next transaction, as a server tells.
        const bool characteristic =
            a.name == "transaction_isolation" || a.name == "transaction_read_only";
        if (at_signs && !scoped && characteristic) a.scope = scope_kind::next_transaction;
        return true;
    }

    // Up to the next comma outside parentheses.
    symbol_span take_value() {
        const symbol_span rest = in_.rest();
        std::size_t depth = 0;
        std::size_t size = 0;
        for (; size < rest.size(); ++size) {
            if (rest[size].is('(')) ++depth;
            if (rest[size].is(')') && depth > 0) --depth;
            if (rest[size].is(',') && depth == 0) break;
        }
        in_.seek(in_.position() + size);
        return rest.first(size);
    }

    void add_word(scope_kind scope, std::string_view name, std::string text) {
        assignment a;
        a.scope = scope;
        a.name = name;
        a.kind = value_kind::word;
        a.text = std::move(text);
        add(std::move(a));
    }

    void add(assignment a) {
        if (a.scope == scope_kind::user) facts_.effects |= effect::writes_user_variable;
        if (a.name == "sql_log_bin" && a.scope != scope_kind::user)
            facts_.effects |= effect::sets_sql_log_bin;
        if (a.name == "autocommit" && a.scope == scope_kind::session)
            facts_.effects |= effect::implicit_commit;
        facts_.assignments.push_back(std::move(a));
    }

    void set_class() {
        bool global = false;
        bool only_next_transaction = true;
        for (const assignment& a : facts_.assignments) {
            global = global || a.scope == scope_kind::global || a.scope == scope_kind::persist;
            only_next_transaction =
                only_next_transaction && a.scope == scope_kind::next_transaction;
        }
        facts_.cls = global                  ? statement_class::set_global
                     : only_next_transaction ? statement_class::set_transaction
                                             : statement_class::set_session;
    }

    symbol_reader in_;
    statement_facts& facts_;
    std::vector<symbol> values_;
    std::optional<scope_kind> last_scope_;
};

}  // namespace

std::vector<symbol> read_set_statement(symbol_span statement, statement_facts& facts) {
    return set_reader(statement, facts).read();
}

}  // namespace rules
