#include "pool/net_stream.hpp"

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <boost/asio/write.hpp>
#include <exception>
#include <utility>
#include <vector>

#include "protocol/compressed_stream.hpp"

namespace pool {
namespace asio = boost::asio;

namespace {

/// Content of one compressed packet.  Longer ones would compress a little better and make the peer,
/// who may have to hold one whole, pay for it.
constexpr std::size_t content_bytes_max = std::size_t{64} * 1024;
constexpr std::size_t write_bytes_max = std::size_t{256} * 1024;  // of content, in one write
constexpr std::size_t pieces_at_once = 16;                        // of one write
constexpr std::size_t tls_record_bytes = std::size_t{16} * 1024;  // TLS' own limit
constexpr std::size_t read_bytes_max = std::size_t{64} * 1024;    // of a compressed packet, at once

/// Takes pieces of several buffers off in order.
class gatherer {
public:
    explicit gatherer(const net_stream::buffers& pieces) noexcept : pieces_(&pieces) { skip(); }

    bool empty() const noexcept { return at_ == pieces_->size(); }

    /// The next `size_max` bytes or what there is: where they lie, or in `scratch`.
    protocol::bytes_view take(std::size_t size_max, std::vector<std::uint8_t>& scratch) {
        const protocol::bytes_view first = rest_of_piece();
        const bool last = at_ + 1 == pieces_->size();
        if (last || first.size() >= size_max) return consume(std::min(first.size(), size_max));
        scratch.clear();
        while (!empty() && scratch.size() < size_max) {
            const auto piece = consume(std::min(rest_of_piece().size(), size_max - scratch.size()));
            scratch.insert(scratch.end(), piece.begin(), piece.end());
        }
        return scratch;
    }

private:
    protocol::bytes_view rest_of_piece() const noexcept {
        const asio::const_buffer& piece = (*pieces_)[at_];
        return {static_cast<const std::uint8_t*>(piece.data()) + used_, piece.size() - used_};
    }
    protocol::bytes_view consume(std::size_t size) noexcept {
        const auto taken = rest_of_piece().first(size);
        used_ += size;
        skip();
        return taken;
    }
    void skip() noexcept {
        while (!empty() && used_ == (*pieces_)[at_].size()) {
            ++at_;
            used_ = 0;
        }
    }

    const net_stream::buffers* pieces_;
    std::size_t at_ = 0;
    std::size_t used_ = 0;  // of that piece
};

}  // namespace

struct net_stream::compressed_layer {
    compressed_layer(const protocol::compression& chosen, block_pool& blocks)
        : how(chosen),
          memory(&blocks.compression()),
          reader(chosen.algorithm, *memory),
          raw(blocks) {}

