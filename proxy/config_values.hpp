#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/config.hpp"

namespace proxy {

/// A value read from the text of the configuration, or what is wrong with the text.
template <typename T>
struct parsed {
    std::optional<T> value{};
    std::string problem{};  // completes the sentence "<key> <problem>"
};

/// A decimal number.  `010`, `1e3`, `-1` and `1_000` are refused: YAML's own readings of them
/// differ.
parsed<std::uint64_t> parse_number(std::string_view text);

/// `50ms`, `10s`, `5m`, `8h`, `1d`.  A number needs its unit, except 0.
parsed<std::chrono::milliseconds> parse_duration(std::string_view text);

/// `65536`, `512KB`, `64MB`, `2GB`; K, M and G are powers of 1024, as MySQL means them.
parsed<std::uint64_t> parse_size(std::string_view text);

/// `host:port`, `[::1]:port`, or `off`, which is port 0.
parsed<listen_address> parse_address(std::string_view text);

/// `4s`, `250ms`: the longest unit that is exact.
std::string format_duration(std::chrono::milliseconds duration);
/// `127.0.0.1:6033`, `[::1]:6033`.
std::string format_address(const listen_address& address);
/// `64MB`, `65537`: the longest unit that is exact.
std::string format_size(std::uint64_t bytes);

}  // namespace proxy
