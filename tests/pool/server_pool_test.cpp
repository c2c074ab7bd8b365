// Who gets which connection, and in what order.
#include "pool/server_pool.hpp"

#include <catch2/catch.hpp>

#include "tests/pool/pool_fixture.hpp"

using namespace pool_test;

TEST_CASE("A connection that has come back is lent again", "[pool]") {
    pool_fixture f;
    pool::lease loan = f.lend();
    const auto* const connection = &*loan;
    CHECK(f.pool.open() == 1);
    CHECK(f.pool.idle() == 0);
    loan.give_back();
    CHECK_FALSE(loan);
    CHECK(f.pool.idle() == 1);

    pool::lease again = f.lend();
    CHECK(&*again == connection);
    CHECK(f.server.accepted == 1);
    again.give_back();
    CHECK(f.observer.lends == 2);
    CHECK(f.observer.waits == 1);  // for the opening
}

TEST_CASE("A connection that is in the wanted state goes before the one used last", "[pool]") {
    pool_fixture f;
    pool::lease one = f.lend();
    pool::lease two = f.lend();
    one->note_state(f.state("shop"));
    const auto* const in_shop = &*one;
    one.give_back();
    two.give_back();

    pool::lease wanted = f.lend(f.state("shop"));
    CHECK(&*wanted == in_shop);
    wanted.give_back();
    CHECK(f.server.accepted == 2);
}

TEST_CASE("The fast path lends only what needs no preparation", "[pool]") {
    pool_fixture f;
    CHECK_FALSE(f.pool.borrow_now(f.app, f.state()));
    pool::lease loan = f.lend();
    loan.give_back();
    CHECK_FALSE(f.pool.borrow_now(f.app, f.state("shop")));
    CHECK_FALSE(f.pool.borrow_now(f.other, f.state()));
    pool::lease now = f.pool.borrow_now(f.app, f.state());
    REQUIRE(now);
    CHECK_FALSE(f.pool.borrow_now(f.app, f.state()));
    now.give_back();
}

TEST_CASE("The fast path does not overtake those who wait", "[pool]") {
    pool_fixture f({.connections_max = 1});
    pool::lease loan = f.lend();
    const auto waiting = f.ask(f.app, f.state());
    REQUIRE(run_until(f.context, [&] { return f.pool.waiting() == 1; }));
    CHECK_FALSE(f.pool.borrow_now(f.app, f.state()));
    loan.give_back();
    CHECK_FALSE(f.pool.borrow_now(f.app, f.state()));
    REQUIRE(f.settled(waiting));
    (**waiting)->give_back();
}

TEST_CASE("Borrowers are served in the order in which they came", "[pool]") {
    pool_fixture f({.connections_max = 1});
    pool::lease loan = f.lend();
    std::vector<pending<pool_fixture::loan>> line;
    for (std::size_t i = 0; i < 5; ++i) {
        line.push_back(f.ask(f.app, f.state(i % 2 == 0 ? "shop" : "")));
        REQUIRE(run_until(f.context, [&] { return f.pool.waiting() == i + 1; }));
    }
    loan.give_back();
    for (std::size_t i = 0; i < line.size(); ++i) {
        CAPTURE(i);
        REQUIRE(f.settled(line[i]));
        for (std::size_t later = i + 1; later < line.size(); ++later)
            CHECK_FALSE(line[later]->has_value());
        REQUIRE(line[i]->value().has_value());
        line[i]->value()->give_back();
    }
    CHECK(f.pool.open() == 1);
}

TEST_CASE("A newcomer goes to the end of the line even if a connection has just come back",
          "[pool]") {
    pool_fixture f({.connections_max = 1});
    pool::lease loan = f.lend();
    const auto first = f.ask(f.app, f.state());
    REQUIRE(run_until(f.context, [&] { return f.pool.waiting() == 1; }));
    loan.give_back();  // is now the first one's, who has not run yet
    const auto second = f.ask(f.app, f.state());
    REQUIRE(f.settled(first));
    CHECK_FALSE(second->has_value());
    (**first)->give_back();
    REQUIRE(f.settled(second));
    (**second)->give_back();
}

