#include "pool/task.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>

#include "tests/pool/pool_fixture.hpp"

using namespace pool_test;

namespace {

pool::task<std::string> later(boost::asio::io_context& context, std::string value) {
    boost::asio::steady_timer pause(context, std::chrono::microseconds(1));
    auto [failed] = co_await pause.async_wait(pool::awaited);
    co_return failed ? "cut short" : value;
}

pool::task<std::string> at_once(std::string value) {
    return value;
}

pool::task<std::string> both(boost::asio::io_context& context) {
    const std::string first = co_await at_once("salt");
    const std::string second = co_await later(context, "water");
    co_return first + second;
}

pool::task<int> fail() {
    throw std::runtime_error("no");
    co_return 1;
}

pool::task<bool> notice_failure() {
    try {
        co_await fail();
    } catch (const std::runtime_error& seen) {
        co_return std::string(seen.what()) == "no";
    }
    co_return false;
}

pool::task<int> one() {
    co_return 1;
}

pool::task<int> count_to(int end) {
    int sum = 0;
    while (sum < end) sum += co_await one();
    co_return sum;
}

/// As an operation of Asio for which there is no memory left.
pool::task<bool> notice_that_it_cannot_begin() {
    try {
        co_await boost::asio::async_initiate<const pool::awaited_t, void(int)>(
            [](auto handler) {
                const auto lost = std::move(handler);
                throw std::bad_alloc();
            },
            pool::awaited);
    } catch (const std::bad_alloc&) {
        co_return true;
    }
    co_return false;
}

/// Says when its frame is gone.
struct guard {
    explicit guard(bool& told) : gone(&told) {}
    ~guard() { *gone = true; }
    guard(const guard&) = delete;
    guard& operator=(const guard&) = delete;
    bool* gone;
};

pool::task<> wait_for_ever(boost::asio::io_context& context, bool& inner_gone) {
    const guard inner(inner_gone);
    boost::asio::steady_timer timer(context, std::chrono::hours(1));
    auto [ended] = co_await timer.async_wait(pool::awaited);
    (void)ended;
}

pool::task<> wait_within(boost::asio::io_context& context, bool& inner_gone, bool& outer_gone) {
    const guard outer(outer_gone);
    co_await wait_for_ever(context, inner_gone);
}

}  // namespace

TEST_CASE("A task gives what it awaited, at once or later", "[pool]") {
    boost::asio::io_context context;
    CHECK(run(context, both(context)) == "saltwater");
}

TEST_CASE("What a task throws reaches whoever awaits it", "[pool]") {
    boost::asio::io_context context;
    CHECK(run(context, notice_failure()));
}

TEST_CASE("An operation that cannot begin throws in whoever awaits it", "[pool]") {
    boost::asio::io_context context;
    CHECK(run(context, notice_that_it_cannot_begin()));
}

TEST_CASE("Tasks that end at once do not fill the stack", "[pool]") {
    boost::asio::io_context context;
    CHECK(run(context, count_to(1'000'000)) == 1'000'000);
}

TEST_CASE("A task that nobody has awaited leaves nothing behind", "[pool]") {
    boost::asio::io_context context;
    bool inner = false;
    {
        const pool::task<> unused = wait_for_ever(context, inner);
    }
    CHECK_FALSE(inner);  // it has not begun
}

TEST_CASE("Tasks end with the event loop that they wait in, the outermost too", "[pool]") {
    bool inner_gone = false;
    bool outer_gone = false;
    auto context = std::make_unique<boost::asio::io_context>();
    pool::spawn(*context, wait_within(*context, inner_gone, outer_gone));
    SECTION("while they wait") {
        context->poll();
        REQUIRE_FALSE(outer_gone);
        context.reset();
        CHECK(inner_gone);
        CHECK(outer_gone);
    }
    SECTION("before they have begun") {
        context.reset();
        CHECK_FALSE(outer_gone);
    }
}
