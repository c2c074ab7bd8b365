#include "proxy/network.hpp"

#include <charconv>
#include <string>

namespace proxy {
namespace ip = boost::asio::ip;

namespace {

using v6_bytes = std::array<std::uint8_t, 16>;

constexpr unsigned v4_prefix_bits = 96;  // of ::ffff:0:0/96, where IPv4 addresses lie in IPv6

v6_bytes bytes_of(const ip::address& address) {
    if (address.is_v6()) return address.to_v6().to_bytes();
    return ip::make_address_v6(ip::v4_mapped, address.to_v4()).to_bytes();
}

bool bit(const v6_bytes& bytes, unsigned at) noexcept {
    return (bytes[at / 8] >> (7 - at % 8) & 1) != 0;
}

}  // namespace

std::optional<network> network::parse(std::string_view text) {
    const std::size_t slash = text.find('/');
    boost::system::error_code failed;
    const auto address = ip::make_address(std::string(text.substr(0, slash)), failed);
    if (failed || (address.is_v6() && address.to_v6().scope_id() != 0)) return std::nullopt;
    network out;
    out.first_ = bytes_of(address);
    if (slash == text.npos) return out;

    const std::string_view digits = text.substr(slash + 1);
    unsigned bits = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    const bool is_number = read.ec == std::errc() && read.ptr == digits.data() + digits.size();
    if (!is_number || bits > (address.is_v4() ? 32u : 128u)) return std::nullopt;
    out.prefix_bits_ = bits + (address.is_v4() ? v4_prefix_bits : 0);
    for (unsigned at = out.prefix_bits_; at < 128; ++at)
        if (bit(out.first_, at)) return std::nullopt;
    return out;
}

bool network::contains(const ip::address& address) const noexcept {
    const v6_bytes bytes = bytes_of(address);
    for (unsigned at = 0; at < prefix_bits_; ++at)
        if (bit(bytes, at) != bit(first_, at)) return false;
    return true;
}

}  // namespace proxy
