#include "rules/effects.hpp"

#include <algorithm>

#include "rules/builtin_functions.hpp"
#include "rules/names.hpp"

namespace rules {
namespace {

bool is_one_of(const symbol& s, std::initializer_list<std::string_view> words) {
    return std::ranges::any_of(words, [&](std::string_view word) { return s.is(word); });
}

bool is_system_schema(std::string_view schema) {
    return schema == "information_schema" || schema == "performance_schema" || schema == "mysql" ||
           schema == "sys";
}

class effect_scan {
public:
    effect_scan(symbol_span statement, const std::vector<bool>& is_table, statement_facts& facts)
        : statement_(statement), is_table_(is_table), facts_(facts) {}

    void run() {
        for (at_ = 0; at_ < statement_.size(); ++at_) step(statement_[at_]);
        for (auto* list : {&facts_.names, &facts_.schema_qualifiers, &facts_.system_variables,
                           &facts_.unknown_functions}) {
            std::ranges::sort(*list);
            const auto repeated = std::ranges::unique(*list);
            list->erase(repeated.begin(), repeated.end());
        }
        if (facts_.names.size() > names_max) facts_.incomplete = true;
    }

private:
    const symbol& before(std::size_t back = 1) const {
        return at_ >= back ? statement_[at_ - back] : nothing_;
    }
    const symbol& after(std::size_t ahead = 1) const {
        return at_ + ahead < statement_.size() ? statement_[at_ + ahead] : nothing_;
    }
    bool reads_rows() const {
        return facts_.cls == statement_class::read || facts_.cls == statement_class::locking_read;
    }

    // CREATE TABLE … SELECT, which runs; CREATE VIEW … AS SELECT does not.
    bool creates_table() const {
        const std::size_t kind = statement_.size() > 1 && statement_[1].is("TEMPORARY") ? 2 : 1;
        return statement_.front().is("CREATE") && statement_.size() > kind &&
               statement_[kind].is("TABLE");
    }

    void step(const symbol& s) {
        if (s.is("SELECT") && creates_table()) in_query_of_table_ = true;
        if (s.code == symbol_code::parameter) facts_.effects |= effect::uses_parameters;
        if (s.code == symbol_code::user_variable) see_user_variable();
        if (s.code == symbol_code::system_variable) see_system_variable(s);
        if (s.is('*')) see_star();
        if (s.is_keyword()) see_keyword(s);
        if (s.code == symbol_code::name) see_name(s);
        if (!s.is(',') && s.code != symbol_code::user_variable) in_into_list_ = s.is("INTO");
    }

    // @x, unless it is the host of user@host.
    void see_user_variable() {
        const symbol& previous = before();
        if (previous.code == symbol_code::name || previous.is_value()) return;
        facts_.effects |= effect::reads_user_variable;
        const bool class_writes = facts_.cls == statement_class::call ||
                                  facts_.cls == statement_class::get_diagnostics ||
                                  statement_.front().is("LOAD");
        if (in_into_list_ || after().is_operation(":=") || class_writes)
            facts_.effects |= effect::writes_user_variable;
    }

    void see_system_variable(const symbol& s) {
        facts_.effects |= effect::reads_system_variable;
        std::string name = variable_name_of(s.tok);
        const bool scope = name == "session" || name == "local" || name == "global" ||
                           name == "persist" || name == "persist_only";
        if (after().is('.') && (after(2).is_name() || after(2).is_keyword())) {
            const std::string part = lower_name_of(after(2).tok);
            name = scope ? part : name + '.' + part;
        }
        if (name == "identity" || name == "last_insert_id")
            facts_.effects |= effect::reads_last_insert_id;
        if (name == "warning_count" || name == "error_count")
            facts_.effects |= effect::reads_warnings;
        add(facts_.system_variables, std::move(name));
    }

    // SELECT * and t.*, not COUNT(*) and a * b.
    void see_star() {
        const bool list_begins = is_one_of(
            before(), {"SELECT", "DISTINCT", "DISTINCTROW", "ALL", "HIGH_PRIORITY", "STRAIGHT_JOIN",
                       "SQL_SMALL_RESULT", "SQL_BIG_RESULT", "SQL_BUFFER_RESULT", "SQL_NO_CACHE",
                       "SQL_CALC_FOUND_ROWS", "RETURNING"});
        if (list_begins || before().is(',') || before().is('.')) facts_.effects |= effect::has_star;
    }

