#include "rules/tables.hpp"

#include <algorithm>
#include <set>

#include "rules/names.hpp"

namespace rules {
namespace {

// Walks a statement once.  Each open parenthesis has a frame that says what it is, so that a comma
// inside a function's arguments is not taken for one between tables.
class table_walk {
public:
    explicit table_walk(symbol_span statement)
        : statement_(statement), frames_(1), out_{{}, std::vector<bool>(statement.size())} {}

    table_references run() {
        while (at_ < statement_.size()) step();
        std::erase_if(out_.tables, [&](const table_name& t) {
            return t.schema.empty() && expressions_.contains(t.table);
        });
        std::ranges::sort(out_.tables);
        const auto repeated = std::ranges::unique(out_.tables);
        out_.tables.erase(repeated.begin(), repeated.end());
        return std::move(out_);
    }

private:
    struct frame {
        bool arguments = false;  // of a function: FROM is part of its syntax
        bool in_list = false;    // between FROM and WHERE: a comma separates tables
        bool table_expected = false;
    };

    const symbol& at(std::size_t i) const {
        return i < statement_.size() ? statement_[i] : nothing_;
    }
    const symbol& before(std::size_t i) const { return i > 0 ? statement_[i - 1] : nothing_; }

    void step() {
        const symbol& s = at(at_);
        frame& top = frames_.back();
        if (s.is('(')) return open();
        if (s.is(')')) {
            if (frames_.size() > 1) frames_.pop_back();
            frames_.back().table_expected = false;
            ++at_;
            return;
        }
        if (s.is('=')) top.table_expected = false;
        if (s.is(',')) {
            top.table_expected = top.in_list;
            ++at_;
            return;
        }
        if (top.table_expected && s.is_name() && !begins_something_else(at_)) return take_table();
        if (s.is_keyword()) see_keyword(s);
        ++at_;
    }

    // Words that may stand where a table is expected, but are none.
    bool begins_something_else(std::size_t i) const {
        const symbol& s = at(i);
        if (s.is("LATERAL") || s.is("JSON_TABLE")) return true;
        if (at(i + 1).is('=')) return true;  // EXPLAIN FORMAT = JSON
        if (at(i + 1).is('.')) return false;
        for (const auto word : {"LOW_PRIORITY", "QUICK", "CONCURRENT", "LOCAL", "TABLES", "STATUS"})
            if (s.is(word)) return at(i + 1).is_name() || at(i + 1).is_keyword();
        return false;
    }

    void open() {
        const symbol& previous = before(at_);
        const symbol& next = at(at_ + 1);
        frame inner;
        const bool query =
            next.is("SELECT") || next.is("WITH") || next.is("TABLE") || next.is("VALUES");
        if (!query) {
            inner.arguments = previous.is_name() || previous.code == symbol_code::keyword;
            // FROM (a, b): tables in parentheses
            if (frames_.back().table_expected && !inner.arguments) {
                inner.in_list = true;
                inner.table_expected = true;
            }
        }
        frames_.back().table_expected = false;
        frames_.push_back(inner);
        ++at_;
    }

    void take_table() {
        frames_.back().table_expected = false;
        table_name found;
        found.table = lower_name_of(at(at_).tok);
        out_.is_table[at_++] = true;
        if (at(at_).is('.') && at(at_ + 1).is_name()) {
            out_.is_table[at_] = out_.is_table[at_ + 1] = true;
            found.schema = std::move(found.table);
            found.table = lower_name_of(at(at_ + 1).tok);
            at_ += 2;
        }
        if (out_.tables.size() < names_max) out_.tables.push_back(std::move(found));
    }

    void expect_one() { frames_.back().table_expected = true; }
    void expect_list() {
        frames_.back().table_expected = true;
        frames_.back().in_list = true;
    }

    void see_keyword(const symbol& s) {
        const symbol& previous = before(at_);
        frame& top = frames_.back();
        if (s.is("FROM")) {
            if (!top.arguments) expect_list();
        } else if (s.is("JOIN")) {
            if (!previous.is("FOR")) expect_one();  // USE INDEX FOR JOIN
        } else if (s.is("STRAIGHT_JOIN")) {
            if (top.in_list) expect_one();  // else SELECT STRAIGHT_JOIN column
        } else if (s.is("UPDATE")) {
            if (!previous.is("FOR") && !previous.is("KEY") && !previous.is("ON")) expect_list();
        } else if (s.is("INTO")) {
            const bool names_table = statement_.front().is("INSERT") ||
                                     statement_.front().is("REPLACE") ||
                                     statement_.front().is("LOAD");
            if (names_table && !inserted_) expect_one();
            inserted_ = true;
        } else if (s.is("INSERT") || s.is("REPLACE")) {
            if (at_ == 0) expect_one();
        } else if (s.is("TABLE") || s.is("TABLES")) {
            expect_list();
        } else if (s.is("DESCRIBE") || s.is("DESC") || s.is("EXPLAIN") || s.is("HANDLER")) {
            if (at_ == 0) expect_one();
        } else if (s.is("FOR")) {
            top.table_expected = false;  // EXPLAIN FOR CONNECTION
        } else if (s.is("REFERENCES")) {
            expect_one();
        } else if (s.is("TO") && statement_.front().is("RENAME")) {
            expect_one();
        } else if (s.is("AS")) {
            see_common_table_expression();
        } else if (ends_table_list(s)) {
            top.in_list = false;
            top.table_expected = false;
        }
    }

    static bool ends_table_list(const symbol& s) {
        for (const auto word : {"WHERE", "GROUP", "HAVING", "WINDOW", "ORDER", "LIMIT", "SET",
                                "SELECT", "UNION", "EXCEPT", "VALUES", "LOCK", "PROCEDURE"})
            if (s.is(word)) return true;
        return false;
    }

    // name [(columns)] AS ( ...
    void see_common_table_expression() {
        if (!at(at_ + 1).is('(') || at_ == 0) return;
        std::size_t name = at_ - 1;
        if (statement_[name].is(')')) {
            const std::size_t nearest = name > columns_max * 2 ? name - columns_max * 2 : 0;
            while (name > nearest && !statement_[name].is('(')) --name;
            if (name == nearest) return;
            --name;
        }
        if (!statement_[name].is_name()) return;
        const symbol& introduced_by = before(name);
        if (introduced_by.is("WITH") || introduced_by.is("RECURSIVE") || introduced_by.is(','))
            expressions_.insert(lower_name_of(statement_[name].tok));
    }

    static constexpr std::size_t columns_max = 4096;  // of a table, and so of an expression
    static inline const symbol nothing_{};
    symbol_span statement_;
    std::size_t at_ = 0;
    std::vector<frame> frames_;
    std::set<std::string> expressions_;
    bool inserted_ = false;
    table_references out_;
};

}  // namespace

table_references tables_of(symbol_span statement) {
    return table_walk(statement).run();
}

}  // namespace rules
