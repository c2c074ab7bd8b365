#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/system/error_code.hpp>
#include <optional>

#include "pool/receive_buffer.hpp"
#include "protocol/bytes.hpp"
#include "proxy/response_relay.hpp"

namespace proxy {

/// A client's connection: plain, or TLS once the client has asked for it.
class client_stream {
public:
    explicit client_stream(boost::asio::ip::tcp::socket socket) : socket_(std::move(socket)) {}

    boost::asio::ip::tcp::socket& socket() noexcept { return socket_; }
    bool is_tls() const noexcept { return tls_.has_value(); }

    /// Reads at least one byte into `into`.
    boost::asio::awaitable<boost::system::error_code> read(pool::receive_buffer& into);
    /// Writes all.
    boost::asio::awaitable<boost::system::error_code> write(protocol::bytes_view bytes);
    boost::asio::awaitable<boost::system::error_code> write(const relay_output::buffers& buffers);

    /// The server's side of a TLS handshake.  What has been read beyond the SSLRequest is its
    /// beginning: clients do not wait in between.  Nothing of it is ever taken as clear text.
    boost::asio::awaitable<boost::system::error_code> start_tls(boost::asio::ssl::context& tls,
                                                                pool::receive_buffer& read);

    void close() noexcept;

private:
    boost::asio::ip::tcp::socket socket_;
    std::optional<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls_;
};

}  // namespace proxy
