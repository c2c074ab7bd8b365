#include "rules/hint.hpp"

#include <catch2/catch.hpp>
#include <string>

using rules::hint;
using rules::hints_of;

TEST_CASE("Settings are read from the comments before a statement", "[hint]") {
    CHECK(hints_of("/* tidegate: consistency=strong wait=50ms */ select 1") ==
          std::vector<hint>{{"consistency", "strong"}, {"wait", "50ms"}});
    CHECK(hints_of(" /* app:x */ /*tidegate:a=\"b c\" d=*/select 1") ==
          std::vector<hint>{{"a", "b c"}, {"d", ""}});
}

TEST_CASE("A comment elsewhere or of another kind is no hint", "[hint]") {
    for (const auto text : {"select /* tidegate: a=b */ 1", "/* tidegate a=b */ select 1",
                            "/*! tidegate: a=b */ select 1", "/* tidegate: a=b",
                            "/*!80000 */ /* tidegate: a=b */", "-- tidegate: a=b\nselect 1", ""})
        CHECK(hints_of(text).empty());
}

TEST_CASE("A malformed hint gives the settings before the fault", "[hint]") {
    CHECK(hints_of("/* tidegate: a=b c d=e */ select 1") == std::vector<hint>{{"a", "b"}});
    CHECK(hints_of("/* tidegate: a=b c=\"d */ select 1") == std::vector<hint>{{"a", "b"}});
}

TEST_CASE("Settings beyond the sixteenth are ignored", "[hint]") {
    std::string text = "/* tidegate:";
    for (int i = 0; i < 40; ++i) text += " a=b";
    CHECK(hints_of(text + " */ select 1").size() == 16);
}
