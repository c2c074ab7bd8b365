#include "rules/stored_body.hpp"

#include <algorithm>
#include <utility>

#include "rules/analyze_statement.hpp"
#include "rules/symbols.hpp"

namespace rules {
namespace {

constexpr std::size_t pieces_max = 20'000;

template <class... Words>
bool is_any(const symbol& s, Words... words) {
    return (s.is(words) || ...);
}

bool is_mark(const symbol& s) {
    return s.code == symbol_code::hint || s.code == symbol_code::version_mark ||
           s.code == symbol_code::more_values || s.code == symbol_code::more_lists;
}

/// Cuts a body where one of its statements may begin or end.
class body_cutter {
public:
    explicit body_cutter(symbol_span body) : body_(body) {}

    std::optional<std::vector<statement_facts>> run() {
        for (const symbol& s : body_) {
            if (is_mark(s)) continue;
            if (piece_.empty()) {
                begin(s);
            } else {
                go_on(s);
            }
            if (found_.size() > pieces_max) return std::nullopt;
        }
        end();
        return std::move(found_);
    }

private:
    void begin(const symbol& s) {
        // END IF, END LOOP label: nothing until the semicolon.
        if (in_end_) {
            in_end_ = !s.is(';');
            return;
        }
        if (s.is("END")) {
            in_end_ = true;
            return;
        }
        // Words in front of a statement or a condition, and what is left of a label.
        if (is_any(s, ';', ':', "BEGIN", "IF", "ELSEIF", "WHILE", "LOOP", "UNTIL", "CASE", "WHEN",
                   "THEN", "ELSE"))
            return;
        piece_.push_back(s);
    }

    void go_on(const symbol& s) {
        if (s.is(';') || (parentheses_ == 0 && cases_ == 0 && cuts(s))) return cut(s);
        if (s.is('(')) ++parentheses_;
        if (s.is(')') && parentheses_ > 0) --parentheses_;
        if (s.is("CASE")) ++cases_;
        if (s.is("END") && cases_ > 0) --cases_;
        piece_.push_back(s);
    }

    bool cuts(const symbol& s) const {
        const symbol& first = piece_.front();
        if (piece_.size() == 1 && s.is(':')) return true;                         // a label
        if (piece_.size() == 1 && first.is("REPEAT") && !s.is('(')) return true;  // the loop
        if (declares_handler()) return begins_statement(s);
        return is_any(s, "THEN", "ELSE", "DO");
    }

    bool declares_handler() const {
        return piece_.front().is("DECLARE") &&
               std::ranges::any_of(piece_, [](const symbol& s) { return s.is("HANDLER"); });
    }

    static bool begins_statement(const symbol& s) {
        return is_any(s, "SET", "SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "REPLACE", "CALL",
                      "DO", "BEGIN", "IF", "CASE", "WHILE", "LOOP", "REPEAT", "EXECUTE", "PREPARE",
                      "GET", "FLUSH", "LOCK", "CREATE", "DROP", "ALTER", "TRUNCATE", "XA");
    }

    void cut(const symbol& s) {
        const bool repeats = piece_.size() == 1 && piece_.front().is("REPEAT");
        const bool belongs_behind = repeats || declares_handler();
        if (s.is(':') || repeats) piece_.clear();
        end();
        if (belongs_behind) begin(s);
    }

    void end() {
        parentheses_ = cases_ = 0;
        if (piece_.empty()) return;
        found_.push_back(analyze_statement({std::exchange(piece_, {}), false}));
    }

    symbol_span body_;
    std::vector<symbol> piece_;
    std::vector<statement_facts> found_;
    std::size_t parentheses_ = 0;
    std::size_t cases_ = 0;  // CASE … END within an expression
    bool in_end_ = false;
};

}  // namespace

std::optional<std::vector<statement_facts>> statements_of_body(std::string_view body,
                                                               const lex_options& options) {
    const symbol_list symbols = symbols_of(body, options);
    if (!symbols.complete) return std::nullopt;
    auto found = body_cutter(symbols.all).run();
    const bool complete =
        found && std::ranges::none_of(*found, [](const auto& s) { return s.incomplete; });
    if (!complete) return std::nullopt;
    return found;
}

}  // namespace rules
