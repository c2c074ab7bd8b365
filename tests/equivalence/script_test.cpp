#include "tests/equivalence/script.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "protocol/capabilities.hpp"
#include "tests/equivalence/generator.hpp"
#include "tests/equivalence/known_differences.hpp"

using namespace equivalence;

TEST_CASE("A script is the same after it has been written down and read", "[equivalence]") {
    const auto seed = GENERATE(range(1u, 20u));
    CAPTURE(seed);
    const script whole = generate(seed, {.steps = 200});
    CHECK(parse_script(to_text(whole)) == whole);
}

TEST_CASE("A script's text is one printable line a step", "[equivalence]") {
    const step one{.session = "A", .what = action::query, .text = "SELECT '\n\xe4%'"};
    CHECK(to_text(one) == "A query SELECT '%0a%e4%25'");
}

TEST_CASE("Lines that begin with a hash sign, and empty ones, are for the reader",
          "[equivalence]") {
    CHECK(parse_script("# a word\n\nA ping\n") == script{{.session = "A", .what = action::ping}});
}

TEST_CASE("A script that cannot be read names the line", "[equivalence]") {
    for (const char* const bad : {"A ping\nA dance\n", "A ping\nA query %\n", "A ping\nA fetch s x",
                                  "A ping\nA connect flags=none", "A ping\nA execute s length=3"}) {
        CAPTURE(bad);
        CHECK_THROWS_WITH(parse_script(bad), Catch::StartsWith("line 2: "));
    }
}

TEST_CASE("A seed always gives the same script, another seed another one", "[equivalence]") {
    CHECK(generate(7, {.steps = 100}) == generate(7, {.steps = 100}));
    CHECK(generate(7, {.steps = 100}) != generate(8, {.steps = 100}));
}

TEST_CASE("The first scripts have every action and every client flag, set and not set",
          "[equivalence]") {
    std::set<action> actions;
    std::uint32_t set = 0, not_set = 0;
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        for (const step& one : generate(seed, {.steps = 400})) {
            actions.insert(one.what);
            if (one.what != action::connect) continue;
            set |= one.to.capabilities;
            not_set |= ~one.to.capabilities;
        }
    }
    CHECK(actions.size() == static_cast<std::size_t>(action::kill_query) + 1);
    for (const flag_name& known : flag_names()) {
        CAPTURE(known.name);
        CHECK((set & known.flag) != 0);
        CHECK((not_set & known.flag) != 0);
    }
}

TEST_CASE("No step is generated that may show a known difference", "[equivalence]") {
    history before;
    for (const step& one : generate(3, {.steps = 1000})) {
        CAPTURE(to_text(one));
        CHECK(known(before, one) == nullptr);
        before.add(one);
    }
}
