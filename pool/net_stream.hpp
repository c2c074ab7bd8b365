#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/container/small_vector.hpp>
#include <boost/system/error_code.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include "pool/task.hpp"

#include "pool/receive_buffer.hpp"
#include "pool/tls_stream.hpp"
#include "protocol/bytes.hpp"
#include "protocol/compression.hpp"

namespace pool {

/// The bytes of a connection to a client or a server: plain, or with TLS, or compressed, or both.
///
/// A plain connection pays for neither: it reads and writes its socket.  One coroutine may read and
/// one may write at a time.
class net_stream {
public:
    using buffers = boost::container::small_vector<boost::asio::const_buffer, 8>;
    using error_code = boost::system::error_code;

    explicit net_stream(boost::asio::ip::tcp::socket socket);
    ~net_stream();
    net_stream(const net_stream&) = delete;
    net_stream& operator=(const net_stream&) = delete;

    boost::asio::ip::tcp::socket& socket() noexcept { return socket_; }
    bool is_tls() const noexcept { return tls_ != nullptr; }
    bool is_compressed() const noexcept { return compressed_ != nullptr; }
    bool is_plain() const noexcept { return !is_tls() && !is_compressed(); }

    /// Reads at least one byte into `into`.  An error of protocol::error_category() says that the
    /// peer breaks the rules of compression.
    task<error_code> read(receive_buffer& into) {
        return is_compressed() ? read_compressed(into) : read_some(into);
    }
    /// Writes as much as the socket takes at once, without waiting, and returns how many bytes that
    /// was: none of it if the connection is not plain or there is an error, which write() will
    /// find.
    std::size_t write_now(protocol::bytes_view bytes) noexcept;
    std::size_t write_now(const buffers& pieces) noexcept;
    /// Writes all.
    task<error_code> write(protocol::bytes_view bytes);
    task<error_code> write(const buffers& pieces);

    /// The server's side of a TLS handshake.  What has been read beyond the SSLRequest is its
    /// beginning: clients do not wait in between.  Nothing of it is ever taken as clear text.
    task<error_code> accept_tls(boost::asio::ssl::context& tls, receive_buffer& read);

    /// The client's side of a TLS handshake with `host`, a name or an address.
    /// @param check_host  The certificate must be for `host`; beyond what the context checks.
    task<error_code> connect_tls(boost::asio::ssl::context& tls, const std::string& host,
                                 bool check_host);
    /// What is wrong with the peer's certificate; empty if nothing is, or nobody has looked.
    std::string certificate_problem() const;

    /// Compresses from here on, both ways.  `how` is not none; `blocks` must outlive the stream.
    /// `unread` has been read too early, and what is in it is taken out and counts as compressed.
    void start_compression(const protocol::compression& how, block_pool& blocks,
                           receive_buffer& unread);
    /// The next command begins: compressed packets are counted from 0.
    void begin_command() noexcept;
    /// True if bytes have been read that read() has not given out yet.
    bool holds_bytes() const noexcept;
    /// Gives back what reading needs, if nobody reads and nothing has been read.
    void release_buffers() noexcept;
    /// Writes a few bytes if that can be done at once, for goodbyes.
    void try_write(protocol::bytes_view bytes) noexcept;

    void close() noexcept;
    /// Closes, and is a plain stream again whose socket may connect anew.
    void reset() noexcept;

private:
    struct compressed_layer;

    task<error_code> read_some(receive_buffer& into);
    task<error_code> read_compressed(receive_buffer& into);
    task<error_code> write_compressed(buffers pieces);
    task<error_code> write_once(protocol::bytes_view bytes);  // as they are, but for TLS
    task<error_code> write_tls(buffers pieces);
    template <class Buffers>
    task<error_code> write_all(Buffers pieces);

    boost::asio::ip::tcp::socket socket_;
    std::unique_ptr<tls_stream> tls_;
    std::unique_ptr<compressed_layer> compressed_;
};

}  // namespace pool
