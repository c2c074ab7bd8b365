#include "pool/tracked_variables.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

namespace {

std::string assignment(std::string_view name, const pool::variable_value& value) {
    std::string out;
    pool::append_assignment(out, *pool::find_variable(name), value);
    return out;
}

}  // namespace

TEST_CASE("Every tracked variable is found by its name", "[pool]") {
    std::set<std::string_view> seen;
    for (const std::string_view name : pool::tracked_variables()) {
        CAPTURE(name);
        const auto id = pool::find_variable(name);
        REQUIRE(id);
        CHECK(pool::name_of(*id) == name);
        CHECK(seen.insert(name).second);
    }
}

TEST_CASE("What is not followed is not found", "[pool]") {
    // Their values cannot be had, or cannot be replayed: a session that sets them is pinned.
    for (const char* name : {"timestamp", "last_insert_id", "insert_id", "rand_seed1", "gtid_next",
                             "sql_log_bin", "profiling", "", "SQL_MODE", "sql_mode ", "~"}) {
        CAPTURE(name);
        CHECK_FALSE(pool::find_variable(name));
    }
}

TEST_CASE("Character sets come before the collation that they reset", "[pool]") {
    CHECK(*pool::find_variable("character_set_connection") <
          *pool::find_variable("collation_connection"));
}

TEST_CASE("A limit on joins comes before the permission for big ones that it resets", "[pool]") {
    CHECK(*pool::find_variable("max_join_size") < *pool::find_variable("sql_big_selects"));
}

TEST_CASE("Numbers are assigned bare, everything else quoted", "[pool]") {
    CHECK(assignment("sql_select_limit", "10") == "SESSION sql_select_limit=10");
    CHECK(assignment("long_query_time", "0.500000") == "SESSION long_query_time=0.500000");
    CHECK(assignment("max_execution_time", "-1") == "SESSION max_execution_time=-1");
    CHECK(assignment("sql_mode", "") == "SESSION sql_mode=''");
    CHECK(assignment("sql_mode", "ANSI_QUOTES,NO_BACKSLASH_ESCAPES") ==
          "SESSION sql_mode='ANSI_QUOTES,NO_BACKSLASH_ESCAPES'");
    CHECK(assignment("time_zone", "+02:00") == "SESSION time_zone='+02:00'");
    CHECK(assignment("character_set_results", std::nullopt) ==
          "SESSION character_set_results=NULL");
}

TEST_CASE("What only looks like a number is quoted", "[pool]") {
    for (const char* text : {"-", ".", "1.", ".5", "1.2.3", "1e5", "0x10", "--1", "1 ", "+1"}) {
        CAPTURE(text);
        CHECK(assignment("sql_mode", text) == std::string("SESSION sql_mode='") + text + "'");
    }
}

TEST_CASE("A value with quotes, backslashes or foreign letters means the same in every state",
          "[pool]") {
    CHECK(assignment("time_zone", "it's") == "SESSION time_zone=_utf8mb4 x'69742773'");
    CHECK(assignment("time_zone", "a\\") == "SESSION time_zone=_utf8mb4 x'615c'");
    CHECK(assignment("time_zone", "\xc3\xa9") == "SESSION time_zone=_utf8mb4 x'c3a9'");
    CHECK(assignment("time_zone", std::string("\0", 1)) == "SESSION time_zone=_utf8mb4 x'00'");
}

TEST_CASE("No value can end its own literal", "[pool]") {
    for (int byte = 0; byte < 256; ++byte) {
        CAPTURE(byte);
        const std::string text = assignment("time_zone", std::string(2, static_cast<char>(byte)));
        CHECK(std::count(text.begin(), text.end(), '\'') == (text.find('\'') == text.npos ? 0 : 2));
        CHECK(text.find('\\') == text.npos);
    }
}

TEST_CASE("Results without a character set are reported as an empty text", "[pool]") {
    const auto results = *pool::find_variable("character_set_results");
    const auto mode = *pool::find_variable("sql_mode");
    CHECK(pool::value_from_tracker(results, "") == std::nullopt);
    CHECK(pool::value_from_tracker(results, "latin1") == "latin1");
    CHECK(pool::value_from_tracker(mode, "") == "");
}

TEST_CASE("The opening statements name every tracked variable once", "[pool]") {
    for (const std::string_view text : {pool::tracking_statement(), pool::baseline_query()}) {
        CAPTURE(text);
        for (const std::string_view name : pool::tracked_variables()) {
            CAPTURE(name);
            const bool of_mariadb = name.starts_with("tx_");
            CHECK((text.find(name) != text.npos || of_mariadb));
        }
        CHECK(text.find('\0') == text.npos);
    }
}
