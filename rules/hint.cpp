#include "rules/hint.hpp"

#include "rules/ascii.hpp"

namespace rules {
namespace {

constexpr std::size_t hints_max = 16;
constexpr std::string_view marker = "tidegate:";

void skip_space(std::string_view& text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
}

bool is_key(char c) {
    return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') || c == '_' || c == '-' ||
           c == '.';
}

template <class Belongs>
std::string_view take_while(std::string_view& text, Belongs belongs) {
    std::size_t size = 0;
    while (size < text.size() && belongs(text[size])) ++size;
    const std::string_view taken = text.substr(0, size);
    text.remove_prefix(size);
    return taken;
}

// Reads `key=value key="a value" ...` up to the first fault.
void read_hints(std::string_view text, std::vector<hint>& out) {
    for (skip_space(text); !text.empty() && out.size() < hints_max; skip_space(text)) {
        const std::string_view key = take_while(text, is_key);
        if (key.empty() || !text.starts_with('=')) return;
        text.remove_prefix(1);
        if (!text.starts_with('"')) {
            out.push_back({key, take_while(text, [](char c) { return !is_space(c); })});
            continue;
        }
        text.remove_prefix(1);
        const std::string_view value = take_while(text, [](char c) { return c != '"'; });
        if (text.empty()) return;
        text.remove_prefix(1);
        out.push_back({key, value});
    }
}

}  // namespace

std::vector<hint> hints_of(std::string_view text) {
    std::vector<hint> hints;
    for (skip_space(text); text.starts_with("/*"); skip_space(text)) {
        const std::size_t end = text.find("*/", 2);
        if (end == std::string_view::npos || text[2] == '!') break;  // /*! ... */ is no comment
        std::string_view comment = text.substr(2, end - 2);
        text.remove_prefix(end + 2);
        skip_space(comment);
        if (!comment.starts_with(marker)) continue;
        comment.remove_prefix(marker.size());
        read_hints(comment, hints);
    }
    return hints;
}

}  // namespace rules
