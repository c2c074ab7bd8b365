#include "replicator/sql_text.hpp"

#include <algorithm>

namespace replicator {
namespace {

constexpr char to_lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_word_byte(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

// Walks a statement's text; at() behind its end is NUL, so that looking ahead needs no checks.
class scanner {
public:
    explicit scanner(std::string_view text) : text_(text) {}

    bool done() const { return position_ >= text_.size(); }

    // Appends the next word, if the text at the position begins one; else skips what is there.
    void step(std::vector<sql_word>& words) {
        const char c = at(0);
        if (is_word_byte(c)) {
            words.push_back({lowercase(take_word()), false});
        } else if (c == '`' || c == '"') {
            words.push_back({take_quoted(c), true});
        } else if (c == '\'') {
            take_quoted(c);
        } else if (c == '#' ||
                   (c == '-' && at(1) == '-' && static_cast<unsigned char>(at(2)) <= ' ')) {
            skip_to("\n");
        } else if (c == '/' && at(1) == '*') {
            skip_comment();
        } else {
            ++position_;
        }
    }

private:
    char at(std::size_t ahead) const {
        return position_ + ahead < text_.size() ? text_[position_ + ahead] : '\0';
    }

    std::string_view take_word() {
        const std::size_t begin = position_;
        while (!done() && is_word_byte(text_[position_])) ++position_;
        return text_.substr(begin, position_ - begin);
    }

    // A doubled quote stands for itself; in backquotes a backslash does too.
    std::string take_quoted(char quote) {
        std::string content;
        for (++position_; !done(); ++position_) {
            const char c = text_[position_];
            if (c == quote && at(1) != quote) {
                ++position_;
                break;
            }
            if (c == quote || (c == '\\' && quote != '`')) ++position_;
            if (!done()) content.push_back(text_[position_]);
        }
        return content;
    }

    // Of a version comment only the opening is skipped, and the digits of the version.
    void skip_comment() {
        if (at(2) != '!') return skip_to("*/");
        position_ += 3;
        while (!done() && at(0) >= '0' && at(0) <= '9') ++position_;
    }

    void skip_to(std::string_view end) {
        const std::size_t found = text_.find(end, position_);
        position_ = found == std::string_view::npos ? text_.size() : found + end.size();
    }

    std::string_view text_;
    std::size_t position_ = 0;
};

std::string enclosed(std::string_view text, char quote) {
    std::string result(1, quote);
    for (const char c : text) {
        if (c == quote) result.push_back(quote);
        result.push_back(c);
    }
    result.push_back(quote);
    return result;
}

}  // namespace

std::string quoted(std::string_view name) {
    return enclosed(name, '`');
}

std::string quoted(std::string_view schema, std::string_view table) {
    return quoted(schema) + "." + quoted(table);
}

std::string literal(std::string_view text) {
    std::string result = "'";
    for (const char c : text) {
        if (c == '\'' || c == '\\') result.push_back('\\');
        if (c == '\0') {
            result += "\\0";
        } else {
            result.push_back(c);
        }
    }
    return result + "'";
}

std::string lowercase(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), to_lower);
    return result;
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
    std::string result;
    for (const auto& part : parts) {
        if (!result.empty()) result += separator;
        result += part;
    }
    return result;
}

std::vector<sql_word> words_of(std::string_view statement, std::size_t words_max) {
    std::vector<sql_word> words;
    scanner scan(statement);
    while (!scan.done() && words.size() < words_max) scan.step(words);
    return words;
}

}  // namespace replicator
