// What a pool does by itself: resets, ages, warming.
#include <algorithm>
#include <catch2/catch.hpp>

#include "pool/server_pool.hpp"
#include "tests/pool/pool_fixture.hpp"

using namespace pool_test;
using clock_type = pool::server_pool::clock;

namespace {

std::size_t times_heard(const fake_server& server, const std::string& what) {
    return static_cast<std::size_t>(std::count(server.heard.begin(), server.heard.end(), what));
}

/// Opens `count` connections and gives them back.
void open_some(pool_fixture& f, std::size_t count) {
    std::vector<pool::lease> all;
    for (std::size_t i = 0; i < count; ++i) all.push_back(f.lend());
    for (pool::lease& one : all) one.give_back();
    REQUIRE(f.pool.idle() == count);
}

}  // namespace

TEST_CASE("A connection that is too old is not lent again", "[pool]") {
    pool_fixture f({.connections_max = 2, .age_max = 0ms});
    f.lend().give_back();
    CHECK(f.pool.open() == 0);
    CHECK(f.observer.retirements == 1);
    f.lend().give_back();
    CHECK(f.server.accepted == 2);
}

TEST_CASE("Connections opened together do not end together", "[pool]") {
    pool_fixture f({.connections_max = 20, .age_max = 1000s, .idle_max = 10'000s});
    open_some(f, 20);
    const auto now = clock_type::now();
    f.pool.sweep(now + 899s);
    CHECK(f.pool.open() == 20);
    f.pool.sweep(now + 950s);
    CHECK(f.pool.open() >= 8);
    CHECK(f.pool.open() <= 12);
    f.pool.sweep(now + 1001s);
    CHECK(f.pool.open() == 0);
    CHECK(f.observer.retirements == 20);
}

TEST_CASE("Connections that nobody uses are closed, down to those kept warm", "[pool]") {
    pool_fixture f({.connections_max = 4, .connections_warm = 1, .idle_max = 10s});
    open_some(f, 4);
    f.pool.sweep(clock_type::now() + 9s);
    CHECK(f.pool.open() == 4);
    f.pool.sweep(clock_type::now() + 11s);
    CHECK(f.pool.open() == 1);
    CHECK(f.observer.retirements == 3);
    pool::lease left = f.lend();
    CHECK(f.server.accepted == 4);
    left.give_back();
}

TEST_CASE("Connections are opened ahead for the account that was served last", "[pool]") {
    pool_fixture f({.connections_max = 4, .trust_idle = 1h, .connections_warm = 3});
    f.pool.sweep(clock_type::now());
    CHECK(f.pool.open() == 0);  // nobody has come yet
    f.lend().give_back();
    f.pool.sweep(clock_type::now());
    REQUIRE(run_until(f.context, [&] { return f.pool.idle() == 3; }));
    CHECK(f.observer.lends == 1);
    {
        std::vector<pool::lease> all;
        for (int i = 0; i < 3; ++i) {
            all.push_back(f.pool.borrow_now(f.app, f.state()));
            REQUIRE(all.back());
        }
    }
    CHECK(f.pool.open() == 0);
    f.pool.sweep(clock_type::now());  // and again after they are lost
    REQUIRE(run_until(f.context, [&] { return f.pool.idle() == 3; }));
}

TEST_CASE("No more is opened ahead than a user may have", "[pool]") {
    const pool::backend_account limited{"limited", "secret", 0, 2};  // outlives the pool
    pool_fixture f({.connections_max = 4, .connections_warm = 3});
    f.get(limited, f.state())->give_back();
    f.pool.sweep(clock_type::now());
    REQUIRE(run_until(f.context, [&] { return f.pool.idle() == 2; }));
    f.pool.sweep(clock_type::now());
    CHECK(f.pool.open() == 2);
}

TEST_CASE("An account that the server refuses is not opened ahead again and again", "[pool]") {
    pool_fixture f({.connections_max = 4, .connections_warm = 1});
    f.lend().discard();
    f.server.password = "another";
    for (int i = 0; i < 3; ++i) {
        f.pool.sweep(clock_type::now());
        REQUIRE(run_until(f.context, [&] { return f.pool.open() == 0; }));
    }
    CHECK(f.server.accepted == 2);
}

TEST_CASE("A connection that a session left in disorder is reset, then lent again", "[pool]") {
    pool_fixture f({.connections_max = 1});
    pool::lease loan = f.lend();
    loan->note_state(f.state("shop", "+01:00"));
    REQUIRE(f.prepare(*loan, "SELECT 1", f.state("shop")).has_value());
    f.server.variables["time_zone"] = "+05:00";  // the server's own default is another now
    loan.reset(f.vectors);
    CHECK_FALSE(loan);
    CHECK(f.pool.open() == 1);
    CHECK(f.pool.idle() == 0);
    REQUIRE(run_until(f.context, [&] { return f.pool.idle() == 1; }));
    CHECK(f.observer.resets == 1);

    pool::lease again = f.lend(f.state("shop"));
    CHECK(f.server.accepted == 1);
    CHECK(again->state() == f.state("shop"));
    CHECK(again->prepared.size() == 0);
    // What the session has not set is what the server says now.
    REQUIRE(run(f.context, again->synchronise(f.state("shop", "+05:00"), f.refusal)).has_value());
    CHECK(f.server.heard == std::vector<std::string>{"SET SESSION time_zone='SYSTEM'",
                                                     "prepare SELECT 1", "reset", "init_db shop"});
    again.give_back();
}

TEST_CASE("A reset that forgets the login's character set says so", "[pool]") {
    pool_fixture f({.connections_max = 1});
    f.server.variables["character_set_client"] = "utf8mb4";
    pool::lease loan = f.lend();
    f.server.variables["character_set_client"] = "latin1";
    loan.reset(f.vectors);
    pool::lease again = f.lend();
    CHECK(again->state() != f.state());
    REQUIRE(run(f.context, again->synchronise(f.state(), f.refusal)).has_value());
    CHECK(f.server.heard.back() == "SET SESSION character_set_client='utf8mb4'");
    again.give_back();
}

TEST_CASE("Whoever waits gets the connection that was reset", "[pool]") {
    pool_fixture f({.connections_max = 1});
    pool::lease loan = f.lend();
    const auto waiting = f.ask(f.app, f.state());
    REQUIRE(run_until(f.context, [&] { return f.pool.waiting() == 1; }));
    loan.reset(f.vectors);
    REQUIRE(f.settled(waiting));
    REQUIRE((**waiting).has_value());
    CHECK(f.server.accepted == 1);
    CHECK(times_heard(f.server, "reset") == 1);
    (**waiting)->give_back();
}

TEST_CASE("A connection that cannot be reset is closed", "[pool]") {
    pool_fixture f({.connections_max = 1, .connect_timeout = 1s});
    pool::lease loan = f.lend();
    SECTION("because the server refuses") {
        f.server.refused["reset"] = "no";
    }
    SECTION("because the server hangs up") {
        f.server.commands_until_fault = 0;
    }
    SECTION("because the server does not answer") {
        f.server.unanswered = "reset";
    }
    loan.reset(f.vectors);
    REQUIRE(run_until(f.context, [&] { return f.pool.open() == 0; }));
    CHECK(f.observer.failed_resets == 1);
    CHECK(f.observer.resets == 0);
    f.lend().give_back();
    CHECK(f.server.accepted == 2);
}

TEST_CASE("Shutting down ends a reset", "[pool]") {
    pool_fixture f({.connections_max = 1, .connect_timeout = 1h});
    pool::lease loan = f.lend();
    f.server.unanswered = "reset";
    loan.reset(f.vectors);
    REQUIRE(run_until(f.context, [&] { return times_heard(f.server, "reset") == 1; }));
    f.pool.shut_down();
    REQUIRE(run_until(f.context, [&] { return f.pool.open() == 0; }));
}

TEST_CASE("A lower limit of prepared statements holds for the connections that there are",
          "[pool]") {
    pool_fixture f;
    pool::lease loan = f.lend();
    for (int i = 0; i < 5; ++i) CHECK(f.prepare(*loan, std::to_string(i)).has_value());
    f.pool.limit_prepared(2);
    CHECK(f.prepare(*loan, "one more").has_value());
    CHECK(loan->prepared.size() == 2);
    loan.discard();
    loan = f.lend();
    for (int i = 0; i < 5; ++i) CHECK(f.prepare(*loan, std::to_string(i)).has_value());
    CHECK(loan->prepared.size() == 2);
    loan.give_back();
}

TEST_CASE("A server that has no room for a statement gets half of the connection's back",
          "[pool]") {
    pool_fixture f;
    pool::lease loan = f.lend();
    for (int i = 0; i < 4; ++i) CHECK(f.prepare(*loan, std::to_string(i)).has_value());
    f.server.refused_once["prepare more"] = 1461;
    CHECK(f.prepare(*loan, "more").has_value());
    CHECK(loan->prepared.size() == 3);
    CHECK(f.server.heard == std::vector<std::string>{"prepare 0", "prepare 1", "prepare 2",
                                                     "prepare 3", "prepare more", "close 1",
                                                     "close 2", "prepare more"});
    loan->prepared.clear();
    f.server.refused_once["prepare last"] = 1461;
    CHECK(f.prepare(*loan, "last").error() ==
          pool::errc::statement_refused);  // nothing to give back
    CHECK(f.refusal.code == 1461);
    loan.give_back();
}
