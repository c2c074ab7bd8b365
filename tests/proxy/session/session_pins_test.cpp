// What keeps a session on its connection, and what lets it go: two sessions, one connection to a
// real server.
#include <catch2/catch.hpp>
#include <cctype>

#include "tests/proxy/session/twin_walk.hpp"

using namespace session_test;

namespace {

struct pin {
    const char* begin;
    const char* end;
};

}  // namespace

TEST_CASE("A pin ends with the statement that ends its cause", "[proxy]") {
    const auto [begin, end] = GENERATE(values<pin>({
        {"CREATE TEMPORARY TABLE one.x (a INT)", "DROP TEMPORARY TABLE one.x"},
        {"CREATE TEMPORARY TABLE one.x SELECT 1 AS a", "DROP TABLE one.x"},
        {"SELECT GET_LOCK('it''s', 1)", "SELECT RELEASE_LOCK('it''s')"},
        {"DO GET_LOCK('a', 1), GET_LOCK('a', 1)", "DO RELEASE_LOCK('a'), RELEASE_LOCK('a')"},
        {"SELECT GET_LOCK(CONCAT('a', 'b'), 1)", "SELECT RELEASE_ALL_LOCKS()"},
        {"PREPARE s FROM 'SELECT 1'", "DEALLOCATE PREPARE s"},
        {"HANDLER one.pinned OPEN", "HANDLER pinned CLOSE"},
        {"LOCK TABLES one.pinned READ", "UNLOCK TABLES"},
        {"SET timestamp = 5", "SET timestamp = DEFAULT"},
        {"SET timestamp = 5, rbr_exec_mode = 'IDEMPOTENT'",
         "SET timestamp = 0, @@session.rbr_exec_mode = DEFAULT"},
        {"SET character_set_server = latin1", "SET character_set_server = DEFAULT"},
        {"BEGIN", "COMMIT"},
        {"SET autocommit = 0; SELECT * FROM one.pinned", "COMMIT"},
        {"XA START 'x'; DO 1; XA END 'x'; XA PREPARE 'x'", "XA ROLLBACK 'x'"},
    }));
    CAPTURE(begin, end);
    static const auto made = server().query("CREATE TABLE one.pinned (a INT)");
    {
        auto one = tidegate().connect(app);
        auto other = tidegate().connect(app);
        for (int round = 0; round < 2; ++round) {
            REQUIRE_NOTHROW(one.query(begin));
            REQUIRE_NOTHROW(one.query(end));
            CHECK(other.value("SELECT 1") == "1");
        }
        one.query(begin);
    }
    // Nobody inherits what a session has left behind.
    auto next = tidegate().connect(app);
    CHECK(next.value("SELECT IS_FREE_LOCK('a') AND IS_FREE_LOCK('ab')") == "1");
    CHECK_THROWS_AS(next.query("EXECUTE s"), support::server_error);
    CHECK_THROWS_AS(next.query("SELECT * FROM one.x"), support::server_error);
}

TEST_CASE("A variable that is tracked is its session's own, and does not pin", "[proxy]") {
    struct {
        const char* name;
        const char* value;
    } const table[] = {
        {"explain_json_format_version", "1"},
        {"generated_random_password_length", "10"},
        {"group_replication_consistency", "EVENTUAL"},
        {"innodb_ddl_buffer_size", "2097152"},
        {"innodb_ddl_threads", "2"},
        {"innodb_ft_enable_stopword", "0"},
        {"innodb_parallel_read_threads", "2"},
        {"keep_files_on_create", "1"},
        {"myisam_sort_buffer_size", "4194304"},
        {"myisam_stats_method", "nulls_equal"},
        {"optimizer_max_subgraph_pairs", "1000"},
        {"print_identified_with_as_hex", "1"},
        {"query_alloc_block_size", "16384"},
        {"range_alloc_block_size", "8192"},
        {"secondary_engine_cost_threshold", "5.500000"},
        {"select_into_disk_sync", "1"},
        {"set_operations_buffer_size", "131072"},
        {"show_create_table_skip_secondary_engine", "1"},
        {"show_gipk_in_create_table_and_information_schema", "0"},
        {"transaction_allow_batching", "1"},
        {"use_secondary_engine", "OFF"},
    };
    auto one = tidegate().connect(app);
    auto other = tidegate().connect(app);
    for (const auto& [name, value] : table) {
        CAPTURE(name);
        const std::string question = "SELECT @@SESSION." + std::string(name);
        const std::string before = other.value(question);
        CHECK(before != value);
        const std::string set = "SET " + std::string(name) + " = ";
        one.query(set + (std::isalpha(*value) != 0 ? "'" + std::string(value) + "'" : value));
        CHECK(other.value(question) == before);
        CHECK(one.value(question) == value);
    }
    one.query("SET character_set_server = latin1");
    one.query("SET character_set_server = DEFAULT");
    CHECK(other.value("SELECT @@character_set_server") == "utf8mb4");
}

