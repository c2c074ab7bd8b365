#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <string_view>

#include "proxy/http_server.hpp"

namespace proxy {

/// What every connection of one http_server shares.  Lives longer than they do.
struct http_context {
    std::vector<http_route> routes;
    http_limits limits;
    spdlog::logger& log;
    std::size_t connections = 0;
};

/// One connection: requests in, replies out, until it is closed, idle for too long or malformed.
class http_connection {
public:
    http_connection(boost::asio::ip::tcp::socket socket, http_context& context);
    ~http_connection();
    http_connection(const http_connection&) = delete;
    http_connection& operator=(const http_connection&) = delete;

    boost::asio::awaitable<void> run();

private:
    using request = boost::beast::http::request<boost::beast::http::string_body>;
    using response = boost::beast::http::response<boost::beast::http::string_body>;

    boost::asio::awaitable<bool> serve_one();  // false: the connection is over
    boost::asio::awaitable<bool> send(response answer);
    http_reply reply_to(const request& message) const;

    boost::beast::tcp_stream stream_;
    boost::beast::flat_buffer buffer_;
    http_context& context_;
};

}  // namespace proxy
