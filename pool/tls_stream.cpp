#include "pool/tls_stream.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <cerrno>
#include <cstring>
#include <limits>
#include <new>

namespace pool {
namespace asio = boost::asio;
using boost::system::error_code;

namespace {

bool would_block() {
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

int bounded(std::size_t size) {
    return static_cast<int>(std::min<std::size_t>(size, std::numeric_limits<int>::max()));
}

}  // namespace

/// What OpenSSL calls to read from the socket and to write to it.  Never waits.
struct tls_stream::bio_callbacks {
    static tls_stream& self(BIO* bio) { return *static_cast<tls_stream*>(BIO_get_data(bio)); }

    static int read(BIO* bio, char* out, int size) {
        BIO_clear_retry_flags(bio);
        tls_stream& stream = self(bio);
        if (!stream.begun_.empty()) {
            const auto some = std::min(stream.begun_.size(), static_cast<std::size_t>(size));
            std::memcpy(out, stream.begun_.data(), some);
            stream.begun_ = stream.begun_.subspan(some);
            return static_cast<int>(some);
        }
        const ssize_t count = ::recv(stream.socket_.native_handle(), out,
                                     static_cast<std::size_t>(size), MSG_DONTWAIT);
        if (count < 0 && would_block()) BIO_set_retry_read(bio);
        if (count == 0) stream.ended_ = true;
        return static_cast<int>(count);
    }

    static int write(BIO* bio, const char* in, int size) {
        BIO_clear_retry_flags(bio);
        const ssize_t count = ::send(self(bio).socket_.native_handle(), in,
                                     static_cast<std::size_t>(size), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count < 0 && would_block()) BIO_set_retry_write(bio);
        return static_cast<int>(count);
    }

    static long control(BIO* bio, int command, long, void*) {
        if (command == BIO_CTRL_EOF) return self(bio).ended_ ? 1 : 0;
        return command == BIO_CTRL_FLUSH ? 1 : 0;  // nothing is held back
    }

    static int create(BIO* bio) {
        BIO_set_init(bio, 1);
        return 1;
    }

    struct method {
        BIO_METHOD* const made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
        method() {
            if (made == nullptr) throw std::bad_alloc();
            BIO_meth_set_read(made, &read);
            BIO_meth_set_write(made, &write);
            BIO_meth_set_ctrl(made, &control);
            BIO_meth_set_create(made, &create);
        }
        ~method() { BIO_meth_free(made); }
    };
    static const BIO_METHOD* shared_method() {
        static const method only;
        return only.made;
    }
};

tls_stream::tls_stream(asio::ip::tcp::socket& socket, asio::ssl::context& tls, side which)
    : socket_(socket), ssl_(SSL_new(tls.native_handle())) {
    BIO* const bio = ssl_ ? BIO_new(bio_callbacks::shared_method()) : nullptr;
    if (bio == nullptr) throw std::bad_alloc();
    BIO_set_data(bio, this);
    SSL_set_bio(ssl_.get(), bio, bio);  // which owns it from here on
    SSL_set_mode(ssl_.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                 SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_set_read_ahead(ssl_.get(), 1);  // a record's header and body with one call
    if (which == side::server) {
        SSL_set_accept_state(ssl_.get());
    } else {
        SSL_set_connect_state(ssl_.get());
    }
}

tls_stream::~tls_stream() = default;

/// After a call that did not succeed: waits until the socket is ready for it, or says what is
/// wrong.
task<error_code> tls_stream::wait_after(int returned) {
    using socket = asio::ip::tcp::socket;
    const int why = SSL_get_error(ssl_.get(), returned);
    switch (why) {
        case SSL_ERROR_WANT_READ:
        case SSL_ERROR_WANT_WRITE: {
            if (!socket_.is_open()) co_return asio::error::operation_aborted;
            const auto ready = why == SSL_ERROR_WANT_READ ? socket::wait_read : socket::wait_write;
            auto [failed] = co_await socket_.async_wait(ready, awaited);
            co_return failed;
        }
        case SSL_ERROR_ZERO_RETURN:
            co_return asio::error::eof;
        case SSL_ERROR_SSL: {
            broken_ = true;
            const unsigned long reason = ERR_get_error();
            if (ERR_GET_REASON(reason) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
                co_return asio::ssl::error::stream_truncated;
            co_return error_code(static_cast<int>(reason), asio::error::get_ssl_category());
        }
        default:
            broken_ = true;
            co_return asio::error::connection_reset;
    }
}

task<error_code> tls_stream::handshake(protocol::bytes_view begun, std::size_t& used) {
    begun_ = begun;
    used = 0;
    for (;;) {
        ERR_clear_error();
        const int done = SSL_do_handshake(ssl_.get());
        const std::size_t left = begun_.size();
        if (done == 1) {
            used = begun.size() - left;
            begun_ = {};
            co_return error_code{};
        }
        const error_code failed = co_await wait_after(done);
        if (failed) {
            begun_ = {};
            co_return failed;
        }
    }
}

task<error_code> tls_stream::read_some(std::span<std::uint8_t> room, std::size_t& count) {
    count = 0;
    for (;;) {
        ERR_clear_error();
        const int done = SSL_read(ssl_.get(), room.data(), bounded(room.size()));
        if (done > 0) {
            count = static_cast<std::size_t>(done);
            co_return error_code{};
        }
        const error_code failed = co_await wait_after(done);
        if (failed) co_return failed;
    }
}

void tls_stream::try_write(protocol::bytes_view bytes) noexcept {
    if (broken_) return;
    ERR_clear_error();
    SSL_write(ssl_.get(), bytes.data(), bounded(bytes.size()));
}

void tls_stream::say_goodbye() noexcept {
    // Not during a handshake, and not twice.
    if (broken_ || !socket_.is_open() || SSL_is_init_finished(ssl_.get()) != 1) return;
    broken_ = true;
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
}

task<error_code> tls_stream::write(protocol::bytes_view bytes) {
    while (!bytes.empty()) {
        ERR_clear_error();
        const int done = SSL_write(ssl_.get(), bytes.data(), bounded(bytes.size()));
        if (done > 0) {
            bytes = bytes.subspan(static_cast<std::size_t>(done));
            continue;
        }
        const error_code failed = co_await wait_after(done);
        if (failed) co_return failed;
    }
    co_return error_code{};
}

}  // namespace pool
