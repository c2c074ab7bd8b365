// Limits that the pools of several threads share.
#include "pool/connection_places.hpp"

#include <catch2/catch.hpp>
#include <random>
#include <thread>

#include "tests/pool/pool_fixture.hpp"

using namespace pool_test;

namespace {

/// A share that notes what it is told.
struct holder {
    holder(boost::asio::io_context& context, std::shared_ptr<pool::connection_places> all,
           std::size_t server = 0)
        : context_(context),
          share(std::move(all), server, context.get_executor(), [this] { ++told; }) {}

    std::size_t granted() {
        context_.restart();
        context_.poll();
        return share.collect().size();
    }

private:
    boost::asio::io_context& context_;

public:
    std::size_t told = 0;
    pool::place_share share;
};

std::shared_ptr<pool::connection_places> places(std::size_t total, std::vector<std::size_t> each) {
    auto made = std::make_shared<pool::connection_places>(total);
    for (const std::size_t max : each) made->add_server(max);
    return made;
}

using demand = pool::place_demand;

}  // namespace

TEST_CASE("Places are limited for each server, and for all together", "[pool]") {
    boost::asio::io_context context{1};
    const auto all = places(3, {2, 2});
    holder first(context, all), same(context, all), other(context, all, 1);
    CHECK(first.share.take());
    CHECK(same.share.take());
    CHECK_FALSE(first.share.take());
    CHECK(other.share.take());
    CHECK_FALSE(other.share.take());
    first.share.give();
    CHECK(other.share.take());
    CHECK(all->used() == 3);
}

TEST_CASE("Whoever asked first is served first", "[pool]") {
    boost::asio::io_context context{1};
    const auto all = places(9, {1});
    holder a(context, all), b(context, all), c(context, all);
    CHECK(a.share.take());
    b.share.ask();
    c.share.ask();
    CHECK(b.granted() == 0);
    a.share.give();
    CHECK_FALSE(a.share.take());
    CHECK(b.granted() == 1);
    CHECK(b.told > 0);
    b.share.give();
    CHECK(c.granted() == 1);
    SECTION("unless it asks no more") {
        a.share.ask();
        b.share.ask();
        a.share.ask_no_more();
        c.share.give();
        CHECK(a.granted() == 0);
        CHECK(b.granted() == 1);
    }
    SECTION("and who waits for another server holds up nobody") {
        const auto two = places(9, {1, 1});
        holder full(context, two), waiting(context, two), elsewhere(context, two, 1);
        CHECK(full.share.take());
        waiting.share.ask();
        elsewhere.share.ask();
        CHECK(elsewhere.granted() == 1);
    }
}

TEST_CASE("Who has most is asked for the next, until all have about as many", "[pool]") {
    boost::asio::io_context context{1};
    const auto all = places(9, {4});
    holder a(context, all), b(context, all), c(context, all);
    for (int i = 0; i < 3; ++i) CHECK(a.share.take());
    CHECK(b.share.take());
    c.share.ask();
    CHECK(a.share.demand() == demand::next);
    CHECK(b.share.demand() == demand::unused);
    CHECK(a.granted() == 0);
    CHECK(a.told > 0);
    a.share.give();
    CHECK(c.granted() == 1);
    CHECK(a.share.demand() == demand::none);
    c.share.ask();  // 2, 1, 1: to have another one's place would help nobody
    CHECK(a.share.demand() == demand::unused);
    CHECK(b.share.demand() == demand::unused);
}

TEST_CASE("If there are too few places for all, the one served longest ago gives its own",
          "[pool]") {
    boost::asio::io_context context{1};
    const auto all = places(2, {9, 9});
    holder a(context, all), b(context, all, 1), c(context, all);
    a.share.ask();
    b.share.ask();
    CHECK(a.granted() + b.granted() == 2);
    c.share.ask();
    CHECK(a.share.demand() == demand::next);
    CHECK(b.share.demand() == demand::unused);
    a.share.give();
    CHECK(c.granted() == 1);
    a.share.ask();
    CHECK(b.share.demand() == demand::next);
    CHECK(c.share.demand() == demand::unused);
}

