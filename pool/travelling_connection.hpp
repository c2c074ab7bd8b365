#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "pool/session_vector.hpp"

namespace pool {

/// An idle, plain connection on its way from one thread to another: all that is known of it, as
/// values that no thread shares, or that never change.
struct travelling_connection {
    travelling_connection() = default;
    ~travelling_connection();  // closes it, unless it has arrived
    travelling_connection(const travelling_connection&) = delete;
    travelling_connection& operator=(const travelling_connection&) = delete;

    int socket = -1;
    boost::asio::ip::tcp protocol = boost::asio::ip::tcp::v4();
    std::string user{};
    std::uint32_t account_capabilities = 0;
    std::uint32_t capabilities = 0;
    std::uint32_t connection_id = 0;
    std::string server_version{};
    shared_baseline own_defaults{};
    bool is_copy = false;
    session_vector state{};
    std::vector<std::uint8_t> queued{};
    std::chrono::steady_clock::time_point retire_at{};
};

}  // namespace pool
