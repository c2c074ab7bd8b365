// TLS handshakes whose first bytes came together with the packet that asked for them.
#include <openssl/ssl.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>
#include <thread>

#include "pool/net_stream.hpp"
#include "tests/pool/pool_fixture.hpp"
#include "tests/proxy/session/certificate.hpp"

using namespace pool_test;
using boost::asio::ip::tcp;
using bytes = std::vector<std::uint8_t>;

namespace {

/// A TLS client that works on bytes, so that a test decides when they are sent.
class tls_client {
public:
    tls_client() : context_(SSL_CTX_new(TLS_client_method())), ssl_(SSL_new(context_.get())) {
        in_ = BIO_new(BIO_s_mem());
        out_ = BIO_new(BIO_s_mem());
        SSL_set_bio(ssl_.get(), in_, out_);
        SSL_set_connect_state(ssl_.get());
    }

    /// Goes on as far as it can; what it then wants to send.
    bytes step() {
        SSL_do_handshake(ssl_.get());
        bytes wanted(BIO_ctrl_pending(out_));
        if (!wanted.empty()) BIO_read(out_, wanted.data(), static_cast<int>(wanted.size()));
        return wanted;
    }
    void take(const bytes& received, std::size_t size) {
        BIO_write(in_, received.data(), static_cast<int>(size));
    }
    bool done() const { return SSL_is_init_finished(ssl_.get()) == 1; }

    bytes encrypted(std::string_view text) {
        SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size()));
        return step();
    }

private:
    struct deleter {
        void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
        void operator()(SSL* ssl) const { SSL_free(ssl); }
    };
    std::unique_ptr<SSL_CTX, deleter> context_;
    std::unique_ptr<SSL, deleter> ssl_;
    BIO* in_ = nullptr;   // ssl_'s
    BIO* out_ = nullptr;  // likewise
};

struct handshake_fixture {
    handshake_fixture() {
        tcp::acceptor acceptor(context, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
        socket.connect(acceptor.local_endpoint());
        stream.emplace(acceptor.accept());
    }

    /// The server has read `begun` bytes of the client's first message with what was before it.
    boost::system::error_code shake_hands(std::size_t begun) {
        bytes hello = client.step();
        begun = std::min(begun, hello.size());
        pool::receive_buffer read(blocks);
        put(read, bytes(hello.begin(), hello.begin() + static_cast<std::ptrdiff_t>(begun)));
        hello.erase(hello.begin(), hello.begin() + static_cast<std::ptrdiff_t>(begun));
        const auto shaking = start(context, stream->accept_tls(*tls, read));
        std::thread other_end([&] {
            boost::system::error_code failed;
            boost::asio::write(socket, boost::asio::buffer(hello), failed);
            bytes piece(4096);
            while (!failed && !client.done()) {
                const std::size_t size = socket.read_some(boost::asio::buffer(piece), failed);
                client.take(piece, size);
                boost::asio::write(socket, boost::asio::buffer(client.step()), failed);
            }
        });
        const bool over = run_until(context, [&] { return shaking->has_value(); });
        if (!over || **shaking) stream->close();
        other_end.join();
        REQUIRE(over);
        CHECK(read.empty());
        return **shaking;
    }

    static void put(pool::receive_buffer& into, const bytes& what) {
        into.reserve(what.size() + 1);
        const auto room = into.writable();
        std::copy(what.begin(), what.end(), room.begin());
        into.commit(what.size());
    }

    boost::asio::io_context context{1};
    pool::block_pool blocks{1024};
    session_test::certificate own{};
    std::unique_ptr<boost::asio::ssl::context> tls =
        proxy::make_tls_context(own.settings(proxy::tls_mode::preferred));
    tls_client client{};
    tcp::socket socket{context};
    std::optional<pool::net_stream> stream{};
};

}  // namespace

TEST_CASE("A TLS handshake goes on from what has been read of it", "[proxy]") {
    const std::size_t begun = GENERATE(0u, 1u, 5u, 6u, 100u, 100'000u);
    CAPTURE(begun);
    handshake_fixture f;
    REQUIRE_FALSE(f.shake_hands(begun));
    CHECK(f.stream->is_tls());
    boost::asio::write(f.socket, boost::asio::buffer(f.client.encrypted("in secret")));
    pool::receive_buffer input(f.blocks);
    CHECK_FALSE(run(f.context, f.stream->read(input)));
    CHECK(protocol::as_text(input.readable()) == "in secret");
}

TEST_CASE("Bytes that are no handshake end it", "[proxy]") {
    handshake_fixture f;
    pool::receive_buffer noise(f.blocks);
    f.put(noise, bytes(50, 0xff));
    const auto shaking = start(f.context, f.stream->accept_tls(*f.tls, noise));
    REQUIRE(run_until(f.context, [&] { return shaking->has_value(); }));
    CHECK(**shaking);
}