TEST_CASE("A lock that was not taken does not pin", "[proxy]") {
    auto holder = server().connect(app);
    REQUIRE(holder.value("SELECT GET_LOCK('taken', 1)") == "1");
    auto one = tidegate().connect(app);
    auto other = tidegate().connect(app);
    CHECK(one.value("SELECT GET_LOCK('taken', 0)") == "0");
    CHECK(other.value("SELECT 1") == "1");
}

TEST_CASE("User variables set to literals go with their session", "[proxy]") {
    const auto seed = GENERATE(take(4, random(0u, 1'000'000u)));
    CAPTURE(seed);
    twin_walk walk(seed);
    const std::vector<std::string> statements{
        "SET @x = 1",
        "SET @x = -5, @y = 2.50",
        "SET @X := 'it''s'",
        "SET @`y` = ''",
        "SET @y = 'a\\nb\\\\'",
        "SET @x = NULL",
        "SET @y = 'caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80'",
        "SET @y = 0x4142",
        "SET @x = b'101'",
        "SET @y = 1e3",
        "SET @x = 18446744073709551615",
        "SET NAMES latin1, @x = 'after'",
        "SET NAMES utf8mb4 COLLATE utf8mb4_bin",
        "SET sql_mode = 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES'",
        "SET sql_mode = DEFAULT, @y = 'mode'",
        "SELECT @x + 1",
    };
    const std::string look =
        "SELECT CONCAT_WS('|', IFNULL(HEX(@x), 'NULL'), IF(@x IS NULL, '-', CHARSET(@x)), "
        "IF(@x IS NULL, '-', COLLATION(@x)), IFNULL(HEX(@y), 'NULL'), "
        "IF(@y IS NULL, '-', CHARSET(@y)), IF(@y IS NULL, '-', COLLATION(@y)), @x + 0, @y + 0)";
    for (int step = 0; step < 60; ++step) {
        twin& now = walk.any_twin();
        const std::string& sql = walk.any_of(statements);
        now.said.push_back(sql);
        CAPTURE(now.said);
        REQUIRE(run(now.shared, sql) == run(now.alone, sql));
        twin& seen = walk.any_twin();
        CAPTURE(seen.said);
        REQUIRE(seen.shared.value(look) == seen.alone.value(look));
    }
}

TEST_CASE("A user variable that only the server knows pins, and is right", "[proxy]") {
    const char* sql = GENERATE("SET @x = CONCAT('a', 'b')", "SELECT @x := 'ab'",
                               "SELECT 'ab' INTO @x", "SET @y = 'a', @x = CONCAT('a', 'b')");
    CAPTURE(sql);
    auto one = tidegate().connect(app);
    one.query(sql);
    CHECK(one.value("SELECT @x") == "ab");
    one.query("SET @x = 'ab'");
    CHECK(one.value("SELECT @x") == "ab");
    REQUIRE(mysql_reset_connection(one.handle()) == 0);
    auto other = tidegate().connect(app);
    CHECK(other.value("SELECT @x IS NULL") == "1");
    CHECK(one.value("SELECT @x IS NULL") == "1");
}
