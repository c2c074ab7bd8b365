#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <string>
#include <vector>

#include "protocol/client_login.hpp"
#include "protocol/packet.hpp"
#include "protocol/response_reader.hpp"

/// A blocking client made of the parts under test, to try them on a real server.
class server_client {
public:
    explicit server_client(std::uint16_t port);

    /// How the login ended; the details are in login().
    protocol::result<protocol::client_login::action> log_in(
        const protocol::client_login_options& options);

    const protocol::client_login_result& login() const { return login_; }
    const protocol::server_error& denial() const { return denial_; }

    /// Sends one command; the roles of its response, rows counted and not kept.
    struct response {
        std::vector<protocol::packet_role> roles{};
        std::uint64_t row_bytes = 0;
        std::uint32_t statement_id = 0;  // of COM_STMT_PREPARE
    };
    protocol::result<response> ask(protocol::bytes_view command);
    protocol::result<response> query(const std::string& sql);

private:
    void write(protocol::bytes_view bytes);
    void read(std::vector<std::uint8_t>& out);  // as many bytes as `out` has

    boost::asio::io_context context_;
    boost::asio::ssl::context tls_context_{boost::asio::ssl::context::tls_client};
    boost::asio::ssl::stream<boost::asio::ip::tcp::socket> stream_{context_, tls_context_};
    bool tls_ = false;
    protocol::client_login_result login_;
    protocol::server_error denial_;
};
