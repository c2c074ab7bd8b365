#include "tests/equivalence/known_differences.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

using namespace equivalence;

namespace {

// The name of the known difference that the last step may show.
std::string_view last_of(std::string_view text) {
    script whole = parse_script(text);
    const step last = whole.back();
    whole.pop_back();
    history before;
    for (const step& one : whole) before.add(one);
    const known_difference* const found = known(before, last);
    return found == nullptr ? std::string_view() : found->name;
}

}  // namespace

TEST_CASE("Every known difference is told of in docs/compatibility.md", "[equivalence]") {
    std::ifstream in(TIDEGATE_SOURCE_DIR "/docs/compatibility.md");
    std::ostringstream page;
    page << in.rdbuf();
    for (const known_difference& difference : known_differences()) {
        CAPTURE(difference.name);
        CHECK(page.str().find(difference.page_line) != std::string::npos);
    }
}

TEST_CASE("A known difference excuses what it is about and nothing else", "[equivalence]") {
    const std::string connect = "A connect user=app flags=\n";
    CHECK(last_of(connect + "A query SELECT CONNECTION_ID()") == "connection_id");
    CHECK(last_of(connect + "A query SELECT 1; SELECT 2") == "");
    CHECK(last_of(connect + "A query SELECT 1 / 0\nA query SHOW WARNINGS") == "");
    CHECK(last_of(connect + "A query SELECT 1 / 0\nB ping\nA query SHOW WARNINGS") == "asked_late");
    CHECK(last_of(connect + "A query SELECT ROW_COUNT()") == "");
    const std::string call = "A query CALL shared.p_nothing()\n";
    CHECK(last_of(connect + call + "A query SELECT ROW_COUNT()") == "counts_first_asked");
    CHECK(last_of(connect + "A query DO ROW_COUNT()\n" + call + "A query SELECT ROW_COUNT()") ==
          "");
    CHECK(last_of(connect + "A query DO ROW_COUNT()\nA reset_connection\n" + call +
                  "A query SELECT ROW_COUNT()") == "counts_first_asked");
    const std::string charset = "A query SET CHARACTER SET latin1";
    CHECK(last_of(connect + charset) == "");
    CHECK(last_of(connect + "A reset_connection\n" + charset) == "schema_after_reset");
    CHECK(last_of(connect + "A reset_connection\nA init_db fuzz\n" + charset) == "");
    const std::string update = "A prepare s UPDATE t SET a = ? WHERE id = ?\nA execute s ";
    CHECK(last_of(connect + update + "int=1 text=1") == "text_as_number");
    CHECK(last_of(connect + update + "text=1 int=1") == "");
    CHECK(last_of(connect + "A prepare s SELECT BIN(10)\nA execute s") == "unsigned_late");
    CHECK(last_of(connect + "A query SELECT BIN(10)") == "");
    CHECK(last_of(connect + "A prepare s SET PERSIST a = 1") == "global_prepared");
    CHECK(last_of(connect + "A query SET PERSIST a = 1") == "");
    const std::string insert = "A prepare s INSERT INTO t VALUES (?)\nA query SET NAMES latin1\n";
    CHECK(last_of(connect + insert + "A execute s text=word") == "");
    CHECK(last_of(connect + insert + "A execute s text=%e4") == "literals_of_prepared");
    CHECK(last_of(connect + call + "A query SELECT 1") == "");
    CHECK(last_of(connect + "A prepare s SELECT CONNECTION_ID()") == "");
    CHECK(last_of(connect + "A prepare s SELECT CONNECTION_ID()\nA execute s") == "connection_id");
}