TEST_CASE("Whoever goes leaves its places, those not yet collected too", "[pool]") {
    boost::asio::io_context context{1};
    const auto all = places(1, {1});
    holder stays(context, all);
    {
        holder goes(context, all);
        goes.share.ask();
        stays.share.ask();
        CHECK(stays.granted() == 0);
    }
    CHECK(stays.granted() == 1);
    CHECK(all->used() == 1);
}

TEST_CASE("Places are never more than there are, whatever several threads do", "[pool]") {
    const auto all = places(3, {2, 2});
    std::atomic<int> in_use[2]{};
    std::atomic<bool> exceeded = false;
    std::atomic<int> served = 0;
    const auto use = [&](std::size_t server, unsigned seed) {
        std::mt19937 random(seed);
        boost::asio::io_context context{1};
        holder self(context, all, server);
        int mine = 0;
        for (int i = 0; i < 2000; ++i) {
            self.share.ask();
            const auto got = static_cast<int>(self.granted());
            mine += got;
            served += got;
            if ((in_use[server] += got) > 2) exceeded = true;
            const bool gives =
                mine > 0 && (self.share.demand() != demand::none || random() % 2 == 0);
            if (!gives) continue;
            --in_use[server];
            --mine;
            self.share.give();
        }
        in_use[server] -= mine;
        self.share.ask_no_more();
    };
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < 4; ++i) threads.emplace_back(use, i % 2, i);
    threads.clear();
    CHECK_FALSE(exceeded);
    CHECK(served > 100);
    CHECK(all->used() == 0);
}

namespace {

/// The pools of several workers on one thread, that share the places for one server.
struct sharing_pools {
    sharing_pools(std::size_t count, std::size_t connections_max)
        : all(places(connections_max, {connections_max})) {
        for (std::size_t i = 0; i < count; ++i) {
            pools.push_back(std::make_unique<pool::server_pool>(
                context.get_executor(), server.endpoint(),
                pool::pool_limits{.connections_max = connections_max}, blocks, state(), observer));
            pools.back()->share_places(all, 0, vectors);
        }
    }
    ~sharing_pools() {
        for (const auto& one : pools) one->shut_down();
        context.restart();
        context.poll();
        CHECK(observer.lends == observer.returns);
        CHECK(observer.opens == observer.closes);
        CHECK(observer.arrivals <= observer.departures);
        CHECK(all->used() == 0);
    }

    pool::shared_vector state(std::string_view time_zone = {}) {
        pool::session_vector made;
        if (!time_zone.empty()) made.set(*pool::find_variable("time_zone"), std::string(time_zone));
        return vectors.intern(std::move(made));
    }
    pool::task<pool::result<pool::lease>> borrow(std::size_t i, pool::shared_vector wanted) {
        co_return co_await pools[i]->borrow(app, wanted, pool::server_pool::clock::now() + patience,
                                            refusal);
    }
    pool::lease lend(std::size_t i) {
        auto got = run(context, borrow(i, state()));
        REQUIRE(got.has_value());
        return std::move(*got);
    }

    boost::asio::io_context context{1};
    fake_server server{context};
    pool::block_pool blocks{1024};
    pool::vector_interner vectors{};
    counting_observer observer{};
    pool::backend_account app{"app", "secret"};
    pool::server_refusal refusal{};
    std::shared_ptr<pool::connection_places> all;
    std::vector<std::unique_ptr<pool::server_pool>> pools{};
};

}  // namespace

