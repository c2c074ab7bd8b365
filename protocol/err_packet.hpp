#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/bytes.hpp"
#include "protocol/error.hpp"

namespace protocol {

/// An error as MySQL reports it.  Views point into the decoded payload.
struct err_packet {
    static constexpr std::uint8_t header = 0xff;

    std::uint16_t code = 0;
    std::string_view sqlstate = "HY000";  // 5 characters
    std::string_view message{};
    friend bool operator==(const err_packet&, const err_packet&) = default;
};

/// Accepts the form without SQLSTATE too, which servers send before they know the client.
result<err_packet> decode_err(bytes_view payload);
void encode(const err_packet& value, writer& out);

}  // namespace protocol
