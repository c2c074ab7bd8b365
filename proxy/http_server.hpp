#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "proxy/config.hpp"

namespace spdlog {
class logger;
}

namespace proxy {

struct http_reply {
    unsigned status = 200;
    std::string body{};
    std::string content_type = "application/json";
};

/// What answers GET and HEAD of one path.  Called on the server's thread; what it throws is a 500.
struct http_route {
    std::string path;
    std::function<http_reply()> reply;
};

struct http_limits {
    std::size_t connections_max = 64;  // beyond it a connection is closed at once
    std::uint32_t header_bytes_max = 8 * 1024;
    std::uint64_t body_bytes_max = 4 * 1024;         // bodies are read and ignored
    std::chrono::milliseconds idle_timeout{30'000};  // of a read or a write
};

/// Serves a fixed set of paths to people, probes and Prometheus.  Knows nothing of what they say.
///
/// One thread of its own with one io_context, so that a slow scrape holds no session up.  A request
/// that is not HTTP gets 400, an unknown path 404, another method 405; then, or when a limit is
/// reached, the connection is closed.
class http_server {
public:
    /// `log` must outlive this object, and so must what `routes` refer to.
    http_server(listen_address address, std::vector<http_route> routes, spdlog::logger& log,
                http_limits limits = {});
    ~http_server();  // stop()s
    http_server(const http_server&) = delete;
    http_server& operator=(const http_server&) = delete;

    /// Binds and starts the thread.  Throws std::system_error whose message names the address and
    /// what to do.  Port 0 takes a free one.
    void start();
    /// Closes everything and joins the thread.  Idempotent.
    void stop();

    std::uint16_t port() const noexcept;  // bound by start()

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace proxy
