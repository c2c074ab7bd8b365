#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/bytes.hpp"
#include "protocol/error.hpp"

namespace protocol {

/// COM_CHANGE_USER, command byte included.  Views point into the decoded payload.
struct change_user {
    std::string_view user{};
    bytes_view auth_data{};
    std::string_view schema{};
    std::uint16_t collation = 0;     // 0 when the client sent none
    std::string_view auth_plugin{};  // with CLIENT_PLUGIN_AUTH
    bytes_view attributes{};         // with CLIENT_CONNECT_ATTRS; see for_each_attribute()
};

/// `capabilities` are those of the connection.
result<change_user> decode_change_user(bytes_view payload, std::uint32_t capabilities);
void encode(const change_user& value, std::uint32_t capabilities, writer& out);

}  // namespace protocol
