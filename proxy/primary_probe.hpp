#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "pool/backend_connection.hpp"
#include "proxy/config.hpp"
#include "proxy/server_facts.hpp"

namespace proxy {

/// Asks the primary once a second whether it answers, on one connection of its own and a thread of
/// its own, and learns from it what the greeting and the lexer need.
class primary_probe {
public:
    /// Called on the probe's thread.  `error` is empty if the primary answered; `learned` is null
    /// but after a new connection.
    using listener =
        std::function<void(const std::string& error, std::shared_ptr<const server_facts> learned)>;

    primary_probe(const config& settings, listener tell);
    ~primary_probe();  // stop()s
    primary_probe(const primary_probe&) = delete;
    primary_probe& operator=(const primary_probe&) = delete;

    void start();
    void stop();

private:
    boost::asio::awaitable<void> run();
    boost::asio::awaitable<void> probe_once();
    boost::asio::awaitable<std::shared_ptr<const server_facts>> learn();

    listener tell_;
    pool::server_endpoint server_;
    pool::backend_account account_;
    std::chrono::milliseconds timeout_;
    std::string version_override_;
    boost::asio::io_context context_{1};
    boost::asio::steady_timer timer_{context_};
    pool::block_pool blocks_{16 * 1024};
    pool::vector_interner vectors_;
    std::unique_ptr<pool::backend_connection> connection_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace proxy
