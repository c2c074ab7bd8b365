#pragma once

#include <array>
#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

namespace proxy {

/// The IP addresses with a common beginning, as "10.0.0.0/8", "2001:db8::/32" or "192.0.2.7".
///
/// IPv4 addresses are the same in their IPv6 form (::ffff:192.0.2.7).
class network {
public:
    /// Nothing if the text is no network, or names bits behind its prefix (10.0.0.1/8).
    static std::optional<network> parse(std::string_view text);

    bool contains(const boost::asio::ip::address& address) const noexcept;

    friend bool operator==(const network&, const network&) = default;

private:
    std::array<std::uint8_t, 16> first_{};  // in IPv6 form
    unsigned prefix_bits_ = 128;
};

}  // namespace proxy
