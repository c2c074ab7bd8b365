#include "protocol/gtid.hpp"

#include <charconv>

namespace protocol {
namespace {

constexpr bool dash_at(std::size_t position) {
    return position == 8 || position == 13 || position == 18 || position == 23;
}

/// The value of a hexadecimal digit, or -1.
constexpr int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

result<uuid> uuid::parse(std::string_view text) noexcept {
    if (text.size() == text_size + 2 && text.front() == '{' && text.back() == '}')
        text = text.substr(1, text_size);
    const bool dashes = text.size() == text_size;
    uuid parsed;
    if (!dashes && text.size() != 2 * parsed.bytes.size()) return errc::bad_gtid;
    std::size_t digits = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (dashes && dash_at(i)) {
            if (text[i] != '-') return errc::bad_gtid;
            continue;
        }
        const int value = hex_value(text[i]);
        if (value < 0) return errc::bad_gtid;
        auto& byte = parsed.bytes[digits / 2];
        byte = static_cast<std::uint8_t>(byte << 4 | value);
        ++digits;
    }
    return parsed;
}

std::string uuid::to_string() const {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    text.reserve(text_size);
    for (const std::uint8_t byte : bytes) {
        if (dash_at(text.size())) text += '-';
        text += digits[byte >> 4];
        text += digits[byte & 0xf];
    }
    return text;
}

result<gtid_tag> gtid_tag::parse(std::string_view text) noexcept {
    if (text.size() > size_max) return errc::bad_gtid;
    gtid_tag parsed;
    for (const char c : text) {
        const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        const bool letter = (lower >= 'a' && lower <= 'z') || lower == '_';
        const bool digit = lower >= '0' && lower <= '9';
        if (!letter && !(digit && !parsed.empty())) return errc::bad_gtid;
        parsed.text_[parsed.size_++] = lower;
    }
    return parsed;
}

result<gtid> gtid::parse(std::string_view text) noexcept {
    const auto first = text.find(':');
    if (first == text.npos) return errc::bad_gtid;
    const auto last = text.rfind(':');
    const auto source = uuid::parse(text.substr(0, first));
    if (!source) return source.error();

    gtid parsed{.source = *source};
    if (last != first) {
        const auto tag = gtid_tag::parse(text.substr(first + 1, last - first - 1));
        if (!tag) return tag.error();
        if (tag->empty()) return errc::bad_gtid;
        parsed.tag = *tag;
    }
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + last + 1, end, parsed.number);
    if (error != std::errc{} || stop != end) return errc::bad_gtid;
    if (parsed.number == 0 || parsed.number > number_max) return errc::bad_gtid;
    return parsed;
}

std::string gtid::to_string() const {
    std::string text = source.to_string();
    if (!tag.empty()) {
        text += ':';
        text += tag.view();
    }
    text += ':';
    text += std::to_string(number);
    return text;
}

}  // namespace protocol
