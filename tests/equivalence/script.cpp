#include "tests/equivalence/script.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "protocol/capabilities.hpp"

namespace equivalence {
namespace {

constexpr std::array action_names = {
    std::pair{action::connect, "connect"},
    std::pair{action::query, "query"},
    std::pair{action::prepare, "prepare"},
    std::pair{action::execute, "execute"},
    std::pair{action::long_data, "long_data"},
    std::pair{action::fetch, "fetch"},
    std::pair{action::reset_statement, "reset_statement"},
    std::pair{action::close_statement, "close_statement"},
    std::pair{action::init_db, "init_db"},
    std::pair{action::field_list, "field_list"},
    std::pair{action::statistics, "statistics"},
    std::pair{action::ping, "ping"},
    std::pair{action::change_user, "change_user"},
    std::pair{action::reset_connection, "reset_connection"},
    std::pair{action::set_option, "set_option"},
    std::pair{action::kill, "kill"},
    std::pair{action::kill_query, "kill_query"},
};

constexpr std::array parameter_names = {
    std::pair{parameter::kind::null, "null"},
    std::pair{parameter::kind::tiny, "tiny"},
    std::pair{parameter::kind::short_, "short"},
    std::pair{parameter::kind::int_, "int"},
    std::pair{parameter::kind::bigint, "bigint"},
    std::pair{parameter::kind::ubigint, "ubigint"},
    std::pair{parameter::kind::double_, "double"},
    std::pair{parameter::kind::text, "text"},
    std::pair{parameter::kind::blob, "blob"},
    std::pair{parameter::kind::date, "date"},
    std::pair{parameter::kind::datetime, "datetime"},
    std::pair{parameter::kind::time, "time"},
    std::pair{parameter::kind::long_data, "long_data"},
};

template <class Table, class Value>
std::string_view name_in(const Table& table, Value value) {
    for (const auto& [known, name] : table)
        if (known == value) return name;
    return "?";
}

template <class Table>
auto value_in(const Table& table, std::string_view name) {
    for (const auto& [value, known] : table)
        if (known == name) return value;
    throw bad_script("unknown word '" + std::string(name) + "'");
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

std::string unescaped(std::string_view text) {
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            bytes.push_back(text[i]);
            continue;
        }
        const int high = i + 1 < text.size() ? hex_digit(text[i + 1]) : -1;
        const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
        if (high < 0 || low < 0) throw bad_script("a percent sign without two digits");
        bytes.push_back(static_cast<char>(high * 16 + low));
        i += 2;
    }
    return bytes;
}

std::uint32_t number_in(std::string_view text) {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size())
        throw bad_script("'" + std::string(text) + "' is no number");
    return number;
}

// The first word, which is taken away with the space behind it.
std::string_view take_word(std::string_view& line) {
    const std::size_t space = std::min(line.find(' '), line.size());
    const std::string_view word = line.substr(0, space);
    line.remove_prefix(std::min(space + 1, line.size()));
    return word;
}

std::string to_text(const identity& who) {
    std::string text = " user=" + escaped(who.user, true);
    if (!who.schema.empty()) text += " schema=" + escaped(who.schema, true);
    text += " collation=" + std::to_string(who.collation) + " flags=";
    bool first = true;
    for (const flag_name& known : flag_names()) {
        if ((who.capabilities & known.flag) == 0) continue;
        if (!std::exchange(first, false)) text += ",";
        text += known.name;
    }
    return text;
}

