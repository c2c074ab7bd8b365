// Commands as clients send them: cut, long, malformed.
#include "proxy/client_channel.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>
#include <numeric>
#include <thread>

#include "protocol/capabilities.hpp"
#include "protocol/eof_packet.hpp"
#include "protocol/packet.hpp"
#include "tests/pool/pool_fixture.hpp"

using namespace pool_test;
using boost::asio::ip::tcp;
using bytes = std::vector<std::uint8_t>;

namespace {

using ended = std::optional<proxy::disconnect_reason>;

constexpr std::size_t packet_bytes_max = std::size_t{64} << 20;

/// A channel, and the client at its other end.
class channel_fixture {
public:
    channel_fixture() {
        tcp::acceptor acceptor(context, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
        client.connect(acceptor.local_endpoint());
        channel.emplace(acceptor.accept(), blocks, count);
    }

    ended read(std::size_t bytes_max = packet_bytes_max) {
        return run(context, channel->read_command(command, bytes_max));
    }
    void say(const bytes& what) { boost::asio::write(client, boost::asio::buffer(what)); }
    bytes hear(std::size_t size) {
        bytes got(size);
        boost::asio::read(client, boost::asio::buffer(got));
        return got;
    }
    std::size_t unread() const { return client.available(); }

    boost::asio::io_context context{1};
    pool::block_pool blocks{1024};
    proxy::worker_counters count{};
    tcp::socket client{context};
    std::optional<proxy::client_channel> channel{};
    proxy::client_command command{};
};

bytes framed(const bytes& payload, std::uint8_t sequence = 0) {
    bytes out;
    protocol::append_packet(out, payload, sequence);
    return out;
}

bytes payload_of(std::size_t size) {
    bytes made(size, 3);  // COM_QUERY
    std::iota(made.begin() + 1, made.end(), std::uint8_t{0});
    return made;
}

}  // namespace

TEST_CASE("A command is read whole, whatever its size", "[proxy]") {
    channel_fixture f;
    for (const std::size_t size : {1ul, 2ul, 1019ul, 1020ul, 1021ul, 5000ul, 1000ul, 200'000ul}) {
        CAPTURE(size);
        const bytes payload = payload_of(size);
        const bytes frames = framed(payload);
        f.say(frames);
        REQUIRE(f.read() == std::nullopt);
        CHECK(std::equal(f.command.payload.begin(), f.command.payload.end(), payload.begin(),
                         payload.end()));
        CHECK(std::equal(f.command.frames.begin(), f.command.frames.end(), frames.begin(),
                         frames.end()));
        CHECK(f.command.what == protocol::command::query);
    }
}

TEST_CASE("Commands that came together are read one by one", "[proxy]") {
    channel_fixture f;
    bytes all;
    for (std::size_t size = 1; size <= 400; size += 7) {
        const bytes one = framed(payload_of(size));
        all.insert(all.end(), one.begin(), one.end());
    }
    f.say(all);
    for (std::size_t size = 1; size <= 400; size += 7) {
        CAPTURE(size);
        REQUIRE(f.read() == std::nullopt);
        CHECK(f.command.payload.size() == size);
    }
}

TEST_CASE("A command that comes byte by byte is the same command", "[proxy]") {
    channel_fixture f;
    const bytes frames = framed(payload_of(40));
    const auto reading = start(f.context, f.channel->read_command(f.command, packet_bytes_max));
    for (const std::uint8_t byte : frames) {
        CHECK_FALSE(reading->has_value());
        f.say({byte});
        run_until(f.context, [&] { return f.channel->stream().socket().available() == 0; });
    }
    REQUIRE(run_until(f.context, [&] { return reading->has_value(); }));
    CHECK(f.command.payload.size() == 40);
}

TEST_CASE("A command of more than 16 MiB is put together", "[proxy]") {
    channel_fixture f;
    for (const std::size_t size :
         {std::size_t{protocol::payload_size_max}, std::size_t{protocol::payload_size_max} + 1,
          std::size_t{20} << 20}) {
        CAPTURE(size);
        const bytes payload = payload_of(size);
        const bytes frames = framed(payload);
        const auto reading = start(f.context, f.channel->read_command(f.command, packet_bytes_max));
        std::thread sender([&] { f.say(frames); });
        const bool came = run_until(f.context, [&] { return reading->has_value(); });
        sender.join();
        REQUIRE(came);
        REQUIRE(**reading == std::nullopt);
        CHECK(f.command.sequence == 1);
        const bool same = std::equal(f.command.payload.begin(), f.command.payload.end(),
                                     payload.begin(), payload.end()) &&
                          std::equal(f.command.frames.begin(), f.command.frames.end(),
                                     frames.begin(), frames.end());
        CHECK(same);
    }
}

TEST_CASE("A command beyond the limit ends the connection before it is read", "[proxy]") {
    channel_fixture f;
    f.say({0x01, 0x04, 0x00, 0x00});  // 1025 bytes to come
    CHECK(f.read(1024) == proxy::disconnect_reason::packet_too_large);
}

TEST_CASE("So does a command whose parts go beyond it together", "[proxy]") {
    channel_fixture f;
    const auto reading =
        start(f.context, f.channel->read_command(f.command, protocol::payload_size_max + 1));
    const bytes frames = framed(payload_of(std::size_t{17} << 20));
    std::thread sender([&] {
        boost::system::error_code ignored;
        boost::asio::write(f.client, boost::asio::buffer(frames), ignored);
    });
    const bool over = run_until(f.context, [&] { return reading->has_value(); });
    f.channel->stream().close();
    sender.join();
    REQUIRE(over);
    CHECK(**reading == proxy::disconnect_reason::packet_too_large);
}

TEST_CASE("What cannot begin a command is malformed", "[proxy]") {
    channel_fixture f;
    SECTION("an empty packet") {
        f.say({0x00, 0x00, 0x00, 0x00});
    }
    SECTION("a sequence id that is not the first") {
        f.say({0x01, 0x00, 0x00, 0x01, 0x0e});
    }
    CHECK(f.read() == proxy::disconnect_reason::malformed_packet);
}

TEST_CASE("A client that goes in the middle of a command is lost", "[proxy]") {
    channel_fixture f;
    SECTION("before it") {}
    SECTION("in its header") {
        f.say({0x10, 0x00});
    }
    SECTION("in its payload") {
        f.say({0x10, 0x00, 0x00, 0x00, 0x03});
    }
    f.client.close();
    CHECK(f.read() == proxy::disconnect_reason::client_lost);
}

TEST_CASE("An answer follows on the last packet of its command", "[proxy]") {
    channel_fixture f;
    f.command.sequence = 1;
    REQUIRE(run(f.context, f.channel->send_error(f.command, {1047, "08S01", "Unknown command"})));
    const bytes expected{0x18, 0x00, 0x00, 0x02, 0xff, 0x17, 0x04, '#', '0', '8',
                         'S',  '0',  '1',  'U',  'n',  'k',  'n',  'o', 'w', 'n',
                         ' ',  'c',  'o',  'm',  'm',  'a',  'n',  'd'};
    CHECK(f.hear(expected.size()) == expected);
}

TEST_CASE("The end of COM_SET_OPTION is what the client knows", "[proxy]") {
    channel_fixture f;
    SECTION("an EOF packet") {
        REQUIRE(run(f.context, f.channel->send_result_end(f.command, 2)));
        CHECK(f.hear(9) == bytes{0x05, 0x00, 0x00, 0x01, 0xfe, 0x00, 0x00, 0x02, 0x00});
    }
    SECTION("an OK packet in its place") {
        f.channel->set_capabilities(protocol::capability::deprecate_eof);
        REQUIRE(run(f.context, f.channel->send_result_end(f.command, 2)));
        CHECK(f.hear(11) ==
              bytes{0x07, 0x00, 0x00, 0x01, 0xfe, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00});
    }
    CHECK(f.unread() == 0);
}

TEST_CASE("A client that does not take its answer can be told from one that does", "[proxy]") {
    channel_fixture f;
    CHECK_FALSE(f.channel->writing_since());
    const bytes much(std::size_t{32} << 20);
    const auto sending = start(f.context, f.channel->send(protocol::bytes_view(much)));
    REQUIRE(run_until(f.context, [&] { return f.channel->writing_since().has_value(); }));
    CHECK(f.unread() > 0);
    f.client.close();
    REQUIRE(run_until(f.context, [&] { return sending->has_value(); }));
    CHECK_FALSE(**sending);
    CHECK_FALSE(f.channel->writing_since());
}
