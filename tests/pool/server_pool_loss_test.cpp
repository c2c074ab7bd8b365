// Servers that go away, refuse, or say what they should not.
#include <catch2/catch.hpp>

#include "pool/server_pool.hpp"
#include "tests/pool/pool_fixture.hpp"

using namespace pool_test;

TEST_CASE("A refused account is told in the server's words", "[pool]") {
    pool_fixture f;
    f.server.password = "another";
    const auto refused = f.get();
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error() == pool::errc::login_denied);
    CHECK(f.refusal.code == 1045);
    CHECK(f.refusal.sqlstate == "28000");
    CHECK(f.refusal.message.find("Access denied for user 'app'") != std::string::npos);
    CHECK(f.pool.open() == 0);
}

TEST_CASE("A server that nobody listens at cannot be reached", "[pool]") {
    pool_fixture f;
    f.server.stop_listening();
    const auto failed = f.get();
    REQUIRE_FALSE(failed.has_value());
    CHECK(failed.error() == pool::errc::connect_failed);
    CHECK(f.observer.failures == 1);
}

TEST_CASE("A server that hangs up in the middle of a login cannot be reached", "[pool]") {
    pool_fixture f;
    f.server.greeting_bytes = std::string("\x4a\x00\x00\x00\x0a", 5);
    const auto failed = f.get();
    REQUIRE_FALSE(failed.has_value());
    CHECK(failed.error() == pool::errc::connect_failed);
    CHECK(f.pool.open() == 0);
}

TEST_CASE("What is no greeting is a bad answer", "[pool]") {
    pool_fixture f;
    for (const std::string& bytes :
         {std::string("HTTP/1.1 400 Bad Request\r\n\r\n"), std::string(100, '\0'),
          std::string("\x05\x00\x00\x00\x0a 9.7", 9), std::string(2000, '\xff')}) {
        CAPTURE(bytes);
        f.server.greeting_bytes = bytes;
        const auto failed = f.get();
        REQUIRE_FALSE(failed.has_value());
        const bool expected = failed.error() == pool::errc::bad_answer ||
                              failed.error() == pool::errc::connect_failed;
        CHECK(expected);
    }
    CHECK(f.pool.open() == 0);
}

TEST_CASE("A free connection that the server has closed is not lent", "[pool]") {
    pool_fixture f({.connections_max = 2, .trust_idle = 0ms});
    f.lend().give_back();
    SECTION("silently") {
        f.server.hang_up();
    }
    SECTION("with a last word") {
        f.server.blurt("\x01");
    }
    REQUIRE(run_until(f.context, [&] {
        pool::lease loan = f.lend();
        loan.give_back();
        return f.server.accepted == 2;
    }));
    CHECK(f.pool.open() == 1);
}

TEST_CASE("After a loan was lost, the free connections are looked at before they are lent",
          "[pool]") {
    pool_fixture f({.connections_max = 2, .trust_idle = 1h});
    pool::lease one = f.lend();
    pool::lease two = f.lend();
    two.give_back();
    f.server.hang_up();
    const auto read = run(f.context, one->receive());
    REQUIRE(read.error() == pool::errc::lost);
    one.discard();
    CHECK_FALSE(f.pool.borrow_now(f.app, f.state()));
    pool::lease fresh = f.lend();
    CHECK(f.server.accepted == 3);
    fresh.give_back();
    CHECK(f.pool.borrow_now(f.app, f.state()));
}

TEST_CASE("A loan that is dropped closes its connection", "[pool]") {
    pool_fixture f;
    {
        const pool::lease dropped = f.lend();
    }
    CHECK(f.pool.open() == 0);
    CHECK(f.observer.closes == 1);
    pool::lease one = f.lend();
    pool::lease two = f.lend();
    one = std::move(two);  // what it held is closed
    CHECK(f.pool.open() == 1);
    one.give_back();
}

TEST_CASE("After its connections were dropped, a pool opens new ones", "[pool]") {
    pool_fixture f({.connections_max = 2, .trust_idle = 1h});
    pool::lease one = f.lend();
    f.lend().give_back();
    f.pool.drop_connections();
    CHECK(f.pool.open() == 1);  // the loan's, of no use any more
    one.give_back();
    CHECK(f.pool.open() == 0);
    pool::lease fresh = f.lend();
    CHECK(run(f.context, fresh->ask(protocol::command::query, "SELECT 1")).has_value());
    fresh.give_back();
    CHECK(f.server.accepted == 3);
}
