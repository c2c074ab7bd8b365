#include "rules/statement_history.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;

namespace {

constexpr auto soon = 20ms;

rules::statement_history quick_one() {
    rules::statement_history history;
    for (std::uint32_t i = 0; i < rules::statement_history::samples_min; ++i)
        history.add(1ms, soon);
    return history;
}

}  // namespace

TEST_CASE("Nothing is said of a digest before it has been seen a few times", "[rules]") {
    rules::statement_history history;
    for (std::uint32_t i = 0; i < rules::statement_history::samples_min; ++i) {
        CHECK_FALSE(history.is_short(soon));
        history.add(1ms, soon);
    }
    CHECK(history.is_short(soon));
}

TEST_CASE("A digest that was slow is short again after many that were not", "[rules]") {
    rules::statement_history history = quick_one();
    SECTION("slow as the answer told") {
        history.add(21ms, soon);
    }
    SECTION("slow before it was answered") {
        history.note_slow();
    }
    for (std::uint32_t i = 0; i < rules::statement_history::short_after_slow; ++i) {
        CHECK_FALSE(history.is_short(soon));
        history.add(1ms, soon);
    }
    CHECK(history.is_short(soon));
}

TEST_CASE("A digest that is always nearly slow is short, and one with long answers never",
          "[rules]") {
    rules::statement_history history = quick_one();
    for (int i = 0; i < 100; ++i) history.add(19ms, soon);
    CHECK(history.is_short(soon));
    CHECK_FALSE(history.is_short(18ms));
    history.note_long_answer();
    CHECK_FALSE(history.is_short(soon));
}
