// wait_timeout and interactive_timeout of sessions that keep no connection.
#include <catch2/catch.hpp>

#include "tests/proxy/session/one_connection.hpp"
#include "tests/proxy/session/wire_client.hpp"

using namespace session_test;
using namespace std::chrono_literals;
using protocol::command;
namespace capability = protocol::capability;

namespace {

constexpr auto patience = 20s;
constexpr std::uint32_t plain = capability::plugin_auth_lenenc_data | capability::deprecate_eof;

support::mysql_server& impatient() {
    static support::mysql_server running(
        {.arguments = {"--interactive-timeout=2", "--wait-timeout=1000"}});
    return running;
}

support::tidegate_process& before_it() {
    static support::tidegate_process running([](support::tidegate_ports ports) {
        return "listen: {mysql: '127.0.0.1:" + std::to_string(ports.mysql) +
               "', http: '127.0.0.1:" + std::to_string(ports.http) + "'}\nthreads: 1\n" +
               "primary: {host: 127.0.0.1, port: " + std::to_string(impatient().port()) +
               ", connections_max: 2}\nusers: [{name: app, password: app-password}]\n";
    });
    return running;
}

}  // namespace

TEST_CASE("An idle session is ended by its own wait_timeout, in the server's words", "[proxy]") {
    const bool interactive = GENERATE(false, true);
    CAPTURE(interactive);
    bytes told[2];
    wire_client lasting(before_it().port(), plain, app);
    for (const bool direct : {true, false}) {
        wire_client client(direct ? impatient().port() : before_it().port(),
                           plain | (interactive ? capability::interactive : 0u), app);
        bytes& all = told[direct ? 0 : 1];
        const auto ask = [&](const wire_command& what) {
            const bytes answer = client.ask(what);
            all.insert(all.end(), answer.begin(), answer.end());
        };
        ask("SELECT @@wait_timeout");
        if (!interactive) ask("SET wait_timeout = 1");
        const bytes ended = client.socket().receive_packet(patience);
        all.insert(all.end(), ended.begin(), ended.end());
        CHECK(client.socket().closed_by_peer(patience));
    }
    CHECK(difference(told[0], told[1]) == "");
    CHECK(std::string(told[1].begin(), told[1].end()).find("inactivity") != std::string::npos);
    CHECK(lasting.ask("SELECT 1").size() > 20);
}

TEST_CASE("After COM_RESET_CONNECTION a session's wait_timeout is the server's", "[proxy]") {
    bytes told[2];
    for (const bool direct : {true, false}) {
        wire_client client(direct ? impatient().port() : before_it().port(),
                           plain | capability::interactive, app);
        bytes& all = told[direct ? 0 : 1];
        for (const wire_command& what : std::vector<wire_command>{"SET wait_timeout = 7",
                                                                  {command::reset_connection, ""},
                                                                  "SELECT @@wait_timeout"}) {
            const bytes answer = client.ask(what);
            all.insert(all.end(), answer.begin(), answer.end());
        }
    }
    CHECK(difference(told[0], told[1]) == "");
}
