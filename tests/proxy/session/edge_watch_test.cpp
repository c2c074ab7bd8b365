#include "proxy/edge_watch.hpp"

#include <catch2/catch.hpp>

#include "tests/pool/pool_fixture.hpp"

using namespace pool_test;

namespace {

constexpr auto source = "3e11fa47-71ca-11e1-9e33-c80aa9429562:";

protocol::gtid_set gtids(const std::string& numbers) {
    return *protocol::gtid_set::parse(source + numbers);
}

struct fixture {
    boost::asio::io_context context{1};
    proxy::edge_watch watch{context.get_executor()};

    pending<bool> wait(std::size_t edge, const protocol::gtid_set& needed,
                       std::chrono::milliseconds within = patience) {
        const auto waiting =
            start(context, watch.wait(edge, needed, std::chrono::steady_clock::now() + within));
        context.restart();
        context.poll();  // up to where it waits
        return waiting;
    }
    bool is_over(const pending<bool>& waiting) {
        context.restart();
        context.poll();
        return waiting->has_value();
    }
};

}  // namespace

TEST_CASE("A wait ends when the edge has what is needed, and not before", "[proxy]") {
    fixture f;
    const auto needed = gtids("1-5");
    const auto waiting = f.wait(0, needed);
    f.watch.advance(0, gtids("1-4"));
    CHECK_FALSE(f.is_over(waiting));
    f.watch.advance(0, gtids("2-9"));
    CHECK_FALSE(f.is_over(waiting));
    f.watch.advance(0, gtids("1-9"));
    REQUIRE(f.is_over(waiting));
    CHECK(**waiting);
}

TEST_CASE("Only those are woken whose edge and GTIDs have come", "[proxy]") {
    fixture f;
    const auto early = gtids("1"), late = gtids("9");
    const auto here = f.wait(0, early);
    const auto here_late = f.wait(0, late);
    const auto elsewhere = f.wait(1, early);
    f.watch.advance(0, gtids("1-5"));
    CHECK(f.is_over(here));
    CHECK_FALSE(f.is_over(here_late));
    CHECK_FALSE(f.is_over(elsewhere));
    f.watch.give_up(1);
    REQUIRE(f.is_over(elsewhere));
    CHECK_FALSE(**elsewhere);
    CHECK_FALSE(f.is_over(here_late));
    f.watch.give_up(0);
    REQUIRE(f.is_over(here_late));
    CHECK_FALSE(**here_late);
}

TEST_CASE("A wait ends at its deadline", "[proxy]") {
    fixture f;
    const auto needed = gtids("1");
    const auto waiting = f.wait(0, needed, 10ms);
    REQUIRE(run_until(f.context, [&] { return waiting->has_value(); }));
    CHECK_FALSE(**waiting);
    f.watch.advance(0, needed);  // nobody is there any more
}

TEST_CASE("An edge that arrives and goes at once counts as arrived", "[proxy]") {
    fixture f;
    const auto needed = gtids("1");
    const auto waiting = f.wait(0, needed);
    f.watch.advance(0, needed);
    f.watch.give_up(0);
    REQUIRE(f.is_over(waiting));
    CHECK(**waiting);
}

TEST_CASE("A thousand waits end with one advance", "[proxy]") {
    fixture f;
    const auto needed = gtids("1");
    std::vector<pending<bool>> all;
    for (int i = 0; i < 1000; ++i) all.push_back(f.wait(0, needed));
    f.watch.advance(0, gtids("1-2"));
    for (const auto& waiting : all) {
        REQUIRE(f.is_over(waiting));
        CHECK(**waiting);
    }
}
