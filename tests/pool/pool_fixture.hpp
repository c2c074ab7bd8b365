#pragma once

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "pool/server_pool.hpp"
#include "pool/task.hpp"
#include "tests/pool/fake_server.hpp"

namespace pool_test {

using namespace std::chrono_literals;

constexpr auto patience = 20s;  // for what must happen; generous, for loaded machines

/// The value of a coroutine that has been started and may end later.
template <class T>
using pending = std::shared_ptr<std::optional<T>>;

template <class T>
pool::task<> keep_value(pool::task<T> what, pending<T> value) {
    value->emplace(co_await what);
}
template <class T>
pending<T> start(boost::asio::io_context& context, pool::task<T> what) {
    auto value = std::make_shared<std::optional<T>>();
    pool::spawn(context, keep_value(std::move(what), value));
    return value;
}

/// Runs the context until the condition holds.
template <class Condition>
bool run_until(boost::asio::io_context& context, Condition condition) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!condition() && std::chrono::steady_clock::now() < end) {
        context.restart();
        context.run_one_for(100ms);
    }
    return condition();
}

template <class T>
T run(boost::asio::io_context& context, pool::task<T> what) {
    const pending<T> value = start(context, std::move(what));
    REQUIRE(run_until(context, [&] { return value->has_value(); }));
    return std::move(**value);
}

/// Counts as the metrics do.
class counting_observer final : public pool::pool_observer {
public:
    void opened(bool success) override { ++(success ? opens : failures); }
    void closed() override { ++closes; }
    void lent(std::chrono::microseconds, bool had_to_wait) override {
        ++lends;
        if (had_to_wait) ++waits;
    }
    void taken_back() override { ++returns; }
    void wait_timed_out() override { ++timeouts; }
    void line_was_full() override { ++refusals; }
    void reset(bool success) override { ++(success ? resets : failed_resets); }
    void retired() override { ++retirements; }
    void departed() override { ++departures; }
    void arrived() override { ++arrivals; }

    std::size_t opens = 0, failures = 0, closes = 0, lends = 0, waits = 0, returns = 0,
                timeouts = 0, refusals = 0, resets = 0, failed_resets = 0, retirements = 0,
                departures = 0, arrivals = 0;
};

/// A pool of one worker and its server.
class pool_fixture {
public:
    explicit pool_fixture(pool::pool_limits limits = {.connections_max = 2}) : limits_(limits) {}
    ~pool_fixture() {
        pool.shut_down();
        context.restart();
        context.poll();
        CHECK(observer.lends == observer.returns);
        CHECK(observer.opens == observer.closes);
        CHECK(pool.open() == 0);
        CHECK(pool.waiting() == 0);
    }

    pool::shared_vector state(std::string_view schema = {}, std::string_view time_zone = {}) {
        pool::session_vector made;
        made.use_schema(schema);
        if (!time_zone.empty()) made.set(*pool::find_variable("time_zone"), std::string(time_zone));
        return vectors.intern(std::move(made));
    }

    using loan = pool::result<pool::lease>;

    pending<loan> ask(const pool::backend_account& who, pool::shared_vector wanted,
                      std::chrono::milliseconds within = patience) {
        return start(context, borrow(who, std::move(wanted), within));
    }
    loan get(const pool::backend_account& who, pool::shared_vector wanted,
             std::chrono::milliseconds within = patience) {
        return run(context, borrow(who, std::move(wanted), within));
    }
    loan get() { return get(app, state()); }
    /// A loan that must be had.
    pool::lease lend(pool::shared_vector wanted) {
        loan got = get(app, std::move(wanted));
        REQUIRE(got.has_value());
        return std::move(*got);
    }
    pool::lease lend() { return lend(state()); }

    /// Prepares a text on the connection, if it has not, in the state `written_in`.
    pool::result<void> prepare(pool::backend_connection& connection, const std::string& text,
                               pool::shared_vector written_in) {
        const auto key = std::make_shared<const pool::prepared_text>(
            pool::prepared_text{text, std::move(written_in)});
        return run(context, connection.make_ready(key, vectors, refusal));
    }
    pool::result<void> prepare(pool::backend_connection& connection, const std::string& text) {
        return prepare(connection, text, state());
    }

    bool settled(const pending<loan>& asked) {
        return run_until(context, [&] { return asked->has_value(); });
    }

private:
    pool::task<loan> borrow(const pool::backend_account& who, pool::shared_vector wanted,
                            std::chrono::milliseconds within) {
        co_return co_await pool.borrow(who, wanted, pool::server_pool::clock::now() + within,
                                       refusal);
    }
    pool::pool_limits limits_;

public:
    boost::asio::io_context context{1};
    fake_server server{context};
    pool::block_pool blocks{1024};
    pool::vector_interner vectors{};
    counting_observer observer{};
    pool::server_pool pool{
        context.get_executor(), server.endpoint(), limits_, blocks, state(), observer};
    pool::backend_account app{"app", "secret"};
    pool::backend_account other{"other", "secret"};
    pool::server_refusal refusal{};
};

}  // namespace pool_test