    protocol::compression how;
    protocol::compression_memory* memory;
    protocol::compressed_reader reader;
    receive_buffer raw;  // read from the socket, not yet decompressed
    std::uint8_t next_sequence = 0;
};

net_stream::net_stream(asio::ip::tcp::socket socket) : socket_(std::move(socket)) {}

net_stream::~net_stream() = default;

template <class Buffers>
task<boost::system::error_code> net_stream::write_all(
    Buffers pieces) {  // by value: the caller's may be gone when this runs
    auto [failed, count] = co_await asio::async_write(socket_, pieces, awaited);
    co_return failed;
}

task<boost::system::error_code> net_stream::read_some(receive_buffer& into) {
    const std::span<std::uint8_t> room = into.writable();
    if (tls_) {
        std::size_t count = 0;
        const error_code failed = co_await tls_->read_some(room, count);
        into.commit(count);
        co_return failed;
    }
    const asio::mutable_buffer buffer(room.data(), room.size());
    auto [failed, count] = co_await socket_.async_read_some(buffer, awaited);
    into.commit(count);
    co_return failed;
}

task<boost::system::error_code> net_stream::write_tls(buffers pieces) {
    gatherer content(pieces);
    std::vector<std::uint8_t> scratch;
    while (!content.empty()) {
        const auto record = content.take(tls_record_bytes, scratch);
        const error_code failed = co_await tls_->write(record);
        if (failed) co_return failed;
    }
    co_return error_code{};
}

task<boost::system::error_code> net_stream::read_compressed(receive_buffer& into) {
    compressed_layer& layer = *compressed_;
    std::size_t made = 0;
    for (;;) {
        if (!layer.raw.empty()) {
            const auto done = layer.reader.read(layer.raw.readable(), into.writable());
            if (!done) co_return done.error();
            layer.raw.consume(done->used);
            layer.raw.release_if_empty();
            into.commit(done->made);
            made += done->made;
            layer.next_sequence = layer.reader.expected();
            // Bytes of a packet that is complete but for its end would look like something unasked.
            if (made > 0 && !layer.reader.owes_end()) co_return error_code{};
            if (!layer.raw.empty()) continue;
        }
        layer.raw.reserve(std::min(layer.reader.wanted(), read_bytes_max));
        const error_code failed = co_await read_some(layer.raw);
        if (failed) co_return failed;
    }
}

task<boost::system::error_code> net_stream::write_compressed(buffers pieces) {
    compressed_layer& layer = *compressed_;
    gatherer content(pieces);
    std::vector<std::uint8_t> scratch;
    std::vector<std::uint8_t> packets;
    while (!content.empty()) {
        packets.clear();
        for (std::size_t taken = 0; taken < write_bytes_max && !content.empty();) {
            const auto next = content.take(content_bytes_max, scratch);
            taken += next.size();
            protocol::append_compressed_packet(packets, next, layer.next_sequence++, layer.how,
                                               *layer.memory);
        }
        layer.reader.expect(layer.next_sequence);
        const error_code failed = co_await write_once(packets);
        if (failed) co_return failed;
    }
    co_return error_code{};
}

std::size_t net_stream::write_now(protocol::bytes_view bytes) noexcept {
    if (!is_plain()) return 0;
    const ssize_t count =
        ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    return count < 0 ? 0 : static_cast<std::size_t>(count);
}

std::size_t net_stream::write_now(const buffers& pieces) noexcept {
    if (pieces.size() == 1) {
        const asio::const_buffer& only = pieces.front();
        return write_now({static_cast<const std::uint8_t*>(only.data()), only.size()});
    }
    if (!is_plain()) return 0;
    std::array<iovec, pieces_at_once> all;
    std::size_t used = 0;
    for (; used < std::min(pieces.size(), pieces_at_once); ++used)
        all[used] = {const_cast<void*>(pieces[used].data()), pieces[used].size()};
    msghdr message{};
    message.msg_iov = all.data();
    message.msg_iovlen = used;
    const ssize_t count = ::sendmsg(socket_.native_handle(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    return count < 0 ? 0 : static_cast<std::size_t>(count);
}

task<boost::system::error_code> net_stream::write_once(protocol::bytes_view bytes) {
    if (tls_) return tls_->write(bytes);
    return write_all(asio::const_buffer(bytes.data(), bytes.size()));
}

task<boost::system::error_code> net_stream::write(protocol::bytes_view bytes) {
    const asio::const_buffer all(bytes.data(), bytes.size());
    if (compressed_) return write_compressed(buffers{all});
    return write_once(bytes);
}

task<boost::system::error_code> net_stream::write(const buffers& pieces) {
    if (compressed_) return write_compressed(pieces);
    if (tls_) return write_tls(pieces);
    if (pieces.size() == 1) return write_all(pieces.front());
    return write_all(pieces);
}

task<boost::system::error_code> net_stream::accept_tls(asio::ssl::context& tls,
                                                       receive_buffer& read) {
    tls_ = std::make_unique<tls_stream>(socket_, tls, tls_stream::side::server);
    const std::span<std::uint8_t> begun = read.readable();
    std::size_t used = 0;
    const error_code failed = co_await tls_->handshake(begun, used);
    // A handshake is the client's turn to wait: what it has not used is not TLS.
    if (!failed && used != begun.size()) co_return asio::error::invalid_argument;
    read.consume(used);
    co_return failed;
}

task<boost::system::error_code> net_stream::connect_tls(asio::ssl::context& tls,
                                                        const std::string& host, bool check_host) {
    tls_ = std::make_unique<tls_stream>(socket_, tls, tls_stream::side::client);
    SSL* const ssl = tls_->native_handle();
    error_code no_address;
    asio::ip::make_address(host, no_address);
    const bool is_name = static_cast<bool>(no_address);
    bool prepared = true;
    if (is_name) prepared = SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;
    if (check_host) {
        X509_VERIFY_PARAM* const wanted = SSL_get0_param(ssl);
        prepared = prepared &&
                   (is_name ? X509_VERIFY_PARAM_set1_host(wanted, host.data(), host.size()) == 1
                            : X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str()) == 1);
    }
    if (!prepared) co_return asio::error::no_memory;
    std::size_t nothing = 0;
    co_return co_await tls_->handshake({}, nothing);
}

std::string net_stream::certificate_problem() const {
    const long verdict = tls_ ? SSL_get_verify_result(tls_->native_handle()) : X509_V_OK;
    return verdict == X509_V_OK ? std::string() : X509_verify_cert_error_string(verdict);
}

void net_stream::start_compression(const protocol::compression& how, block_pool& blocks,
                                   receive_buffer& unread) {
    compressed_ = std::make_unique<compressed_layer>(how, blocks);
    const std::span<std::uint8_t> early = unread.readable();
    if (early.empty()) return;
    receive_buffer& raw = compressed_->raw;
    raw.reserve(early.size());
    std::ranges::copy(early, raw.writable().begin());
    raw.commit(early.size());
    unread.consume(early.size());
}

void net_stream::begin_command() noexcept {
    if (!compressed_) return;
    compressed_->reader.expect(0);
    compressed_->next_sequence = 0;
}

bool net_stream::holds_bytes() const noexcept {
    return (tls_ && tls_->holds_bytes()) || (compressed_ && !compressed_->raw.empty());
}

void net_stream::release_buffers() noexcept {
    if (compressed_) compressed_->raw.release_if_empty();
}

void net_stream::try_write(protocol::bytes_view bytes) noexcept try {
    error_code failed;
    socket_.non_blocking(true, failed);
    if (failed) return;
    std::vector<std::uint8_t> packet;
    if (compressed_) {
        protocol::append_compressed_packet(packet, bytes, compressed_->next_sequence++,
                                           compressed_->how, *compressed_->memory);
        bytes = packet;
    }
    const asio::const_buffer all(bytes.data(), bytes.size());
    if (tls_)
        tls_->try_write(bytes);
    else
        socket_.send(all, 0, failed);
} catch (const std::exception&) {
    // Out of memory: then without a word.
}

void net_stream::reset() noexcept {
    close();
    tls_.reset();
    compressed_.reset();
}

void net_stream::close() noexcept {
    if (tls_) tls_->say_goodbye();
    error_code ignored;
    socket_.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
    socket_.close(ignored);
}

}  // namespace pool