std::uint32_t flags_in(std::string_view list) {
    std::uint32_t flags = 0;
    while (!list.empty()) {
        const std::size_t comma = std::min(list.find(','), list.size());
        const std::string_view name = list.substr(0, comma);
        const auto& all = flag_names();
        const auto known =
            std::find_if(all.begin(), all.end(), [&](const auto& f) { return f.name == name; });
        if (known == all.end()) throw bad_script("unknown flag '" + std::string(name) + "'");
        flags |= known->flag;
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return flags;
}

identity identity_in(std::string_view line) {
    identity who;
    while (!line.empty()) {
        const std::string_view word = take_word(line);
        const std::size_t equals = std::min(word.find('='), word.size());
        const std::string_view key = word.substr(0, equals);
        const std::string_view value = word.substr(std::min(equals + 1, word.size()));
        if (key == "user") {
            who.user = unescaped(value);
        } else if (key == "schema") {
            who.schema = unescaped(value);
        } else if (key == "collation") {
            who.collation = static_cast<std::uint8_t>(number_in(value));
        } else if (key == "flags") {
            who.capabilities = flags_in(value);
        } else {
            throw bad_script("unknown word '" + std::string(word) + "'");
        }
    }
    return who;
}

void parse_execution(std::string_view line, step& one) {
    while (!line.empty()) {
        const std::string_view word = take_word(line);
        if (word == "cursor") {
            one.cursor = true;
        } else if (word == "types_left_out") {
            one.types_left_out = true;
        } else {
            const std::size_t equals = std::min(word.find('='), word.size());
            parameter& added = one.parameters.emplace_back();
            added.type = value_in(parameter_names, word.substr(0, equals));
            added.value = unescaped(word.substr(std::min(equals + 1, word.size())));
        }
    }
}

step parse_step(std::string_view line) {
    step one;
    one.session = take_word(line);
    one.what = value_in(action_names, take_word(line));
    switch (one.what) {
        case action::connect:
        case action::change_user:
            one.to = identity_in(line);
            break;
        case action::query:
        case action::init_db:
        case action::field_list:
            one.text = unescaped(line);
            break;
        case action::prepare:
            one.name = take_word(line);
            one.text = unescaped(line);
            break;
        case action::execute:
            one.name = take_word(line);
            parse_execution(line, one);
            break;
        case action::long_data:
            one.name = take_word(line);
            one.number = number_in(take_word(line));
            one.text = unescaped(line);
            break;
        case action::fetch:
            one.name = take_word(line);
            one.number = number_in(line);
            break;
        case action::reset_statement:
        case action::close_statement:
        case action::kill:
        case action::kill_query:
            one.name = take_word(line);
            break;
        case action::set_option:
            one.number = number_in(line);
            break;
        case action::statistics:
        case action::ping:
        case action::reset_connection:
            break;
    }
    return one;
}

}  // namespace

std::string_view to_string(action what) noexcept {
    return name_in(action_names, what);
}

const std::vector<flag_name>& flag_names() {
    namespace c = protocol::capability;
    static const std::vector<flag_name> names{
        {"found_rows", c::found_rows},       {"ignore_space", c::ignore_space},
        {"interactive", c::interactive},     {"multi_statements", c::multi_statements},
        {"multi_results", c::multi_results}, {"ps_multi_results", c::ps_multi_results},
        {"session_track", c::session_track}, {"deprecate_eof", c::deprecate_eof},
    };
    return names;
}

std::string escaped(std::string_view bytes, bool spaces) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const char c : bytes) {
        const bool plain = c > ' ' && c <= '~' && c != '%';
        if (plain || (c == ' ' && !spaces)) {
            text.push_back(c);
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        text.push_back('%');
        text.push_back(digits[byte >> 4]);
        text.push_back(digits[byte & 0x0f]);
    }
    return text;
}

std::string to_text(const step& one) {
    std::string text = one.session + " " + std::string(to_string(one.what));
    switch (one.what) {
        case action::connect:
        case action::change_user:
            return text + to_text(one.to);
        case action::query:
        case action::init_db:
        case action::field_list:
            return text + " " + escaped(one.text);
        case action::prepare:
            return text + " " + one.name + " " + escaped(one.text);
        case action::execute:
            text += " " + one.name;
            if (one.cursor) text += " cursor";
            if (one.types_left_out) text += " types_left_out";
            for (const parameter& p : one.parameters) {
                text += " " + std::string(name_in(parameter_names, p.type));
                if (!p.value.empty()) text += "=" + escaped(p.value, true);
            }
            return text;
        case action::long_data:
            return text + " " + one.name + " " + std::to_string(one.number) + " " +
                   escaped(one.text);
        case action::fetch:
            return text + " " + one.name + " " + std::to_string(one.number);
        case action::reset_statement:
        case action::close_statement:
        case action::kill:
        case action::kill_query:
            return text + " " + one.name;
        case action::set_option:
            return text + " " + std::to_string(one.number);
        case action::statistics:
        case action::ping:
        case action::reset_connection:
            break;
    }
    return text;
}

std::string to_text(const script& whole) {
    std::string text;
    for (const step& one : whole) text += to_text(one) + "\n";
    return text;
}

script parse_script(std::string_view text) {
    script whole;
    for (std::size_t line_number = 1; !text.empty(); ++line_number) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty() || line.front() == '#') continue;
        try {
            whole.push_back(parse_step(line));
        } catch (const bad_script& why) {
            throw bad_script("line " + std::to_string(line_number) + ": " + why.what());
        }
    }
    return whole;
}

}  // namespace equivalence
