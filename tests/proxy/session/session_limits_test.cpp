// What limits.* do to clients.
#include <catch2/catch.hpp>
#include <memory>

#include "tests/proxy/session/before_fake_server.hpp"
#include "tests/support/wait_until.hpp"

using namespace session_test;
using namespace std::chrono_literals;

namespace {

/// The number of an ERR, or 0.
int error_of(const bytes& packet) {
    if (packet.size() < 7 || packet[4] != 0xff) return 0;
    return packet[5] + 256 * packet[6];
}

}  // namespace

TEST_CASE("A client more than limits.clients_max is refused until another has left", "[proxy]") {
    before_fake_server f;
    f.settings.limits.clients_max = 2;
    f.start();
    std::unique_ptr<wire_client> one(new wire_client(f.connect()));
    wire_client two = f.connect();
    {
        support::raw_client three("127.0.0.1", f.settings.mysql.port);
        CHECK(error_of(three.receive_packet()) == 1040);
        CHECK(three.closed_by_peer());
    }
    CHECK(f.count().clients_refused.value() == 1);
    one.reset();
    CHECK(support::wait_until(10s, [&] {
        support::raw_client next("127.0.0.1", f.settings.mysql.port);
        return error_of(next.receive_packet()) == 0;
    }));
    CHECK(error_of(two.ask("DO 1")) == 0);
}

TEST_CASE("A client that is idle for limits.client_idle_timeout is told so and disconnected",
          "[proxy]") {
    before_fake_server f;
    const bool limited = GENERATE(true, false);
    CAPTURE(limited);
    if (limited) f.settings.limits.client_idle_timeout = 300ms;
    f.start();
    wire_client idle = f.connect();
    idle.ask("DO 1");
    const bytes told = idle.socket().receive_packet(limited ? 10'000ms : 1'500ms);
    CHECK(error_of(told) == (limited ? 4031 : 0));
    CHECK(idle.socket().closed_by_peer(100ms) == limited);
    CHECK(support::wait_until(10s, [&] {  // it is counted behind the end of the connection
        const auto& ended = f.count().disconnects[proxy::disconnect_reason::client_idle];
        return ended.value() == (limited ? 1 : 0);
    }));
}