TEST_CASE("A pool without connections gets one that another does not use", "[pool]") {
    sharing_pools f(2, 1);
    pool::lease loan = f.lend(0);
    const auto key =
        std::make_shared<const pool::prepared_text>(pool::prepared_text{"SELECT 1", f.state()});
    REQUIRE(run(f.context, loan->make_ready(key, f.vectors, f.refusal)).has_value());
    REQUIRE(run(f.context, loan->synchronise(f.state("+01:00"), f.refusal)).has_value());
    loan.give_back();

    pool::lease other = f.lend(1);
    CHECK(f.server.accepted == 1);
    CHECK(f.observer.arrivals == 1);
    CHECK(f.pools[0]->open() == 0);
    CHECK(f.pools[1]->open() == 1);
    CHECK(other->state() == f.state("+01:00"));
    CHECK(other->prepared.size() == 0);
    REQUIRE(run(f.context, other->synchronise(f.state(), f.refusal)).has_value());
    CHECK(f.server.heard == std::vector<std::string>{"prepare SELECT 1",
                                                     "SET SESSION time_zone='+01:00'", "close 1",
                                                     "SET SESSION time_zone='SYSTEM'"});
    other.give_back();
}

TEST_CASE("A connection that is lost on its way is opened anew", "[pool]") {
    sharing_pools f(2, 1);
    f.lend(0).give_back();
    f.server.hang_up();
    f.lend(1).give_back();
    CHECK(f.server.accepted == 2);
}

TEST_CASE("A pool gets the connection that another's session comes back with", "[pool]") {
    sharing_pools f(2, 1);
    pool::lease loan = f.lend(0);
    const auto other = start(f.context, f.borrow(1, f.state()));
    const auto own = start(f.context, f.borrow(0, f.state()));
    REQUIRE(run_until(f.context,
                      [&] { return f.pools[0]->waiting() == 1 && f.pools[1]->waiting() == 1; }));
    loan.give_back();
    // Whoever gets it first, the other gets it then.
    const auto has = [](const auto& asked) { return asked->has_value(); };
    REQUIRE(run_until(f.context, [&] { return has(own) || has(other); }));
    const auto& first = has(own) ? own : other;
    const auto& second = has(own) ? other : own;
    REQUIRE((*first)->has_value());
    (**first)->give_back();
    REQUIRE(run_until(f.context, [&] { return has(second); }));
    REQUIRE((*second)->has_value());
    (**second)->give_back();
    CHECK(f.server.accepted == 1);
}

TEST_CASE("Pools with more sessions than places take turns, and nobody is left behind", "[pool]") {
    const std::size_t limit = GENERATE(1u, 2u, 3u);
    const bool faults = GENERATE(false, true);
    CAPTURE(limit, faults);
    sharing_pools f(3, limit);
    std::mt19937 random(7);
    std::size_t served[3]{};
    bool within_limit = true;
    const auto visit = [&](std::size_t i, int visits) -> pool::task<bool> {
        boost::asio::steady_timer pause(f.context);
        for (int n = 0; n < visits; ++n) {
            auto got = co_await f.borrow(i, f.state(random() % 2 == 0 ? "" : "+01:00"));
            if (!got) continue;
            ++served[i];
            pause.expires_after(std::chrono::microseconds(random() % 500));
            co_await pause.async_wait(pool::awaited);
            if (faults && random() % 20 == 0) f.server.hang_up_last();
            if (random() % 20 == 0)
                got->reset(f.vectors);
            else if (random() % 10 != 0)
                got->give_back();
        }
        co_return true;
    };
    std::vector<pending<bool>> running;
    for (std::size_t i = 0; i < 12; ++i) running.push_back(start(f.context, visit(i % 3, 30)));
    REQUIRE(run_until(f.context, [&] {
        std::size_t open = 0;
        for (const auto& one : f.pools) open += one->open();
        within_limit = within_limit && open <= limit;
        return std::ranges::all_of(running, [](const auto& one) { return one->has_value(); });
    }));
    CHECK(within_limit);
    if (faults) return;
    for (const std::size_t one : served) CHECK(one == 120);
}
