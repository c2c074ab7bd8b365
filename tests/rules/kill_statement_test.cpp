#include "rules/kill_statement.hpp"

#include <catch2/catch.hpp>

using rules::read_kill;

TEST_CASE("KILL names a connection or its query", "[rules]") {
    CHECK(read_kill("KILL 5", {})->id == 5);
    CHECK_FALSE(read_kill("KILL 5", {})->query_only);
    CHECK(read_kill("/* c */ kill connection 5 ;", {})->id == 5);
    CHECK(read_kill("Kill Query 1073741824", {})->id == 1073741824);
    CHECK(read_kill("Kill Query 1073741824", {})->query_only);
}

TEST_CASE("KILL of an expression is told as it was written", "[rules]") {
    const auto found = read_kill("KILL QUERY CONNECTION_ID() + @x;", {});
    REQUIRE(found);
    CHECK(found->query_only);
    CHECK_FALSE(found->id);
    CHECK(found->expression == "CONNECTION_ID() + @x");
    CHECK_FALSE(read_kill("KILL 99999999999999999999999", {})->id);
    CHECK_FALSE(read_kill("KILL CONNECTION_ID()", {})->query_only);
}

TEST_CASE("What is no KILL, or more than one, is nothing", "[rules]") {
    const char* text = GENERATE("", "KILL", "KILL QUERY", "KILL ;", "SELECT 1", "KILL 5; SELECT 1");
    CAPTURE(text);
    CHECK_FALSE(read_kill(text, {}));
}
