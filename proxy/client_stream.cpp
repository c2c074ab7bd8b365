#include "proxy/client_stream.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace proxy {
namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr auto awaited = asio::as_tuple(asio::use_awaitable);

template <class Buffers>
asio::awaitable<error_code> write_all(
    asio::ip::tcp::socket& plain, std::optional<asio::ssl::stream<asio::ip::tcp::socket&>>& tls,
    Buffers buffers) {  // by value: the caller's may be gone when this runs
    if (tls) {
        auto [failed, count] = co_await asio::async_write(*tls, buffers, awaited);
        co_return failed;
    }
    auto [failed, count] = co_await asio::async_write(plain, buffers, awaited);
    co_return failed;
}

}  // namespace

asio::awaitable<error_code> client_stream::read(pool::receive_buffer& into) {
    const std::span<std::uint8_t> room = into.writable();
    const asio::mutable_buffer buffer(room.data(), room.size());
    if (tls_) {
        auto [failed, count] = co_await tls_->async_read_some(buffer, awaited);
        into.commit(count);
        co_return failed;
    }
    auto [failed, count] = co_await socket_.async_read_some(buffer, awaited);
    into.commit(count);
    co_return failed;
}

asio::awaitable<error_code> client_stream::write(protocol::bytes_view bytes) {
    const asio::const_buffer all(bytes.data(), bytes.size());
    return write_all(socket_, tls_, all);
}

asio::awaitable<error_code> client_stream::write(const relay_output::buffers& buffers) {
    if (buffers.size() == 1) return write_all(socket_, tls_, buffers.front());
    return write_all(socket_, tls_, buffers);
}

asio::awaitable<error_code> client_stream::start_tls(asio::ssl::context& tls,
                                                     pool::receive_buffer& read) {
    tls_.emplace(socket_, tls);
    const std::span<std::uint8_t> begun = read.readable();
    const asio::const_buffer buffer(begun.data(), begun.size());
    auto [failed, used] =
        co_await tls_->async_handshake(asio::ssl::stream_base::server, buffer, awaited);
    // A handshake is the client's turn to wait: what it has not used is not TLS.
    if (!failed && used != begun.size()) co_return asio::error::invalid_argument;
    read.consume(used);
    co_return failed;
}

void client_stream::close() noexcept {
    error_code ignored;
    socket_.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
    socket_.close(ignored);
}

}  // namespace proxy
