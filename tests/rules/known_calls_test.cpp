#include "rules/known_calls.hpp"

#include <catch2/catch.hpp>

using rules::with_connection_id;

TEST_CASE("CONNECTION_ID() becomes the id, under the same column name", "[rules]") {
    const auto [text, expected] = GENERATE(values<std::pair<const char*, const char*>>({
        {"SELECT CONNECTION_ID()", "SELECT CAST(7 AS UNSIGNED) AS `CONNECTION_ID()`"},
        {"select 1, connection_id( ) , 2",
         "select 1, CAST(7 AS UNSIGNED) AS `connection_id( )` , 2"},
        {"SELECT CONNECTION_ID() AS id", "SELECT CAST(7 AS UNSIGNED) AS id"},
        {"SELECT CONNECTION_ID() id FROM t", "SELECT CAST(7 AS UNSIGNED) id FROM t"},
        {"SELECT CONNECTION_ID() FROM t WHERE a = CONNECTION_ID()",
         "SELECT CAST(7 AS UNSIGNED) AS `CONNECTION_ID()` FROM t WHERE a = CAST(7 AS UNSIGNED)"},
        {"SELECT (SELECT CONNECTION_ID())", "SELECT (SELECT CAST(7 AS UNSIGNED))"},
        {"INSERT INTO t VALUES (CONNECTION_ID(), 1)",
         "INSERT INTO t VALUES (CAST(7 AS UNSIGNED), 1)"},
        {"SELECT 1 + CONNECTION_ID()", "SELECT 1 + CAST(7 AS UNSIGNED)"},
        {"SELECT CONNECTION_ID();", "SELECT CAST(7 AS UNSIGNED) AS `CONNECTION_ID()`;"},
    }));
    CHECK(with_connection_id(text, {}, 7) == expected);
}

TEST_CASE("What is no call, or means the server's own id, stays", "[rules]") {
    const char* text =
        GENERATE("SELECT 1", "SELECT 'CONNECTION_ID()'", "SELECT connection_id FROM t",
                 "SELECT s.connection_id()", "SELECT IS_USED_LOCK('a') = CONNECTION_ID()",
                 "SELECT * FROM information_schema.processlist WHERE id = CONNECTION_ID()",
                 "SELECT `connection_id`()", "");
    CHECK_FALSE(with_connection_id(text, {}, 7));
}

TEST_CASE("ROW_COUNT() becomes a number as wide as its column", "[rules]") {
    using rules::with_row_count;
    CHECK(with_row_count("SELECT ROW_COUNT(), FOUND_ROWS()", {}, -1) ==
          "SELECT CAST('                   -1' AS SIGNED) AS `ROW_COUNT()`, FOUND_ROWS()");
    CHECK(with_row_count("INSERT INTO t VALUES (row_count())", {}, 12) ==
          "INSERT INTO t VALUES (CAST('                   12' AS SIGNED))");
    CHECK_FALSE(with_row_count("SELECT FOUND_ROWS(), CONNECTION_ID()", {}, 12));
}
