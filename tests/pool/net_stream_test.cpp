#include "pool/net_stream.hpp"

#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>
#include <random>

#include "protocol/compressed_stream.hpp"
#include "tests/pool/carried.hpp"
#include "tests/pool/pool_fixture.hpp"

using namespace pool_test;
using boost::asio::ip::tcp;
using bytes = std::vector<std::uint8_t>;
using protocol::compression_algorithm;

namespace {

/// The two ends of a connection.
struct pair_of_streams {
    pair_of_streams() {
        tcp::acceptor acceptor(context, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
        client.socket().connect(acceptor.local_endpoint());
        server.emplace(acceptor.accept());
    }

    bytes carried(const pool::net_stream::buffers& sent, pool::net_stream& from,
                  pool::net_stream& to) {
        return pool_test::carried(context, blocks, sent, from, to);
    }
    void compress(const protocol::compression& how) {
        pool::receive_buffer nothing(blocks);
        client.start_compression(how, blocks, nothing);
        server->start_compression(how, blocks, nothing);
    }

    boost::asio::io_context context{1};
    pool::block_pool blocks{1024};
    pool::net_stream client{tcp::socket(context)};
    std::optional<pool::net_stream> server{};
};

}  // namespace

TEST_CASE("A stream carries the same bytes, plain and compressed", "[pool]") {
    const auto seed = GENERATE(take(30, random(0u, ~0u)));
    CAPTURE(seed);
    std::mt19937 random(seed);
    pair_of_streams f;
    if (seed % 3 == 1) f.compress({compression_algorithm::zlib, protocol::zlib_level});
    if (seed % 3 == 2) f.compress({compression_algorithm::zstd, 1});
    for (int round = 0; round < 4; ++round) {
        std::vector<bytes> parts(1 + random() % 5);
        bytes all;
        pool::net_stream::buffers pieces;
        for (bytes& part : parts) {
            part.resize(random() % (std::size_t{1} << (random() % 20)));
            for (std::uint8_t& byte : part) byte = static_cast<std::uint8_t>(random() % 5);
            all.insert(all.end(), part.begin(), part.end());
            pieces.emplace_back(part.data(), part.size());
        }
        f.client.begin_command();
        f.server->begin_command();
        const bool there = f.carried(pieces, f.client, *f.server) == all;
        const bool back = f.carried(pieces, *f.server, f.client) == all;
        CHECK(there);
        CHECK(back);
    }
    CHECK_FALSE(f.server->holds_bytes());
}

TEST_CASE("A packet is read to its end, so that nothing of it looks like news", "[pool]") {
    pair_of_streams f;
    f.compress({compression_algorithm::zlib, protocol::zlib_level});
    protocol::compression_memory memory;
    bytes wire;
    protocol::append_compressed_packet(wire, bytes(200, 'x'), 0,
                                       {compression_algorithm::zlib, protocol::zlib_level}, memory);
    // The content is complete before the checksum has come.
    boost::asio::write(f.client.socket(), boost::asio::buffer(wire.data(), wire.size() - 4));
    pool::receive_buffer input(f.blocks);
    const auto reading = start(f.context, f.server->read(input));
    run_until(f.context, [&] { return input.size() == 200; });
    CHECK_FALSE(reading->has_value());
    boost::asio::write(f.client.socket(), boost::asio::buffer(wire.data() + wire.size() - 4, 4));
    REQUIRE(run_until(f.context, [&] { return reading->has_value(); }));
    CHECK_FALSE(**reading);
    CHECK(input.size() == 200);
    CHECK_FALSE(f.server->holds_bytes());
}

TEST_CASE("What was read before compression began counts as compressed", "[pool]") {
    pair_of_streams f;
    const protocol::compression how{compression_algorithm::zstd, 3};
    protocol::compression_memory memory;
    bytes wire;
    protocol::append_compressed_packet(wire, bytes(100, 'y'), 0, how, memory);
    pool::receive_buffer input(f.blocks);
    input.reserve(wire.size());
    std::copy(wire.begin(), wire.end(), input.writable().begin());
    input.commit(wire.size());
    f.server->start_compression(how, f.blocks, input);
    CHECK(input.empty());
    REQUIRE_FALSE(run(f.context, f.server->read(input)));
    CHECK(input.size() == 100);
}

TEST_CASE("A peer that breaks the rules of compression is told from one that is gone", "[pool]") {
    pair_of_streams f;
    f.compress({compression_algorithm::zlib, protocol::zlib_level});
    pool::receive_buffer input(f.blocks);
    SECTION("breaks them") {
        boost::asio::write(f.client.socket(), boost::asio::buffer(bytes(20, 0xff)));
        const auto failed = run(f.context, f.server->read(input));
        CHECK(failed.category() == protocol::error_category());
    }
    SECTION("is gone") {
        f.client.close();
        const auto failed = run(f.context, f.server->read(input));
        CHECK(failed);
        CHECK(failed.category() != protocol::error_category());
    }
}
