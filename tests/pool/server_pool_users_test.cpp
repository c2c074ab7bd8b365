// Limits of users and of the line: who waits for his own limit holds up nobody else.
#include <catch2/catch.hpp>

#include "pool/server_pool.hpp"
#include "tests/pool/pool_fixture.hpp"

using namespace pool_test;

namespace {

const pool::backend_account limited{"limited", "secret", 0, 1};

/// Where `limited` has its one connection on loan.
struct limited_fixture : pool_fixture {
    explicit limited_fixture(pool::pool_limits limits = {.connections_max = 3})
        : pool_fixture(limits) {
        loan got = get(limited, state());
        REQUIRE(got.has_value());
        held = std::move(*got);
    }
    /// Somebody in line for one more.
    pending<loan> wait_for_one(const pool::backend_account& who = limited) {
        const std::size_t before = pool.waiting();
        auto asked = ask(who, state());
        REQUIRE(run_until(context, [&] { return pool.waiting() == before + 1; }));
        return asked;
    }
    pool::lease held{};
};

}  // namespace

TEST_CASE("A user waits for one of its own connections when it has all it may have", "[pool]") {
    limited_fixture f;
    const auto late = f.get(limited, f.state(), 20ms);
    REQUIRE_FALSE(late.has_value());
    CHECK(late.error() == pool::errc::user_limit);
    CHECK(f.observer.timeouts == 1);
    const auto waiting = f.wait_for_one();
    f.held.give_back();
    REQUIRE(f.settled(waiting));
    REQUIRE((**waiting).has_value());
    (**waiting)->give_back();
    CHECK(f.server.accepted == 1);
}

TEST_CASE("Whoever waits for the limit of a user does not hold up others", "[pool]") {
    limited_fixture f;
    const auto waiting = f.wait_for_one();
    pool::lease opened = f.lend();
    opened.give_back();
    CHECK_FALSE(waiting->has_value());
    pool::lease now = f.pool.borrow_now(f.app, f.state());
    REQUIRE(now);
    now.give_back();
    CHECK(f.pool.idle() == 1);  // of no use to whoever waits
    f.held.give_back();
    REQUIRE(f.settled(waiting));
    (**waiting)->give_back();
    CHECK(f.server.accepted == 2);
}

TEST_CASE("A user's sessions with other capabilities count against the same limit", "[pool]") {
    limited_fixture f;
    const pool::backend_account found_rows{"limited", "secret", 2, 1};
    const auto waiting = f.wait_for_one(found_rows);
    f.held.give_back();  // of no use to it, but its place is
    REQUIRE(f.settled(waiting));
    REQUIRE((**waiting).has_value());
    CHECK(f.pool.open() == 1);
    (**waiting)->give_back();
    const auto first = f.get(limited, f.state());  // the free one makes room
    REQUIRE(first.has_value());
    CHECK(f.pool.open() == 1);
}

TEST_CASE("Users in one line are served in the order in which they came", "[pool]") {
    limited_fixture f({.connections_max = 1});
    const auto first = f.wait_for_one(f.other);
    const auto second = f.wait_for_one();
    const auto third = f.wait_for_one(f.app);
    f.held.give_back();
    for (const auto& next : {first, second, third}) {
        REQUIRE(f.settled(next));
        REQUIRE((**next).has_value());
        (**next)->give_back();
    }
    CHECK(f.server.accepted == 4);
}

TEST_CASE("An offered loan is not taken up for somebody whom it would not serve", "[pool]") {
    struct keeper final : pool::reclaimable {
        explicit keeper(pool::lease kept) : loan(std::move(kept)) {}
        void reclaim() override { loan.give_back(); }
        pool::lease loan;
    };
    limited_fixture f;
    keeper other(f.lend());
    f.pool.offer(other, f.app);
    const auto waiting = f.wait_for_one();
    CHECK(other.loan);
    f.pool.withdraw(other);
    f.pool.offer(other, f.app);  // nor now that somebody waits
    CHECK(other.loan);
    keeper own(std::move(f.held));
    f.pool.offer(own, limited);
    CHECK_FALSE(own.loan);
    REQUIRE(f.settled(waiting));
    (**waiting)->give_back();
    f.pool.withdraw(other);
    other.loan.give_back();
}

TEST_CASE("The line is no longer than its limit", "[pool]") {
    pool_fixture f({.connections_max = 1, .waiters_max = 2});
    pool::lease loan = f.lend();
    const auto one = f.ask(f.app, f.state());
    const auto two = f.ask(f.app, f.state());
    REQUIRE(run_until(f.context, [&] { return f.pool.waiting() == 2; }));
    const auto refused = f.get();
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error() == pool::errc::line_full);
    CHECK(f.observer.refusals == 1);
    CHECK(f.pool.waiting() == 2);
    loan.give_back();
    for (const auto& next : {one, two}) {
        REQUIRE(f.settled(next));
        (**next)->give_back();
    }
}
