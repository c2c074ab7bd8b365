#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace proxy {

enum class kill_outcome : std::uint8_t { done, unknown_id, not_owner };

/// KILL, on its way to the worker that has the session.
struct kill_order {
    std::uint32_t id = 0;                      // connection_ids::is_own()
    bool query_only = false;                   // the statement, not the session
    std::string user{};                        // whose sessions may be killed
    bool privileged = false;                   // or anybody's
    std::function<void(kill_outcome)> tell{};  // called on that worker's thread
};

}  // namespace proxy
