// What sessions see of the pool: its limits, its resets, and what becomes of prepared statements.
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

wire_command prepare(const std::string& text) {
    return {command::stmt_prepare, text};
}

/// As the fake server names it.
std::string execution(char id) {
    return std::string{id, 0, 0, 0, 0, 1, 0, 0, 0};
}

wire_command execute(char id) {
    return {command::stmt_execute, execution(id)};
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
    // More than these, if a sweep came between the logins.
    CHECK(support::wait_until(20s, [&] {
        return f.count().backend_retired.value() >= 2 - left &&
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

TEST_CASE("A statement that the server has lost is prepared again", "[proxy]") {
    before_fake_server f;
    f.backend.refused_once[execution(1)] = 1243;
    f.start();
    wire_client client = f.connect();
    REQUIRE(error_of(client.ask(prepare("DO ?"))) == 0);
    CHECK(error_of(client.ask(execute(1))) == 0);
    CHECK(error_of(client.ask(execute(1))) == 0);
    CHECK(heard(f) == std::vector<std::string>{"prepare DO ?", execution(1), "prepare DO ?",
                                               execution(2), execution(2)});
}

TEST_CASE("A statement that the server loses again and again is an error", "[proxy]") {
    before_fake_server f;
    f.backend.refused_once[execution(1)] = 1243;
    f.backend.refused_once[execution(2)] = 1243;
    f.start();
    wire_client client = f.connect();
    REQUIRE(error_of(client.ask(prepare("DO ?"))) == 0);
    CHECK(error_of(client.ask(execute(1))) == 1243);
    CHECK(error_of(client.ask("DO 1")) == 0);
}

TEST_CASE("A statement that the server has no room for takes the place of older ones", "[proxy]") {
    before_fake_server f;
    f.backend.refused_once["prepare DO 3"] = 1461;
    f.start();
    wire_client client = f.connect();
    for (const char* text : {"DO 1", "DO 2"}) CHECK(error_of(client.ask(prepare(text))) == 0);
    CHECK(error_of(client.ask(prepare("DO 3"))) == 0);
    CHECK(error_of(client.ask(execute(1))) == 0);
    CHECK(heard(f) == std::vector<std::string>{"prepare DO 1", "prepare DO 2", "prepare DO 3",
                                               "close 1", "prepare DO 3", "prepare DO 1",
                                               execution(4)});
}

TEST_CASE("A statement that there is no room for at all is an error", "[proxy]") {
    before_fake_server f;
    f.backend.refused["prepare DO 1"] = "Can't create more";
    f.backend.refused_once["prepare DO 1"] = 1461;
    f.start();
    wire_client client = f.connect();
    CHECK(error_of(client.ask(prepare("DO 1"))) == 1049);  // what the second attempt was told
    CHECK(error_of(client.ask("DO 2")) == 0);
}
