#include "proxy/log_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace proxy {
namespace {

bool is_word_character(char c) noexcept {
    return c > ' ' && c < 0x7f && c != '"' && c != '=' && c != '\\';
}

bool is_plain(std::string_view value) noexcept {
    return !value.empty() && std::all_of(value.begin(), value.end(), is_word_character);
}

bool is_name(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
}

// The length of the well-formed UTF-8 character at the start of `text`; 0 if there is none.
std::size_t utf8_length(std::string_view text) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(0);
    const std::size_t length = lead < 0x80                   ? 1
                               : lead >= 0xc2 && lead < 0xe0 ? 2
                               : lead >= 0xe0 && lead < 0xf0 ? 3
                               : lead >= 0xf0 && lead < 0xf5 ? 4
                                                             : 0;
    if (length == 0 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((byte(i) & 0xc0) != 0x80) return 0;
    const bool overlong = (lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xf0 && byte(1) < 0x90);
    const bool surrogate = lead == 0xed && byte(1) >= 0xa0;
    const bool beyond = lead == 0xf4 && byte(1) >= 0x90;
    return overlong || surrogate || beyond ? 0 : length;
}

void append_escaped(std::string& out, std::string_view text) {
    while (!text.empty()) {
        const char c = text.front();
        const std::size_t length = utf8_length(text);
        if (c == '"' || c == '\\')
            out.append({'\\', c});
        else if (c == '\n')
            out += "\\n";
        else if (length == 0 || (c >= 0 && c < ' ') || c == 0x7f)
            out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
        else
            out += text.substr(0, length);
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
}

struct field {
    std::string_view key;
    std::string_view value;  // with its quotes
};

// Takes ` key=value` off the front of `rest`.
std::optional<field> take_field(std::string_view& rest) {
    if (rest.size() < 4 || rest.front() != ' ') return std::nullopt;
    const auto equals = rest.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    field out{.key = rest.substr(1, equals - 1), .value = {}};
    rest.remove_prefix(equals + 1);
    std::size_t end = 0;
    if (!rest.empty() && rest.front() == '"') {
        for (end = 1; end < rest.size() && rest[end] != '"'; ++end)
            if (rest[end] == '\\') ++end;
        if (end++ >= rest.size()) return std::nullopt;
    } else {
        while (end < rest.size() && is_word_character(rest[end])) ++end;
        if (end == 0) return std::nullopt;
    }
    out.value = rest.substr(0, end);
    rest.remove_prefix(end);
    const bool one_line = std::none_of(out.value.begin(), out.value.end(), [](char c) {
        return static_cast<unsigned char>(c) < ' ' || c == 0x7f;
    });
    if (!is_name(out.key) || !one_line) return std::nullopt;
    return out;
}

// 15 digits are exact in every reader of JSON, doubles included.
bool is_integer(std::string_view value) noexcept {
    const std::string_view digits = value.substr(value.starts_with('-') ? 1 : 0);
    return !digits.empty() && digits.size() <= 15 && (digits.size() == 1 || digits[0] != '0') &&
           std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

void append_value(std::string& line, std::string_view value) {
    const bool cut = value.size() > value_bytes_max;
    if (cut) value = value.substr(0, value_bytes_max);
    if (!cut && is_plain(value)) {
        line += value;
        return;
    }
    line += '"';
    append_escaped(line, value);
    line += cut ? "…\"" : "\"";
}

bool is_event_line(std::string_view line) {
    const std::string_view name = line.substr(0, line.find(' '));
    if (!is_name(name)) return false;
    std::string_view rest = line.substr(name.size());
    while (!rest.empty())
        if (!take_field(rest)) return false;
    return true;
}

std::string event_line_to_json(std::string_view time, std::string_view level,
                               std::string_view line) {
    const std::string_view name = line.substr(0, line.find(' '));
    std::string out = fmt::format(R"({{"time":"{}","level":"{}","event":"{}")", time, level, name);
    std::string_view rest = line.substr(name.size());
    while (const auto next = take_field(rest)) {
        const bool bare = next->value.front() == '"' || is_integer(next->value) ||
                          next->value == "true" || next->value == "false";
        const std::string_view quote = bare ? "" : "\"";
        out += fmt::format(R"(,"{}":{}{}{})", next->key, quote, next->value, quote);
    }
    return out + "}";
}

}  // namespace proxy
