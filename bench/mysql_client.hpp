#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/bytes.hpp"
#include "protocol/client_login.hpp"
#include "protocol/command.hpp"
#include "protocol/packet.hpp"

namespace bench {

/// A client that thousands of can be had in one thread: logs in as app / app-password, sends a
/// command, reads the answer to its end and throws it away.
///
/// All of these throw boost::system::system_error if the connection fails, and std::runtime_error
/// with the server's words if it refuses.
class mysql_client {
public:
    using tcp = boost::asio::ip::tcp;

    /// Uses TLS unless `tls` is null; it must outlive the client.
    mysql_client(boost::asio::any_io_executor executor, boost::asio::ssl::context* tls);
    mysql_client(const mysql_client&) = delete;
    mysql_client& operator=(const mysql_client&) = delete;

    /// Before connect(): the address it comes from.
    void bind(const boost::asio::ip::address& from);
    boost::asio::awaitable<void> connect(tcp::endpoint server, std::string schema);
    boost::asio::awaitable<void> query(std::string_view sql);
    /// Says goodbye and waits until the server has hung up.
    boost::asio::awaitable<void> quit();

    /// True if the server asked for the password itself, not for a proof of it.
    bool full_authentication() const noexcept { return full_authentication_; }

private:
    boost::asio::awaitable<void> log_in(std::string schema);
    boost::asio::awaitable<void> read_packet();
    boost::asio::awaitable<std::size_t> read_some();
    boost::asio::awaitable<void> write(protocol::bytes_view bytes);
    static std::vector<std::uint8_t> framed(protocol::command what, std::string_view argument);

    tcp::socket socket_;
    boost::asio::ssl::context* tls_;
    std::optional<boost::asio::ssl::stream<tcp::socket&>> secure_;
    protocol::packet_assembler packets_{protocol::client_login::payload_bytes_max};
    std::vector<std::uint8_t> input_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::uint32_t capabilities_ = 0;
    bool full_authentication_ = false;
};

}  // namespace bench
