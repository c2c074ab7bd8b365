#include "replicator/reconnect_policy.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using replicator::errc;
using replicator::reconnect_policy;
using action = reconnect_policy::action;

namespace {

// Fails until the policy waits, and lets the wait pass; returns how long it was.
std::chrono::milliseconds fail_and_wait(reconnect_policy& policy, errc why = errc::source_lost) {
    policy.failed(why);
    REQUIRE(policy.next() == action::wait);
    const auto delay = policy.delay();
    policy.succeeded();
    return delay;
}

}  // namespace

TEST_CASE("A lost server is tried again after a delay that doubles up to its maximum", "[policy]") {
    reconnect_policy policy(100ms, 1000ms);
    for (const auto delay : {100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms}) {
        CHECK(policy.next() == action::connect);
        CHECK(fail_and_wait(policy) == delay);
    }
}

TEST_CASE("A connection that has streamed starts the delay over", "[policy]") {
    reconnect_policy policy(100ms, 1000ms);
    fail_and_wait(policy);
    fail_and_wait(policy);
    policy.succeeded();
    CHECK(policy.next() == action::follow);
    policy.failed(errc::edge_lost);  // before anything came
    CHECK(policy.delay() == 400ms);
    policy.succeeded();
    policy.succeeded();
    policy.succeeded();  // events have come
    CHECK(policy.next() == action::follow);
    CHECK(fail_and_wait(policy) == 100ms);
}

TEST_CASE("A changed table is copied at once, and again later if that fails", "[policy]") {
    reconnect_policy policy(100ms, 1000ms);
    policy.succeeded();
    policy.failed(errc::table_changed);
    CHECK(policy.next() == action::copy);
    CHECK(fail_and_wait(policy, errc::table_changed) == 100ms);
    CHECK(policy.next() == action::copy);
    CHECK(fail_and_wait(policy, errc::edge_lost) == 200ms);
    CHECK(policy.next() == action::copy);
    policy.succeeded();
    CHECK(policy.next() == action::follow);
}

TEST_CASE("What a person may put right is looked at now and then", "[policy]") {
    reconnect_policy policy(100ms, 1000ms);
    CHECK(fail_and_wait(policy, errc::source_unfit) == 1000ms);
    CHECK(policy.next() == action::connect);
    CHECK(fail_and_wait(policy, errc::source_lost) == 100ms);
}

TEST_CASE("What only a person can decide is not tried again", "[policy]") {
    for (const auto why : {errc::edge_differs, errc::history_purged, errc::source_behind,
                           errc::unsupported_event, errc::edge_refused}) {
        reconnect_policy policy(100ms, 1000ms);
        policy.failed(why);
        CHECK(policy.next() == action::rest);
        policy.failed(errc::stop_requested);
        CHECK(policy.next() == action::over);
    }
}

TEST_CASE("Every state ends when it is told to", "[policy]") {
    reconnect_policy policy(100ms, 1000ms);
    policy.failed(errc::source_lost);
    policy.failed(errc::stop_requested);
    CHECK(policy.next() == action::over);
    policy.failed(errc::source_lost);
    CHECK(policy.next() == action::over);
}