    void see_keyword(const symbol& s) {
        if (s.is("NATURAL")) facts_.effects |= effect::natural_join;
        if (s.is("SQL_CALC_FOUND_ROWS")) facts_.effects |= effect::sets_found_rows;
        if (s.is("CURRENT_USER")) facts_.effects |= effect::server_specific;
        const bool query_part =
            reads_rows() || facts_.cls == statement_class::explain ||
            (facts_.cls == statement_class::write && !statement_.front().is("LOAD"));
        if (s.is("TABLE") && query_part)
            facts_.effects |= effect::has_star;  // TABLE t is SELECT * FROM t
        if (s.is("INTO") && !is_one_of(statement_.front(), {"INSERT", "REPLACE", "LOAD"}))
            facts_.effects |= effect::select_into;
        const bool call = after().is('(');
        if (call) facts_.effects |= effects_of_keyword_call(s.tok.word->name);
        // A keyword before "(" is a function of the grammar.  Only where a list of columns may
        // stand there, as in INSERT INTO status (a), it may be a table.
        if (s.is_name() && !(call && reads_rows() && !is_table_[at_])) add_name(s);
        if (s.is_name() && after().is('.')) see_qualifier(s);
    }

    void see_name(const symbol& s) {
        if (after().is('.')) see_qualifier(s);
        const bool call = after().is('(') && !is_table_[at_] && is_call_place();
        if (!call) return add_name(s);

        const std::string name = lower_name_of(s.tok);
        if (before().is('.')) {
            const bool qualified = before(2).is_name() || before(2).is_keyword();
            unknown_function((qualified ? lower_name_of(before(2).tok) : "") + '.' + name);
            return add_name(s);
        }
        const auto effects = effects_of_function(name);
        if (!effects) {
            unknown_function(name);
            return add_name(s);
        }
        if (!reads_rows()) add_name(s);
        facts_.effects |= *effects;
        if (effects->has(effect::reads_last_insert_id) && !after(2).is(')'))
            facts_.effects |= effect::sets_last_insert_id;
    }

    // Where a name and "(" mean a call: in the statements that compute, and not where the name is
    // an alias, a common table expression or a procedure with its columns or arguments behind it.
    bool is_call_place() const {
        switch (facts_.cls) {
            case statement_class::ddl:
                if (!in_query_of_table_) return false;
                break;
            case statement_class::admin:
            case statement_class::show:
            case statement_class::describe:
            case statement_class::flush:
            case statement_class::lock_tables:
                return false;
            default:
                break;
        }
        if (is_one_of(before(), {"AS", "WITH", "RECURSIVE", "CALL"}) || before().is(')'))
            return false;
        return !defines_common_table();
    }

    // name ( columns ) AS ( ...
    bool defines_common_table() const {
        constexpr std::size_t columns_max = 4096;
        if (!statement_.front().is("WITH") || !before().is(',')) return false;
        symbol_reader in(statement_.first(std::min(statement_.size(), at_ + 2 * columns_max)));
        in.seek(at_ + 1);
        in.skip_parentheses();
        return in.peek().is("AS") && in.peek(1).is('(');
    }

    void unknown_function(std::string name) {
        facts_.effects |= effect::calls_unknown_function;
        add(facts_.unknown_functions, std::move(name));
    }

    // The s of s.t, s.t.c and s.f().  Of a.b alone nobody can tell whether a is a schema or a
    // table; it is one where b is a table or a function.
    void see_qualifier(const symbol& s) {
        if (before().is('.')) return;
        const bool three_parts = after(3).is('.');
        const bool table = at_ + 2 < statement_.size() && is_table_[at_ + 2];
        const std::string name = lower_name_of(s.tok);
        if (is_system_schema(name)) facts_.effects |= effect::server_specific;
        if (three_parts || table || after(3).is('(')) add(facts_.schema_qualifiers, name);
    }

    void add_name(const symbol& s) {
        std::string name = lower_name_of(s.tok);
        if (name.size() > name_bytes_max)
            facts_.incomplete = true;
        else
            add(facts_.names, std::move(name));
    }

    // Keeps a list from growing far beyond names_max by repetition.
    void add(std::vector<std::string>& list, std::string name) {
        if (list.size() >= 2 * names_max) {
            std::ranges::sort(list);
            const auto repeated = std::ranges::unique(list);
            list.erase(repeated.begin(), repeated.end());
        }
        if (list.size() >= 2 * names_max) {
            facts_.incomplete = true;
            return;
        }
        list.push_back(std::move(name));
    }

    static inline const symbol nothing_{};
    symbol_span statement_;
    const std::vector<bool>& is_table_;
    statement_facts& facts_;
    std::size_t at_ = 0;
    bool in_into_list_ = false;  // INTO @a, @b
    bool in_query_of_table_ = false;
};

}  // namespace

void scan_effects(symbol_span statement, const std::vector<bool>& is_table,
                  statement_facts& facts) {
    effect_scan(statement, is_table, facts).run();
}

}  // namespace rules
