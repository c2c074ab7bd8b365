#include <catch2/catch.hpp>
#include <string>

#include "support.hpp"

using namespace rules;

TEST_CASE("What depends on the session alone is recognised", "[session_only]") {
    const std::string text = GENERATE(
        as<std::string>{}, "SELECT DATABASE()", "select schema() as s limit 1", "SELECT @@sql_mode",
        "SELECT @@session.auto_increment_increment AS auto_increment_increment, "
        "@@character_set_client AS character_set_client, @@time_zone AS `tz` ;",
        "/* a driver */ SELECT @@version_comment LIMIT 1",
        "SELECT CONCAT(@@version, ' ', VERSION())", "SELECT CONNECTION_ID()",
        "SELECT LAST_INSERT_ID() AS id LIMIT 1", "SET NAMES utf8mb4",
        "SET NAMES utf8mb4 COLLATE utf8mb4_bin",
        "SET autocommit = 1, @@session.time_zone = '+00:00'",
        "SET NAMES utf8mb4,  @@SESSION.sql_mode = CONCAT(CONCAT(@@sql_mode, ',STRICT_ALL_TABLES'), "
        "',NO_AUTO_VALUE_ON_ZERO'),  @@SESSION.sql_auto_is_null = 0, "
        "@@SESSION.wait_timeout = 2147483",
        "SET character_set_results = NULL", "SET SESSION group_concat_max_len = -1",
        "SET sql_mode = (@@sql_mode)");
    CAPTURE(text);
    CHECK(facts(text).session_only == (text != "SET sql_mode = (@@sql_mode)"));
}

TEST_CASE("What depends on more than the session is not taken for it", "[session_only]") {
    const std::string text = GENERATE(
        as<std::string>{}, "SELECT 1", "SELECT 'x' AS y", "SELECT NOW()", "SELECT RAND()",
        "SELECT @@global.sql_mode", "SELECT @@persist.x", "SELECT @x", "SELECT DATABASE(), NOW()",
        "SELECT DATABASE() FROM t", "SELECT DATABASE() INTO @x", "SELECT DATABASE(), x",
        "SELECT CONNECTION_ID(), @@sql_mode", "SELECT LAST_INSERT_ID(5)",
        "SELECT LAST_INSERT_ID() + 1", "SELECT CONCAT(@@sql_mode, (SELECT 1))",
        "SELECT @@sql_mode UNION SELECT 1", "SELECT stored(DATABASE())",
        "SELECT s.concat(DATABASE())", "SELECT USER()", "SELECT DATABASE() FOR UPDATE",
        "SELECT SQL_CALC_FOUND_ROWS @@sql_mode", "SELECT /*!99999 NOW(), */ @@sql_mode",
        "SELECT @@sql_mode LIMIT ?", "SELECT ?", "SET @x = 1", "SET GLOBAL sql_mode = ''",
        "SET sql_mode = DEFAULT", "SET NAMES DEFAULT", "SET CHARACTER SET utf8mb4",
        "SET sql_mode = (SELECT m FROM t)", "SET time_zone = f()", "SET autocommit = 1, @x = 2",
        "SET sql_mode = @x", "SET sql_mode = @@global.sql_mode", "SET TRANSACTION READ ONLY",
        "SET PASSWORD = 'x'", "SET ROLE r", "SET lc_time_names = NOW()", "SHOW VARIABLES",
        "DO DATABASE()", "EXPLAIN SELECT DATABASE()", "SELECT");
    CAPTURE(text);
    CHECK_FALSE(facts(text).session_only);
}

TEST_CASE("Expressions that nest deeply are not followed for ever", "[session_only]") {
    std::string text = "SELECT ";
    for (int i = 0; i < 100'000; ++i) text += "CONCAT(";
    CHECK_FALSE(facts(text + "@@sql_mode").session_only);
}
