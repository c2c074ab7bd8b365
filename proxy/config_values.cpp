#include "proxy/config_values.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <span>

namespace proxy {
namespace {

struct unit {
    std::string_view name;
    std::uint64_t factor;
};

// Longest first, as format() wants them.
constexpr std::array duration_units{unit{"d", 86'400'000}, unit{"h", 3'600'000}, unit{"m", 60'000},
                                    unit{"s", 1'000}, unit{"ms", 1}};
constexpr std::array size_units{unit{"GB", std::uint64_t{1} << 30}, unit{"MB", 1 << 20},
                                unit{"KB", 1 << 10}, unit{"B", 1}};

struct number_and_unit {
    std::uint64_t number = 0;
    std::string_view rest{};
};

std::optional<number_and_unit> split(std::string_view text) {
    const bool leading_zero = text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9';
    if (leading_zero) return std::nullopt;
    number_and_unit out;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), out.number, 10);
    if (error != std::errc{}) return std::nullopt;
    out.rest = text.substr(static_cast<std::size_t>(end - text.data()));
    return out;
}

std::optional<std::uint64_t> scaled(const number_and_unit& value, std::span<const unit> units) {
    for (const unit& u : units) {
        if (u.name != value.rest) continue;
        // Kept within int64, the range of a duration.
        constexpr auto highest =
            static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
        if (value.number > highest / u.factor) return std::nullopt;
        return value.number * u.factor;
    }
    return std::nullopt;
}

std::string format(std::uint64_t value, std::span<const unit> units) {
    for (const unit& u : units)
        if (value != 0 && value % u.factor == 0)
            return std::to_string(value / u.factor) + std::string(u.name);
    return "0";
}

}  // namespace

parsed<std::uint64_t> parse_number(std::string_view text) {
    const auto split_text = split(text);
    if (!split_text || !split_text->rest.empty())
        return {.problem = "must be a whole number, written in decimal digits"};
    return {.value = split_text->number};
}

parsed<std::chrono::milliseconds> parse_duration(std::string_view text) {
    const auto split_text = split(text);
    if (split_text && split_text->rest.empty() && split_text->number == 0)
        return {.value = std::chrono::milliseconds{0}};
    if (split_text) {
        if (const auto value = scaled(*split_text, duration_units))
            return {.value = std::chrono::milliseconds{static_cast<std::int64_t>(*value)}};
    }
    return {.problem = "must be a duration with its unit, such as 50ms, 10s, 5m or 8h"};
}

parsed<std::uint64_t> parse_size(std::string_view text) {
    const auto split_text = split(text);
    if (split_text && split_text->rest.empty()) return {.value = split_text->number};
    if (split_text) {
        if (const auto value = scaled(*split_text, size_units)) return {.value = *value};
    }
    return {.problem = "must be a size, such as 65536, 512KB, 64MB or 2GB"};
}

parsed<listen_address> parse_address(std::string_view text) {
    const std::string wrong = "must be host:port, such as 127.0.0.1:6033 or [::1]:6033, or 'off'";
    if (text == "off") return {.value = listen_address{.host = "", .port = 0}};
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0) return {.problem = wrong};
    std::string_view host = text.substr(0, colon);
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    if (!bracketed && host.find(':') != std::string_view::npos) return {.problem = wrong};
    const auto port = parse_number(text.substr(colon + 1));
    if (!port.value || *port.value == 0 || *port.value > 65'535)
        return {.problem = "must end with a port from 1 to 65535"};
    return {.value = listen_address{std::string(host), static_cast<std::uint16_t>(*port.value)}};
}

std::string format_duration(std::chrono::milliseconds duration) {
    return format(static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count(), 0)),
                  duration_units);
}

std::string format_address(const listen_address& address) {
    const bool v6 = address.host.find(':') != std::string::npos;
    return (v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

std::string format_size(std::uint64_t bytes) {
    return format(bytes, size_units);
}

}  // namespace proxy
