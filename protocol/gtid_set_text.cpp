// The text form of GTID sets.  The grammar is the server's, found by asking MySQL 9.7:
//
//     set   := item { ',' item }
//     item  := [ uuid { ':' part } ]
//     part  := tag | number [ '-' number ]
//
// Blanks may stand between any two tokens.  A tag holds until the next tag or item; the part after
// a uuid counts without one until the first tag.

#include <charconv>

#include "protocol/gtid_set.hpp"

namespace protocol {
namespace {

constexpr bool is_blank(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}
constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
constexpr bool ends_word(char c) {
    return is_blank(c) || c == ':' || c == ',' || c == '-';
}

}  // namespace

class gtid_set::text_parser {
public:
    explicit text_parser(std::string_view text) : rest_(text) {}

    result<gtid_set> parse() {
        do {
            if (skip_blanks(); rest_.empty() || rest_.front() == ',') continue;
            if (const auto done = item(); !done) return done.error();
        } while (accept(','));
        if (!rest_.empty()) return errc::bad_gtid;
        return build(sequences_, std::move(loose_));
    }

private:
    void skip_blanks() {
        while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
    }

    bool accept(char token) {
        skip_blanks();
        if (rest_.empty() || rest_.front() != token) return false;
        rest_.remove_prefix(1);
        skip_blanks();
        return true;
    }

    std::string_view word(bool with_dashes) {
        std::size_t size = 0;
        while (size < rest_.size() &&
               (!ends_word(rest_[size]) || (with_dashes && rest_[size] == '-')))
            ++size;
        const auto found = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return found;
    }

    result<void> item() {
        const auto source = uuid::parse(word(true));
        if (!source) return source.error();
        sequences_.push_back({*source, {}});
        while (accept(':')) {
            const bool numbers = !rest_.empty() && is_digit(rest_.front());
            if (const auto done = numbers ? interval() : tag(); !done) return done.error();
        }
        return {};
    }

    result<void> tag() {
        const auto parsed = gtid_tag::parse(word(false));
        if (!parsed) return parsed.error();
        if (parsed->empty()) return errc::bad_gtid;
        sequences_.push_back({sequences_.back().source, *parsed});
        return {};
    }

    result<void> interval() {
        gtid_interval numbers;
        if (!number(numbers.first) || numbers.first == 0) return errc::bad_gtid;
        numbers.last = numbers.first;
        if (accept('-') && !number(numbers.last)) return errc::bad_gtid;
        if (numbers.last < numbers.first) return {};  // empty, as for MySQL
        if (loose_.size() == intervals_max) return errc::limit_exceeded;
        loose_.push_back({sequences_.size() - 1, numbers});
        return {};
    }

    bool number(std::uint64_t& value) {
        const char* const begin = rest_.data();
        const auto [end, error] = std::from_chars(begin, begin + rest_.size(), value);
        if (error != std::errc{} || value > gtid::number_max) return false;
        rest_.remove_prefix(static_cast<std::size_t>(end - begin));
        return true;
    }

    std::string_view rest_;
    std::vector<gtid_sequence> sequences_{};  // one per uuid or tag in the text
    std::vector<loose_interval> loose_{};
};

result<gtid_set> gtid_set::parse(std::string_view text) {
    return text_parser(text).parse();
}

std::string gtid_set::to_string() const {
    std::string text;
    const uuid* source = nullptr;
    for (const member_run& run : runs_) {
        if (source == nullptr || *source != run.sequence.source) {
            if (source != nullptr) text += ',';
            source = &run.sequence.source;
            text += source->to_string();
        }
        if (!run.sequence.tag.empty()) {
            text += ':';
            text += run.sequence.tag.view();
        }
        for (const gtid_interval& numbers : run.numbers) {
            text += ':';
            text += std::to_string(numbers.first);
            if (numbers.last == numbers.first) continue;
            text += '-';
            text += std::to_string(numbers.last);
        }
    }
    return text;
}

}  // namespace protocol
