// A server that cannot be reached: few attempts, and nobody waits for another's.
#include <catch2/catch.hpp>

#include "pool/server_pool.hpp"
#include "tests/pool/pool_fixture.hpp"

using namespace pool_test;

namespace {

std::size_t failed(const std::vector<pending<pool_fixture::loan>>& asked) {
    std::size_t count = 0;
    for (const auto& one : asked) {
        if (!one->has_value()) continue;
        REQUIRE_FALSE((**one).has_value());
        CHECK((**one).error() == pool::errc::connect_failed);
        ++count;
    }
    return count;
}

}  // namespace

TEST_CASE("A failed attempt is the end for all who waited for it, not one after another",
          "[pool]") {
    pool_fixture f({.connections_max = 1, .retry_pause = 1h});
    f.server.silent = true;
    std::vector<pending<pool_fixture::loan>> asked;
    for (int i = 0; i < 100; ++i) asked.push_back(f.ask(f.app, f.state()));
    REQUIRE(run_until(f.context, [&] { return f.server.accepted == 1 && f.pool.waiting() == 99; }));
    f.server.hang_up();
    REQUIRE(run_until(f.context, [&] { return failed(asked) == asked.size(); }));
    CHECK(f.observer.failures == 1);
    const auto next = f.get(f.app, f.state(), 20ms);
    CHECK(next.error() == pool::errc::connect_failed);
    CHECK(f.server.accepted == 1);  // it was not asked again
}

TEST_CASE("While a server cannot be reached there is one attempt at a time", "[pool]") {
    pool_fixture f({.connections_max = 10, .retry_pause = 0ms});
    f.server.silent = true;
    std::vector<pending<pool_fixture::loan>> asked;
    const auto try_it = [&] {
        const std::size_t before = f.server.accepted;
        for (int i = 0; i < 20; ++i) asked.push_back(f.ask(f.app, f.state()));
        REQUIRE(run_until(f.context, [&] { return f.server.accepted > before; }));
    };
    try_it();
    REQUIRE(run_until(f.context, [&] { return f.server.accepted == 10; }));  // not yet known
    f.server.hang_up();
    REQUIRE(run_until(f.context, [&] { return failed(asked) == 20; }));
    try_it();
    CHECK(f.pool.open() == 1);
    CHECK(f.pool.waiting() == 19);
    f.server.hang_up();
    REQUIRE(run_until(f.context, [&] { return failed(asked) == 40; }));
    CHECK(f.server.accepted == 11);

    // The next attempt succeeds, and all are served.
    f.server.silent = false;
    asked.clear();
    try_it();
    for (const auto& one : asked) {
        REQUIRE(f.settled(one));
        REQUIRE((**one).has_value());
        (**one)->give_back();
    }
}

TEST_CASE("Those in line wait for the connections that there are, if no more can be had",
          "[pool]") {
    pool_fixture f({.connections_max = 2, .retry_pause = 1h});
    pool::lease there = f.lend();
    f.server.silent = true;
    const auto opening = f.ask(f.app, f.state());
    const auto waiting = f.ask(f.app, f.state());
    REQUIRE(run_until(f.context, [&] { return f.server.accepted == 2; }));
    f.server.hang_up_last();
    REQUIRE(f.settled(opening));
    CHECK((**opening).error() == pool::errc::connect_failed);
    CHECK_FALSE(waiting->has_value());
    there.give_back();
    REQUIRE(f.settled(waiting));
    REQUIRE((**waiting).has_value());
    (**waiting)->give_back();
}

TEST_CASE("Those in line are served when the server is back", "[pool]") {
    pool_fixture f({.connections_max = 2, .retry_pause = 1ms});
    pool::lease there = f.lend();
    f.server.silent = true;
    const auto opening = f.ask(f.app, f.state());
    const auto waiting = f.ask(f.app, f.state());
    REQUIRE(run_until(f.context, [&] { return f.server.accepted == 2; }));
    f.server.silent = false;
    f.server.hang_up_last();
    REQUIRE(f.settled(opening));
    CHECK_FALSE((**opening).has_value());
    REQUIRE(f.settled(waiting));
    REQUIRE((**waiting).has_value());
    (**waiting)->give_back();
    there.give_back();
}

TEST_CASE("Who comes after a failed attempt waits for the next", "[pool]") {
    pool_fixture f({.connections_max = 2, .retry_pause = 20ms});
    f.server.silent = true;
    const auto first = f.ask(f.app, f.state());
    REQUIRE(run_until(f.context, [&] { return f.server.accepted == 1; }));
    f.server.silent = false;
    f.server.hang_up();
    REQUIRE(f.settled(first));
    CHECK_FALSE((**first).has_value());
    f.lend().give_back();
    CHECK(f.server.accepted == 2);
}

TEST_CASE("Whoever had no time left does not declare a server unreachable", "[pool]") {
    pool_fixture f({.connections_max = 2, .retry_pause = 1h});
    f.server.silent = true;
    const auto hasty = f.get(f.app, f.state(), 20ms);
    CHECK(hasty.error() == pool::errc::connect_failed);
    f.server.silent = false;
    f.lend().give_back();
}

TEST_CASE("A refused account says nothing about the server", "[pool]") {
    const pool::backend_account wrong{"app", "wrong"};  // outlives the pool
    pool_fixture f({.connections_max = 2, .retry_pause = 1h});
    const auto refused = f.get(wrong, f.state());
    CHECK(refused.error() == pool::errc::login_denied);
    f.lend().give_back();
}

TEST_CASE("Dropping a server's connections ends the line", "[pool]") {
    pool_fixture f({.connections_max = 1});
    pool::lease loan = f.lend();
    const auto waiting = f.ask(f.app, f.state());
    REQUIRE(run_until(f.context, [&] { return f.pool.waiting() == 1; }));
    f.pool.drop_connections();
    REQUIRE(f.settled(waiting));
    CHECK((**waiting).error() == pool::errc::connect_failed);
    loan.give_back();
}