TEST_CASE("A connection with a schema is not lent to a session without one", "[pool]") {
    pool_fixture f;
    pool::lease loan = f.lend();
    loan->note_state(f.state("shop"));
    const auto* const in_shop = &*loan;
    loan.give_back();
    pool::lease other = f.lend();
    CHECK(&*other != in_shop);
    other.give_back();
    CHECK(f.pool.open() == 2);
}

TEST_CASE("A connection that whoever is first in line cannot use makes way for one he can",
          "[pool]") {
    pool_fixture f({.connections_max = 1});
    pool::lease loan = f.lend();
    SECTION("because it is another account's") {
        const auto waiting = f.ask(f.other, f.state());
        REQUIRE(run_until(f.context, [&] { return f.pool.waiting() == 1; }));
        loan.give_back();
        REQUIRE(f.settled(waiting));
        REQUIRE((**waiting).has_value());
        CHECK((**waiting)->operator*().account().user == "other");
        (**waiting)->give_back();
    }
    SECTION("because it has a schema") {
        const auto waiting = f.ask(f.app, f.state());
        REQUIRE(run_until(f.context, [&] { return f.pool.waiting() == 1; }));
        loan->note_state(f.state("shop"));
        loan.give_back();
        REQUIRE(f.settled(waiting));
        REQUIRE((**waiting).has_value());
        CHECK((**waiting)->operator*().state()->schema().empty());
        (**waiting)->give_back();
    }
    CHECK(f.server.accepted == 2);
    CHECK(f.pool.open() == 1);
}

TEST_CASE("The free connection unused the longest makes room for another account", "[pool]") {
    pool_fixture f;
    pool::lease one = f.lend();
    pool::lease two = f.lend();
    const auto* const used_last = &*two;
    one.give_back();
    two.give_back();
    const auto got = f.get(f.other, f.state());
    REQUIRE(got.has_value());
    CHECK(f.pool.open() == 2);
    CHECK(f.pool.idle() == 1);
    pool::lease left = f.lend();
    CHECK(&*left == used_last);
    left.give_back();
}

namespace {

/// A session that keeps its connection only in case it is asked about warnings.
class keeper final : public pool::reclaimable {
public:
    explicit keeper(pool::lease loan) : loan_(std::move(loan)) {}
    void reclaim() override {
        ++reclaimed;
        loan_.give_back();
    }
    pool::lease take() { return std::move(loan_); }
    int reclaimed = 0;

private:
    pool::lease loan_;
};

}  // namespace

TEST_CASE("Offered loans are taken up when somebody comes, the oldest first", "[pool]") {
    pool_fixture f;
    keeper one(f.lend());
    keeper two(f.lend());
    f.pool.offer(one, f.app);
    f.pool.offer(two, f.app);
    pool::lease got = f.lend();
    CHECK(one.reclaimed == 1);
    CHECK(two.reclaimed == 0);
    pool::lease another = f.lend();
    CHECK(two.reclaimed == 1);
    another.give_back();
    got.give_back();
}

TEST_CASE("A loan that is offered while somebody waits is taken up at once", "[pool]") {
    pool_fixture f({.connections_max = 1});
    keeper one(f.lend());
    const auto waiting = f.ask(f.app, f.state());
    REQUIRE(run_until(f.context, [&] { return f.pool.waiting() == 1; }));
    f.pool.offer(one, f.app);
    CHECK(one.reclaimed == 1);
    REQUIRE(f.settled(waiting));
    (**waiting)->give_back();
}

TEST_CASE("A withdrawn offer is never taken up", "[pool]") {
    pool_fixture f({.connections_max = 1});
    keeper one(f.lend());
    f.pool.offer(one, f.app);
    f.pool.withdraw(one);
    const auto waiting = f.ask(f.app, f.state());
    REQUIRE(run_until(f.context, [&] { return f.pool.waiting() == 1; }));
    CHECK(one.reclaimed == 0);
    one.take().give_back();
    REQUIRE(f.settled(waiting));
    (**waiting)->give_back();
}
