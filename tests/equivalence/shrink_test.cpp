#include "tests/equivalence/shrink.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/equivalence/generator.hpp"

using namespace equivalence;

namespace {

bool has(const script& whole, const std::string& line) {
    return std::any_of(whole.begin(), whole.end(),
                       [&](const step& one) { return to_text(one) == line; });
}

}  // namespace

TEST_CASE("A script shrinks to the steps that its failure needs", "[equivalence]") {
    script whole = generate(5, {.steps = 300});
    whole.insert(whole.begin() + 40, step{.session = "C", .what = action::query, .text = "first"});
    whole.insert(whole.begin() + 200,
                 step{.session = "A", .what = action::query, .text = "second"});
    std::size_t runs = 0;
    const auto fails = [&](const script& candidate) {
        ++runs;
        return has(candidate, "C query first") && has(candidate, "A query second");
    };
    CHECK(to_text(shrink(whole, fails, 400)) == "C query first\nA query second\n");
    CHECK(runs < 200);
}

TEST_CASE("Statements that a failure does not need are left out of a query", "[equivalence]") {
    const script whole = parse_script("A query SELECT 1; SELECT 2; SELECT 3\n");
    const auto fails = [](const script& candidate) {
        return candidate[0].text.find("SELECT 2") != std::string::npos;
    };
    CHECK(to_text(shrink(whole, fails, 100)) == "A query SELECT 2\n");
}

TEST_CASE("Shrinking ends after so many runs", "[equivalence]") {
    const script whole = generate(5, {.steps = 300});
    std::size_t runs = 0;
    const auto never = [&](const script&) { return ++runs, false; };
    CHECK(shrink(whole, never, 10) == whole);
    CHECK(runs == 10);
}
