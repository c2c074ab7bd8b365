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

TEST_CASE("A packet out of order is malformed, an empty one is a command that nobody knows",
          "[proxy]") {
    channel_fixture f;
    f.say({0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x01, 0x0e});
    REQUIRE(f.read() == std::nullopt);
    CHECK(f.command.payload.empty());
    CHECK(f.command.what == protocol::command{});
    CHECK_FALSE(f.command.out_of_order);
    CHECK(f.read() == proxy::disconnect_reason::malformed_packet);
    CHECK(f.command.out_of_order);
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
        REQUIRE(
            run(f.context, f.channel->send_result_end(f.command, {.status = 2, .warnings = 3})));
        CHECK(f.hear(9) == bytes{0x05, 0x00, 0x00, 0x01, 0xfe, 0x03, 0x00, 0x02, 0x00});
    }
    SECTION("an OK packet in its place") {
        f.channel->set_capabilities(protocol::capability::deprecate_eof);
        REQUIRE(
            run(f.context, f.channel->send_result_end(f.command, {.status = 2, .warnings = 3})));
        CHECK(f.hear(11) ==
              bytes{0x07, 0x00, 0x00, 0x01, 0xfe, 0x00, 0x00, 0x02, 0x00, 0x03, 0x00});
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

namespace {

pool::task<bool> slept(proxy::client_channel& channel) {
    co_await channel.sleep_on();
    co_return true;
}

}  // namespace

TEST_CASE("An idle client keeps no memory to read into, and its next command is read", "[proxy]") {
    channel_fixture f;
    const auto reading = start(f.context, f.channel->read_command(f.command, packet_bytes_max));
    REQUIRE(run_until(f.context, [&] { return f.channel->input().capacity() > 0; }));
    f.channel->begin_sleep();
    REQUIRE(run_until(f.context, [&] { return reading->has_value(); }));
    CHECK(**reading);
    REQUIRE(f.channel->falls_asleep());
    const auto sleeping = start(f.context, slept(*f.channel));
    CHECK(run_until(f.context, [&] { return f.blocks.free() == 1; }));
    f.channel->begin_sleep();  // once is enough
    f.context.restart();
    f.context.poll();
    CHECK_FALSE(sleeping->has_value());
    f.say(framed(payload_of(300)));
    REQUIRE(run_until(f.context, [&] { return sleeping->has_value(); }));
    REQUIRE(f.read() == std::nullopt);
    CHECK(f.command.payload.size() == 300);
    CHECK_FALSE(f.channel->falls_asleep());
}

TEST_CASE("A client falls asleep between two commands only", "[proxy]") {
    channel_fixture f;
    const bytes frames = framed(payload_of(std::size_t{17} << 20));
    const auto reading = start(f.context, f.channel->read_command(f.command, packet_bytes_max));
    std::thread sender([&] {
        boost::system::error_code ignored;
        boost::asio::write(f.client, boost::asio::buffer(frames), ignored);
    });
    const bool came = run_until(f.context, [&] {
        if (f.channel->stuck_since()) f.channel->begin_sleep();  // it has begun
        return reading->has_value();
    });
    if (!came || **reading) f.channel->stream().close();
    sender.join();
    REQUIRE(came);
    CHECK(**reading == std::nullopt);
    CHECK(f.command.payload.size() == std::size_t{17} << 20);
}

namespace {

/// A channel whose memory is limited, and its client.
struct limited_fixture : channel_fixture {
    limited_fixture() {
        tcp::acceptor acceptor(context, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
        client = tcp::socket(context);
        client.connect(acceptor.local_endpoint());
        channel.emplace(acceptor.accept(), blocks, count, &ledger);
    }
    /// What the next command comes to, its bytes being sent meanwhile.
    ended read_sent(const bytes& frames, std::chrono::milliseconds wait) {
        const auto reading = start(context, channel->read_command(command, packet_bytes_max, wait));
        std::thread sender([&] { say(frames); });
        const bool came = run_until(context, [&] { return reading->has_value(); });
        if (!came) client.close();
        sender.join();
        REQUIRE(came);
        return **reading;
    }
    std::size_t used() const { return ledger.used(pool::memory_use::commands); }

    pool::memory_budget budget{std::size_t{48} << 20};
    pool::memory_ledger ledger{budget};
};

}  // namespace

TEST_CASE("A command for which there is no memory is read to its end and dropped", "[proxy]") {
    limited_fixture f;
    // Of one packet, of several, and of several that end with an empty one.
    const std::size_t size = GENERATE(std::size_t{100'000}, std::size_t{17} << 20,
                                      std::size_t{2} * protocol::payload_size_max);
    REQUIRE(f.budget.try_take(f.budget.bytes_max() - 50'000, 0));
    bytes payload = payload_of(size);
    payload[0] = static_cast<std::uint8_t>(protocol::command::stmt_send_long_data);
    const bytes frames = framed(payload);
    REQUIRE(f.read_sent(frames, 20ms) == std::nullopt);
    CHECK(f.command.dropped);
    CHECK(f.command.what == protocol::command::stmt_send_long_data);
    REQUIRE(f.command.payload.size() >= 5);
    CHECK(std::equal(f.command.payload.begin(), f.command.payload.end(), payload.begin()));
    CHECK(f.command.sequence == size / protocol::payload_size_max);
    CHECK(f.count.memory_refusals.value() == 1);

    f.command = {};
    REQUIRE(f.read_sent(framed(payload_of(300)), 20ms) == std::nullopt);
    CHECK_FALSE(f.command.dropped);
    CHECK(f.command.payload.size() == 300);
    f.command = {};
    REQUIRE(f.read_sent(framed(payload_of(10)), 20ms) == std::nullopt);
    CHECK(f.command.payload.size() == 10);
    CHECK(f.used() == 0);
    f.budget.give_back(f.budget.bytes_max() - 50'000);
}

TEST_CASE("A command waits for memory, and goes on when there is some", "[proxy]") {
    limited_fixture f;
    const std::size_t size = GENERATE(std::size_t{100'000}, std::size_t{17} << 20);
    const std::size_t taken = f.budget.bytes_max() - 50'000;
    REQUIRE(f.budget.try_take(taken, 0));
    const bytes payload = payload_of(size);
    const bytes frames = framed(payload);
    const auto reading =
        start(f.context, f.channel->read_command(f.command, packet_bytes_max, patience));
    std::thread sender([&] { f.say(frames); });
    const bool waited = run_until(f.context, [&] { return f.count.memory_waits.value() == 1; });
    f.budget.give_back(taken);
    const bool came = run_until(f.context, [&] { return reading->has_value(); });
    if (!came) f.client.close();
    sender.join();
    CHECK(waited);
    REQUIRE(came);
    REQUIRE(**reading == std::nullopt);
    CHECK_FALSE(f.command.dropped);
    CHECK(std::equal(f.command.payload.begin(), f.command.payload.end(), payload.begin(),
                     payload.end()));
    CHECK(f.used() >= size);
}

TEST_CASE("What a client announces and does not send costs nothing", "[proxy]") {
    limited_fixture f;
    const auto reading =
        start(f.context, f.channel->read_command(f.command, packet_bytes_max, patience));
    f.say({0x00, 0x00, 0xf0, 0x00, 0x03});  // 15 MiB
    run_until(f.context, [&] { return f.channel->stuck_since().has_value(); });
    CHECK(f.used() == 0);
    f.say(bytes(5000, 'x'));
    run_until(f.context, [&] { return f.channel->input().size() == 5005; });
    CHECK(f.used() <= 64 * 1024);
    f.client.close();
    REQUIRE(run_until(f.context, [&] { return reading->has_value(); }));
    CHECK(**reading == proxy::disconnect_reason::client_lost);
}
