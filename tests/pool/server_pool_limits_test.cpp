// Limits and time: waiting ends, slots are never lost, and shutting down ends everything.
#include <catch2/catch.hpp>
#include <random>

#include "pool/server_pool.hpp"
#include "tests/pool/pool_fixture.hpp"

using namespace pool_test;

TEST_CASE("Waiting for a connection ends when its time is up", "[pool]") {
    pool_fixture f({.connections_max = 1});
    pool::lease loan = f.lend();
    const auto late = f.get(f.app, f.state(), 20ms);
    REQUIRE_FALSE(late.has_value());
    CHECK(late.error() == pool::errc::timed_out);
    CHECK(f.pool.waiting() == 0);
    CHECK(f.observer.timeouts == 1);
    loan.give_back();
    CHECK(f.pool.idle() == 1);
}

TEST_CASE("Whoever gives up in the line does not hold up those behind", "[pool]") {
    pool_fixture f({.connections_max = 1});
    pool::lease loan = f.lend();
    const auto impatient = f.ask(f.app, f.state(), 20ms);
    const auto patient = f.ask(f.app, f.state());
    REQUIRE(f.settled(impatient));
    CHECK_FALSE((**impatient).has_value());
    loan.give_back();
    REQUIRE(f.settled(patient));
    REQUIRE((**patient).has_value());
    (**patient)->give_back();
}

TEST_CASE("A server that never answers costs connect_timeout, and no slot", "[pool]") {
    pool_fixture f({.connections_max = 1, .connect_timeout = 500ms});
    f.server.silent = true;
    const auto failed = f.get();
    REQUIRE_FALSE(failed.has_value());
    CHECK(failed.error() == pool::errc::connect_failed);
    CHECK(f.pool.open() == 0);
    f.server.silent = false;
    f.lend().give_back();
}

TEST_CASE("Those in line share the fate of a server that is gone, all at once", "[pool]") {
    pool_fixture f({.connections_max = 1});
    pool::lease loan = f.lend();
    std::vector<pending<pool_fixture::loan>> line;
    for (int i = 0; i < 3; ++i) line.push_back(f.ask(f.app, f.state()));
    REQUIRE(run_until(f.context, [&] { return f.pool.waiting() == 3; }));
    f.server.stop_listening();
    loan.discard();
    for (const auto& waiting : line) {
        REQUIRE(f.settled(waiting));
        REQUIRE_FALSE((**waiting).has_value());
        CHECK((**waiting).error() == pool::errc::connect_failed);
    }
    CHECK(f.pool.open() == 0);
    CHECK(f.observer.failures == 1);
}

TEST_CASE("Shutting down ends waiting, opening and lending", "[pool]") {
    pool_fixture f;
    pool::lease loan = f.lend();
    f.server.silent = true;
    const auto opening = f.ask(f.app, f.state());
    const auto waiting = f.ask(f.app, f.state());
    REQUIRE(run_until(f.context, [&] { return f.pool.waiting() == 1 && f.server.accepted == 2; }));
    f.pool.shut_down();
    for (const auto& asked : {opening, waiting}) {
        REQUIRE(f.settled(asked));
        REQUIRE_FALSE((**asked).has_value());
        CHECK((**asked).error() == pool::errc::shutting_down);
    }
    const auto read = run(f.context, loan->receive());
    CHECK(read.error() == pool::errc::lost);
    loan.give_back();
    CHECK(f.pool.idle() == 0);
    const auto after = f.get();
    CHECK(after.error() == pool::errc::shutting_down);
    CHECK_FALSE(f.pool.borrow_now(f.app, f.state()));
}

TEST_CASE("A name that cannot be resolved is a server that cannot be reached", "[pool]") {
    pool_fixture f;
    pool::server_pool elsewhere(f.context.get_executor(), {"x", "no-such-host.invalid", 3306},
                                {.connections_max = 1}, f.blocks, f.state(), f.observer);
    const auto give_up = pool::server_pool::clock::now() + patience;
    const auto failed = run(f.context, elsewhere.borrow(f.app, f.state(), give_up, f.refusal));
    REQUIRE_FALSE(failed.has_value());
    CHECK(failed.error() == pool::errc::connect_failed);
    CHECK(elsewhere.open() == 0);
}

namespace {

struct visitor {
    std::mt19937& random;
    pool_fixture& f;
    std::size_t served = 0;
    std::size_t refused = 0;

    std::size_t up_to(std::size_t most) {
        return std::uniform_int_distribution<std::size_t>(0, most)(random);
    }

    /// Comes and goes as sessions do; `true` once it has.
    pool::task<bool> run(int visits) {
        boost::asio::steady_timer pause(f.context);
        for (int i = 0; i < visits; ++i) {
            const auto& who = up_to(4) == 0 ? f.other : f.app;
            const auto wanted = f.state(up_to(1) == 0 ? "shop" : "", up_to(2) == 0 ? "+01:00" : "");
            const auto within = std::chrono::milliseconds(up_to(9) == 0 ? up_to(2) : 10'000);
            const auto give_up = pool::server_pool::clock::now() + within;
            auto got = co_await f.pool.borrow(who, wanted, give_up, f.refusal);
            if (!got) {
                ++refused;
                continue;
            }
            ++served;
            const auto moved = co_await (*got)->synchronise(wanted, f.refusal);
            if (up_to(20) == 0) f.server.hang_up();
            pause.expires_after(std::chrono::microseconds(up_to(500)));
            co_await pause.async_wait(pool::awaited);
            if (moved && up_to(9) != 0) got->give_back();  // else it is discarded
        }
        co_return true;
    }
};

}  // namespace

TEST_CASE("Whatever sessions do, no slot is lost and the limit is kept", "[pool]") {
    const auto seed = GENERATE(take(5, random(0u, 1'000'000u)));
    CAPTURE(seed);
    std::mt19937 random(seed);
    pool_fixture f({.connections_max = 3, .trust_idle = 0ms});
    visitor everybody{random, f};
    std::vector<pending<bool>> running;
    for (int i = 0; i < 12; ++i) running.push_back(start(f.context, everybody.run(40)));
    bool within_limit = true;
    REQUIRE(run_until(f.context, [&] {
        within_limit = within_limit && f.pool.open() <= 3;
        return std::all_of(running.begin(), running.end(),
                           [](const auto& one) { return one->has_value(); });
    }));
    CHECK(within_limit);
    CHECK(f.pool.waiting() == 0);
    CHECK(f.pool.open() == f.pool.idle());
    CHECK(everybody.served > 100);
    CHECK(everybody.served + everybody.refused == 12 * 40);
}
