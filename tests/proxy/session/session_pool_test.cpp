// What sessions see of the pool: its limits and its resets.
#include <algorithm>
#include <catch2/catch.hpp>
#include <future>

#include "tests/proxy/session/before_fake_server.hpp"
#include "tests/support/wait_until.hpp"

using namespace session_test;
using namespace std::chrono_literals;
using protocol::command;

namespace {

const std::string pin = "CREATE TEMPORARY TABLE x (a INT)";

bool contains(const bytes& answer, std::string_view text) {
    return std::search(answer.begin(), answer.end(), text.begin(), text.end()) != answer.end();
}

/// The number of an ERR, or 0.
int error_of(const bytes& answer) {
    if (answer.size() < 7 || answer[4] != 0xff) return 0;
    return answer[5] + 256 * answer[6];
}

/// Without what tests do not care about.
std::vector<std::string> heard(before_fake_server& f) {
    f.stop();
    std::vector<std::string> all = f.backend.heard;
    std::erase_if(all, [](const std::string& what) {
        return what.empty() || what.starts_with("SELECT @@GLOBAL") || what == "init_db shop";
    });
    return all;
}

}  // namespace

TEST_CASE("A user at its limit is told so when its wait is over", "[proxy]") {
    before_fake_server f;
    f.settings.users.at(0).connections_max = 1;
    f.settings.limits.queue_timeout = 50ms;
    f.start();
    wire_client one = f.connect();
    CHECK(error_of(one.ask(pin)) == 0);
    wire_client other = f.connect("");
    const bytes refused = other.ask("DO 1");
    CHECK(error_of(refused) == 1203);
    CHECK(contains(refused, "42000User app already has more than 'max_user_connections' active"));
    CHECK(contains(refused, "users[].connections_max"));
    one.ask({command::reset_connection, ""});
    CHECK(error_of(other.ask("DO 1")) == 0);
}

TEST_CASE("Who comes when the line is full is told so at once", "[proxy]") {
    before_fake_server f;
    f.settings.primary.connections_max = 2;
    f.settings.limits.queue_max = 1;
    f.settings.limits.queue_timeout = 1min;
    f.start();
    wire_client one = f.connect();
    CHECK(error_of(one.ask(pin)) == 0);
    std::vector<std::future<bytes>> asked;
    for (int i = 0; i < 3; ++i)
        asked.push_back(std::async(std::launch::async, [&] { return f.connect("").ask("DO 1"); }));
    REQUIRE(support::wait_until(20s, [&] { return f.count().borrow_refusals.value() == 2; }));
    one.ask({command::reset_connection, ""});
    int served = 0;
    for (auto& answer : asked) {
        const bytes told = answer.get();
        if (error_of(told) == 0) {
            ++served;
        } else {
            CHECK(error_of(told) == 1040);
            CHECK(contains(told, "limits.queue_max"));
        }
    }
    CHECK(served == 1);
}

TEST_CASE("A session's connection is reset when it ends, and serves the next", "[proxy]") {
    before_fake_server f;
    f.start();
    const auto before = f.count().backend_connects.value();
    {
        wire_client one = f.connect();
        one.ask(pin);
    }
    CHECK(support::wait_until(20s, [&] { return f.count().backend_resets.value() == 1; }));
    CHECK(error_of(f.connect().ask("DO 1")) == 0);
    CHECK(f.count().backend_connects.value() == before + 1);
    CHECK(support::wait_until(20s, [&] { return f.count().backend_in_use.value() == 0; }));
    CHECK(heard(f) == std::vector<std::string>{pin, "reset", "DO 1"});
}

TEST_CASE("A connection that its client has reset is not closed", "[proxy]") {
    before_fake_server f;
    f.start();
    wire_client one = f.connect();
    one.ask(pin);
    const auto before = f.count().backend_connects.value();
    CHECK(error_of(one.ask({command::reset_connection, ""})) == 0);
    CHECK(f.count().backend_in_use.value() == 0);
    CHECK(error_of(one.ask("DO 1")) == 0);
    CHECK(f.count().backend_connects.value() == before);
    CHECK(heard(f) == std::vector<std::string>{pin, "reset", "DO 1"});
}

TEST_CASE("Connections are closed when they are too old or unused, down to those kept warm",
          "[proxy]") {
    before_fake_server f;
    f.settings.primary.connections_warm = 0;
    SECTION("too old") {
        f.settings.limits.connection_max_age = 1ms;
    }
    SECTION("unused") {
        f.settings.limits.connection_idle_max = 1ms;
    }
    SECTION("kept warm") {
        f.settings.limits.connection_idle_max = 1ms;
        f.settings.primary.connections_warm = 1;
    }
    f.start();
    {
        wire_client one = f.connect(), other = f.connect();
        one.ask(pin);
        other.ask("DO 1");
    }
    const std::uint64_t left = f.settings.primary.connections_warm;
    CHECK(support::wait_until(20s, [&] {
        return f.count().backend_retired.value() == 2 - left &&
               f.count().backend_connections.value() == left;
    }));
}

TEST_CASE("A connection that is to be kept warm is opened again", "[proxy]") {
    before_fake_server f;
    f.start();
    CHECK(error_of(f.connect().ask("DO 1")) == 0);
    f.backend.commands_until_fault = 0;
    f.connect().ask("INSERT INTO t VALUES (1)");
    CHECK(support::wait_until(20s, [&] {
        return f.count().backend_connects.value() == 2 &&
               f.count().backend_connections.value() == 1;
    }));
}
