// TLS handshakes whose first bytes came together with the packet that asked for them.
#include <openssl/ssl.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <thread>

#include "pool/net_stream.hpp"
#include "tests/pool/carried.hpp"
#include "tests/pool/pool_fixture.hpp"
#include "tests/proxy/session/certificate.hpp"

using namespace pool_test;
using boost::asio::ip::tcp;
using bytes = std::vector<std::uint8_t>;

namespace {

/// A TLS client that works on bytes, so that a test decides when they are sent.
class tls_client {
public:
    explicit tls_client(int version_max = TLS1_3_VERSION)
        : context_(SSL_CTX_new(TLS_client_method())), ssl_(SSL_new(context_.get())) {
        SSL_set_max_proto_version(ssl_.get(), version_max);
        in_ = BIO_new(BIO_s_mem());
        out_ = BIO_new(BIO_s_mem());
        SSL_set_bio(ssl_.get(), in_, out_);
        SSL_set_connect_state(ssl_.get());
    }

    /// Goes on as far as it can; what it then wants to send.
    bytes step() {
        SSL_do_handshake(ssl_.get());
        return sent();
    }
    bytes sent() {
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
        return sent();
    }
    /// As many bytes of text as asked for, from what comes.
    std::string decrypted(tcp::socket& from, std::size_t size) {
        std::string text;
        bytes piece(4096);
        while (text.size() < size) {
            const int got = SSL_read(ssl_.get(), piece.data(), static_cast<int>(piece.size()));
            if (got > 0) {
                text.append(piece.begin(), piece.begin() + got);
            } else {
                take(piece, from.read_some(boost::asio::buffer(piece)));
            }
        }
        return text;
    }
    void ask_for_new_keys() { SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_REQUESTED); }
    bytes renegotiation() {
        SSL_renegotiate(ssl_.get());
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
    explicit handshake_fixture(int version_max = TLS1_3_VERSION) : client(version_max) {
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
    tls_client client;
    tcp::socket socket{context};
    std::optional<pool::net_stream> stream{};
};

/// Two ends with TLS between them, both ours.
struct tls_pair {
    tls_pair() {
        tcp::acceptor acceptor(context, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
        client.socket().connect(acceptor.local_endpoint());
        server.emplace(acceptor.accept());
        pool::receive_buffer nothing(blocks);
        const auto accepting = start(context, server->accept_tls(*tls, nothing));
        const std::string host = "localhost";  // used until the task has ended
        const auto connecting = start(context, client.connect_tls(trusting, host, false));
        REQUIRE(
            run_until(context, [&] { return accepting->has_value() && connecting->has_value(); }));
        REQUIRE_FALSE(**accepting);
        REQUIRE_FALSE(**connecting);
    }

    bytes carried(const pool::net_stream::buffers& sent, pool::net_stream& from,
                  pool::net_stream& to) {
        return pool_test::carried(context, blocks, sent, from, to);
    }

    boost::asio::io_context context{1};
    pool::block_pool blocks{1024};
    session_test::certificate own{};
    std::unique_ptr<boost::asio::ssl::context> tls =
        proxy::make_tls_context(own.settings(proxy::tls_mode::preferred));
    boost::asio::ssl::context trusting{boost::asio::ssl::context::tls_client};
    pool::net_stream client{tcp::socket(context)};
    std::optional<pool::net_stream> server{};
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

TEST_CASE("TLS carries the same bytes, from one to more than the socket's buffers hold",
          "[proxy]") {
    const auto seed = GENERATE(take(10, random(0u, ~0u)));
    CAPTURE(seed);
    std::mt19937 random(seed);
    tls_pair f;
    for (int round = 0; round < 4; ++round) {
        std::vector<bytes> parts(1 + random() % 5);
        bytes all;
        pool::net_stream::buffers pieces;
        for (bytes& part : parts) {
            part.resize(1 + random() % (std::size_t{1} << (random() % 23)));
            for (std::uint8_t& byte : part) byte = static_cast<std::uint8_t>(random());
            all.insert(all.end(), part.begin(), part.end());
            pieces.emplace_back(part.data(), part.size());
        }
        const bool there = f.carried(pieces, f.client, *f.server) == all;
        const bool back = f.carried(pieces, *f.server, f.client) == all;
        CHECK(there);
        CHECK(back);
    }
}

TEST_CASE("TLS records may come in any pieces, and with new keys in between", "[proxy]") {
    const auto seed = GENERATE(take(10, random(0u, ~0u)));
    CAPTURE(seed);
    std::mt19937 random(seed);
    handshake_fixture f;
    REQUIRE_FALSE(f.shake_hands(0));
    bytes expected, got, echoed;
    pool::receive_buffer input(f.blocks);
    for (int round = 0; round < 20; ++round) {
        std::string text(1 + random() % 3000, 'a');
        for (char& c : text) c = static_cast<char>('a' + random() % 26);
        if (random() % 3 == 0) f.client.ask_for_new_keys();
        const bytes wire = f.client.encrypted(text);
        expected.insert(expected.end(), text.begin(), text.end());
        std::size_t sent = 0;
        auto reading = start(f.context, f.stream->read(input));
        while (got.size() < expected.size()) {
            if (sent < wire.size()) {
                const std::size_t piece = std::min(wire.size() - sent, 1 + random() % 700);
                boost::asio::write(f.socket, boost::asio::buffer(wire.data() + sent, piece));
                sent += piece;
            }
            if (sent == wire.size())
                REQUIRE(run_until(f.context, [&] { return reading->has_value(); }));
            f.context.restart();
            f.context.poll();
            if (!reading->has_value()) continue;
            REQUIRE_FALSE(**reading);
            const auto piece = input.readable();
            got.insert(got.end(), piece.begin(), piece.end());
            input.consume(piece.size());
            if (got.size() < expected.size()) reading = start(f.context, f.stream->read(input));
        }
        CHECK(got == expected);
        // The answer, and with it what the client has asked for.
        const auto writing = start(f.context, f.stream->write(protocol::as_bytes(text)));
        REQUIRE(run_until(f.context, [&] { return writing->has_value(); }));
        CHECK_FALSE(**writing);
        CHECK(f.client.decrypted(f.socket, text.size()) == text);
        CHECK_FALSE(f.stream->holds_bytes());
    }
}

TEST_CASE("A client cannot negotiate TLS anew", "[proxy]") {
    handshake_fixture f(TLS1_2_VERSION);
    REQUIRE_FALSE(f.shake_hands(0));
    pool::receive_buffer input(f.blocks);
    const auto reading = start(f.context, f.stream->read(input));
    boost::asio::write(f.socket, boost::asio::buffer(f.client.renegotiation()));
    REQUIRE(run_until(f.context, [&] { return f.socket.available() > 0; }));
    bytes answer(1);
    boost::asio::read(f.socket, boost::asio::buffer(answer));
    CHECK(answer[0] == SSL3_RT_ALERT);
    CHECK(input.empty());
    f.stream->close();
    REQUIRE(run_until(f.context, [&] { return reading->has_value(); }));
}

TEST_CASE("A peer learns from TLS itself that its connection has ended", "[proxy]") {
    tls_pair f;
    pool::receive_buffer input(f.blocks);
    SECTION("with a goodbye") {
        f.server->close();
        CHECK(run(f.context, f.client.read(input)) == boost::asio::error::eof);
    }
    SECTION("without") {
        f.server->socket().close();
        CHECK(run(f.context, f.client.read(input)) == boost::asio::ssl::error::stream_truncated);
    }
}

TEST_CASE("What waits for TLS ends when the socket is closed", "[proxy]") {
    tls_pair f;
    pool::receive_buffer input(f.blocks);
    const auto reading = start(f.context, f.server->read(input));
    const bytes much(std::size_t{64} << 20);
    const auto writing = start(f.context, f.server->write(protocol::bytes_view(much)));
    f.context.poll();
    CHECK_FALSE(reading->has_value());
    CHECK_FALSE(writing->has_value());
    f.server->close();
    REQUIRE(run_until(f.context, [&] { return reading->has_value() && writing->has_value(); }));
    CHECK(**reading);
    CHECK(**writing);
}

TEST_CASE("What follows a broken TLS record is not read", "[proxy]") {
    tls_pair f;
    pool::receive_buffer input(f.blocks);
    const auto reading = start(f.context, f.server->read(input));
    boost::asio::write(f.client.socket(), boost::asio::buffer(bytes(100, 0x17)));
    REQUIRE(run_until(f.context, [&] { return reading->has_value(); }));
    CHECK(**reading);
    CHECK(input.empty());
}
