// What a statement makes or ends by name: temporary tables, handlers, locks, prepared texts.
#include "rules/targets.hpp"

#include <catch2/catch.hpp>

#include "rules/analyze.hpp"
#include "rules/lock_calls.hpp"
#include "rules/prepared_text.hpp"

namespace {

std::vector<rules::table_name> targets(const char* text) {
    return rules::analyze(text, {}).front().targets;
}

}  // namespace

TEST_CASE("Temporary tables are told exactly as spelled", "[rules]") {
    using names = std::vector<rules::table_name>;
    CHECK(targets("CREATE TEMPORARY TABLE IF NOT EXISTS S.`a``B` LIKE c") == names{{"S", "a`B"}});
    CHECK(targets("create temporary table x select * from y") == names{{"", "x"}});
    CHECK(targets("DROP TABLES IF EXISTS a, S.b, c CASCADE") ==
          names{{"", "a"}, {"S", "b"}, {"", "c"}});
    CHECK(targets("DROP TEMPORARY TABLE x") == names{{"", "x"}});
    CHECK(targets("CREATE TABLE x (a INT)").empty());
    CHECK(targets("DROP VIEW x").empty());
    // Statements of one digest have one list, and keywords of any case are one digest.
    CHECK(targets("DROP TABLE a, Status, b") == names{{"", "a"}});
}

TEST_CASE("A handler's name is its alias, or the table's", "[rules]") {
    const auto subject = [](const char* text) { return rules::analyze(text, {}).front().subject; };
    CHECK(subject("HANDLER T OPEN") == "t");
    CHECK(subject("HANDLER s.T OPEN") == "t");
    CHECK(subject("HANDLER s.t OPEN AS Other") == "other");
    CHECK(subject("HANDLER t OPEN o") == "o");
    CHECK(subject("HANDLER O CLOSE") == "o");
}

TEST_CASE("Calls that take and release locks are found with their names", "[rules]") {
    using kind = rules::lock_call::kind;
    const auto calls = rules::lock_calls(
        "SELECT GET_LOCK('a''b', 1), get_lock(@x, 1), RELEASE_LOCK(\"c\"), `get_lock`(CONCAT('a'), "
        "1), RELEASE_ALL_LOCKS(), get_lock('a' 'b', 1), 'GET_LOCK'",
        {});
    REQUIRE(calls.size() == 6);
    CHECK(calls[0].name == "'a''b'");
    CHECK(calls[1].name.empty());
    CHECK(calls[2].what == kind::release);
    CHECK(calls[2].name == "\"c\"");
    CHECK(calls[3].what == kind::take);
    CHECK(calls[3].name.empty());
    CHECK(calls[4].what == kind::release_all);
    CHECK(calls[5].name.empty());
}

TEST_CASE("The text that PREPARE prepares", "[rules]") {
    CHECK(rules::prepared_text("PREPARE s FROM 'SELECT ''x'''", {}) == "SELECT 'x'");
    CHECK(rules::prepared_text("prepare `s` from \"SELECT 1\";", {}) == "SELECT 1");
    CHECK_FALSE(rules::prepared_text("PREPARE s FROM @x", {}));
    CHECK_FALSE(rules::prepared_text("SELECT 1", {}));
}
