#pragma once

#include <openssl/ssl.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "pool/task.hpp"
#include "protocol/bytes.hpp"

namespace pool {

/// TLS over a socket, for connections that are idle most of the time.
///
/// boost::asio::ssl::stream keeps two buffers of 17 KB for as long as a connection lives.  This one
/// has none: OpenSSL reads from the socket and writes to it, and with SSL_MODE_RELEASE_BUFFERS
/// gives its own buffers back whenever they are empty.  While a connection is idle nothing but the
/// keys is left.
///
/// One coroutine may read and one may write at a time.  The socket must outlive the stream; to end
/// what waits here, close it.
///
/// Errors besides the socket's: asio::error::eof is the peer's orderly end, and stream_truncated
/// one without a word; those of asio::error::get_ssl_category() are OpenSSL's.
class tls_stream {
public:
    using error_code = boost::system::error_code;
    enum class side { server, client };

    tls_stream(boost::asio::ip::tcp::socket& socket, boost::asio::ssl::context& tls, side which);
    ~tls_stream();
    tls_stream(const tls_stream&) = delete;
    tls_stream& operator=(const tls_stream&) = delete;

    /// `begun` has been read from the socket already and is the beginning of the peer's handshake.
    /// Returns how much of it the handshake has used; an error is final.
    task<error_code> handshake(protocol::bytes_view begun, std::size_t& used);

    /// Reads at least one byte.
    task<error_code> read_some(std::span<std::uint8_t> room, std::size_t& count);
    /// Writes all.
    task<error_code> write(protocol::bytes_view bytes);
    /// Writes what can be written at once, if anything.
    void try_write(protocol::bytes_view bytes) noexcept;
    /// Tells the peer that this is the end, if that can be done at once.
    void say_goodbye() noexcept;

    /// True if bytes have been read from the socket that read_some() has not given out.
    bool holds_bytes() const noexcept { return SSL_has_pending(ssl_.get()) == 1; }
    SSL* native_handle() noexcept { return ssl_.get(); }

private:
    struct bio_callbacks;
    struct releaser {
        void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
    };

    task<error_code> wait_after(int returned);

    boost::asio::ip::tcp::socket& socket_;
    std::unique_ptr<SSL, releaser> ssl_;
    protocol::bytes_view begun_{};  // during the handshake: what is to be read before the socket
    bool ended_ = false;            // the peer sends no more
    bool broken_ = false;           // nothing more may be said
};

}  // namespace pool
