#include "rules/known_calls.hpp"

#include <algorithm>
#include <vector>

#include "rules/ascii.hpp"
#include "rules/lexer.hpp"

namespace rules {
namespace {

constexpr std::size_t tokens_max = 10'000;

bool is(const token& t, char c) {
    return t.kind == token_kind::punctuation && t.text.size() == 1 && t.text[0] == c;
}

bool is(const token& t, std::string_view word) {
    return t.kind == token_kind::word && equal_ignoring_case(t.text, word);
}

template <class... Words>
bool is_any(const token& t, Words... words) {
    return (is(t, words) || ...);
}

bool knows_connections(const token& t) {
    return is_any(t, "is_used_lock", "information_schema", "performance_schema", "sys", "mysql");
}

/// Puts a value in the place of every call of a function that has no arguments.
class rewriting {
public:
    rewriting(std::string_view text, const lex_options& options, std::string_view function,
              std::string_view value)
        : text_(text), function_(function), value_(value) {
        lexer in(text, options);
        do {
            tokens_.push_back(in.next());
        } while (tokens_.back().kind != token_kind::end && tokens_.size() < tokens_max);
    }

    bool is_about_connections() const {
        return std::any_of(tokens_.begin(), tokens_.end(), knows_connections);
    }

    std::optional<std::string> run() {
        if (tokens_.back().kind != token_kind::end) return std::nullopt;
        for (at_ = 0; at_ < tokens_.size(); ++at_) step();
        if (copied_ == 0) return std::nullopt;
        return out_.append(text_.substr(copied_));
    }

private:
    const token& after(std::size_t ahead) const {
        return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
    }

    void step() {
        const token& t = tokens_[at_];
        if (is(t, '(')) ++depth_;
        if (is(t, ')') && depth_ > 0) --depth_;
        if (depth_ == 0) {
            if (is(t, "SELECT")) in_list_ = true;
            if (is_any(t, "FROM", "WHERE", "LIMIT", "ORDER", "GROUP", ';')) in_list_ = false;
        }
        const bool call = is(t, function_) && is(after(1), '(') && is(after(2), ')') &&
                          (at_ == 0 || !is(tokens_[at_ - 1], '.'));
        if (call) replace();
    }

    void replace() {
        const token& end = after(2);
        const std::size_t begin = offset(tokens_[at_]);
        const std::size_t behind = offset(end) + end.text.size();
        const std::string_view written = text_.substr(begin, behind - begin);
        out_.append(text_.substr(copied_, begin - copied_));
        out_.append(value_);
        if (is_whole_column()) out_.append(" AS `").append(written).append("`");
        copied_ = behind;
        at_ += 2;
    }

    /// Nothing else makes up the column, so that its name is the call's own text.
    bool is_whole_column() const {
        const token& next = after(3);
        const token& previous = tokens_[at_ == 0 ? 0 : at_ - 1];
        return depth_ == 0 && in_list_ && is_any(previous, "SELECT", ',') &&
               (next.kind == token_kind::end ||
                is_any(next, ',', ';', "FROM", "WHERE", "LIMIT", "ORDER", "UNION"));
    }

    std::size_t offset(const token& t) const {
        return static_cast<std::size_t>(t.text.data() - text_.data());
    }

    std::string_view text_;
    std::string_view function_;
    std::string_view value_;
    std::vector<token> tokens_;
    std::string out_;
    std::size_t copied_ = 0;
    std::size_t at_ = 0;
    std::size_t depth_ = 0;
    bool in_list_ = false;
};

}  // namespace

std::optional<std::string> with_connection_id(std::string_view text, const lex_options& options,
                                              std::uint32_t id) {
    const std::string value = "CAST(" + std::to_string(id) + " AS UNSIGNED)";
    rewriting calls(text, options, "connection_id", value);
    return calls.is_about_connections() ? std::nullopt : calls.run();
}

std::optional<std::string> with_row_count(std::string_view text, const lex_options& options,
                                          std::int64_t count) {
    constexpr std::size_t width = 21;  // of its column
    const std::string digits = std::to_string(count);
    const std::string value =
        "CAST('" + std::string(width - digits.size(), ' ') + digits + "' AS SIGNED)";
    return rewriting(text, options, "row_count", value).run();
}

}  // namespace rules
