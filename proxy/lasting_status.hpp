#pragma once

#include <cstdint>

#include "protocol/server_status.hpp"

namespace proxy {

/// Of the status that an OK packet tells, what is still true when something else is answered.
constexpr std::uint16_t lasting_status(std::uint16_t status) noexcept {
    namespace s = protocol::server_status;
    return static_cast<std::uint16_t>(
        status &
        (s::in_transaction | s::autocommit | s::no_backslash_escapes | s::in_transaction_readonly));
}

}  // namespace proxy
