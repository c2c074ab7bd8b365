#include "tests/equivalence/comparison.hpp"

#include <catch2/catch.hpp>

#include "tests/support/mysql_server.hpp"

using namespace equivalence;

namespace {

support::mysql_server& plain() {
    static support::mysql_server server;
    return server;
}

// Another server in no way but the ones that a test looks for.
support::mysql_server& other() {
    static support::mysql_server server({.arguments = {"--div-precision-increment=5"}});
    return server;
}

constexpr const char* all_actions =
    "A connect user=app collation=255 flags=session_track,deprecate_eof,multi_statements\n"
    "B connect user=app collation=8 flags=multi_results,ps_multi_results\n"
    "A query SELECT 1 AS one, 'text', NULL; SELECT 2\n"
    "B query SELECT @@character_set_client, 'a' UNION SELECT 'b', 'c'\n"
    "A prepare s1 SELECT ? + 1, ?, ?\n"
    "A execute s1 int=5 text=some%20words null\n"
    "A long_data s1 1 a long\n"
    "A long_data s1 1  story\n"
    "A execute s1 cursor double=1.5 long_data datetime=2026-01-31%2012:30:59\n"
    "A fetch s1 1\n"
    "A fetch s1 1\n"
    "A reset_statement s1\n"
    "A close_statement s1\n"
    "A execute s1 null null null\n"
    "B prepare s1 SELECT * FROM no.where WHERE id = ?\n"
    "B init_db mysql\n"
    "B field_list user\n"
    "B statistics\n"
    "B ping\n"
    "B set_option 0\n"
    "B query SET NAMES latin1; SELECT 'a'\n"
    "B change_user user=app schema=mysql collation=255 flags=\n"
    "B query SELECT DATABASE()\n"
    "A reset_connection\n"
    "A query no statement\n";

}  // namespace

TEST_CASE("A script means the same on one server as on the same server", "[equivalence]") {
    const script whole = parse_script(all_actions);
    const auto found = compare(whole, plain().port(), plain().port());
    CAPTURE(found ? describe(*found, whole) : "");
    CHECK(!found);
}

TEST_CASE("A difference is found at the first step that shows it", "[equivalence]") {
    script whole = parse_script(all_actions);
    CHECK(!compare(whole, plain().port(), other().port()));
    whole.push_back({.session = "A", .what = action::query, .text = "SELECT 1 / 3"});
    whole.push_back({.session = "A", .what = action::ping});
    const auto found = compare(whole, plain().port(), other().port());
    REQUIRE(found);
    CHECK(found->at + 2 == whole.size());
    CHECK_THAT(describe(*found, whole), Catch::Contains("A query SELECT 1 / 3") &&
                                            Catch::Contains("length=7") &&
                                            Catch::Contains("length=8"));
    CHECK(kind_of(*found, whole) == "query: column / column");
}

TEST_CASE("What a known difference tells of is no difference", "[equivalence]") {
    const script whole = parse_script(
        "A connect user=app flags=\n"
        "A query SELECT CONNECTION_ID()\n");
    CHECK(!compare(whole, plain().port(), plain().port()));
}
