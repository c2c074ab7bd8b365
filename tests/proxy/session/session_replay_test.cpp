// A session that shares its only connection with others has the variables that it would have if it
// were alone on the server.  MySQL itself says what those are.
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "tests/proxy/session/twin_walk.hpp"

using namespace session_test;

namespace {

const std::vector<std::string> statements{
    "SET sql_mode = ''",
    "SET sql_mode = 'ANSI'",
    "SET sql_mode = CONCAT(@@sql_mode, ',NO_BACKSLASH_ESCAPES')",
    "SET sql_mode = DEFAULT",
    "SET sql_mode = 'no such mode'",
    "SET SESSION sql_mode = (SELECT 'TRADITIONAL')",
    "SET NAMES latin1",
    "SET NAMES utf8mb4 COLLATE utf8mb4_bin",
    "SET NAMES utf8mb3",
    "SET NAMES DEFAULT",
    "SET NAMES no_such_character_set",
    "SET CHARACTER SET latin1",
    "SET CHARACTER SET DEFAULT",
    "SET character_set_results = NULL",
    "SET character_set_results = utf8mb4",
    "SET character_set_connection = cp1251",
    "SET character_set_client = latin1",
    "SET collation_connection = utf8mb4_general_ci",
    "SET collation_connection = latin1_german2_ci",
    "SET time_zone = '+03:00'",
    "SET time_zone = DEFAULT",
    "SET time_zone = 'Nowhere/At_All'",
    "SET foreign_key_checks = 0, unique_checks = 0",
    "SET foreign_key_checks = 1, unique_checks = 1",
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    "SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY",
    "SET SESSION TRANSACTION READ WRITE",
    "SET SESSION transaction_isolation = 'REPEATABLE-READ'",
    "SET transaction_read_only = 1",
    "SET max_join_size = 100000",
    "SET max_join_size = DEFAULT",
    "SET sql_big_selects = 1",
    "SET sql_big_selects = 0",
    "SET group_concat_max_len = 4096",
    "SET @@session.group_concat_max_len = 1 << 20",
    "SET LOCAL max_execution_time = 60000",
    "SET lc_time_names = 'de_DE', lc_messages = 'fr_FR'",
    "SET lc_messages = 'en_US'",
    "SET div_precision_increment = 7, default_week_format = 3",
    "SET block_encryption_mode = 'aes-256-cbc'",
    "SET optimizer_switch = 'index_merge=off,mrr=off'",
    "SET optimizer_switch = DEFAULT",
    "SET sort_buffer_size = 65536, join_buffer_size = 65536",
    "SET sort_buffer_size = 65536, sql_mode = 'no such mode'",
    "SET wait_timeout = 3600, interactive_timeout = 3600",
    "SET net_write_timeout = 77, net_read_timeout = 78",
    "SET default_storage_engine = MEMORY",
    "SET default_storage_engine = InnoDB",
    "SET long_query_time = 0.25",
    "SET tmp_table_size = 1048576, max_heap_table_size = 1048576",
    "SET sql_safe_updates = 1",
    "SET sql_safe_updates = OFF",
    "SET sql_notes = 0",
    "SET sql_notes = 1",
    "SET sql_auto_is_null = 1",
    "SET big_tables = ON, end_markers_in_json = ON",
    "SET innodb_lock_wait_timeout = 5, lock_wait_timeout = 5",
    "SET completion_type = 'CHAIN'",
    "SET completion_type = DEFAULT",
    "SET sql_quote_show_create = 0",
    "SET sql_select_limit = 100000",
    "SET sql_select_limit = DEFAULT",
    "SET max_sort_length = 2048, max_error_count = 128",
    "SET no_such_variable = 1",
    "SET default_collation_for_utf8mb4 = utf8mb4_general_ci",
    "USE one",
    "USE two",
    "USE no_such_schema",
    "SELECT @@sql_mode, @@time_zone",
    "SET sql_mode = 'ANSI_QUOTES'; SET time_zone = '-05:00'; USE two",
};

// What names the connection and not the session, and the trackers, which are Tidegate's own.
bool belongs_to_connection(const std::string& name) {
    static const std::set<std::string> names{"pseudo_thread_id", "timestamp",    "rand_seed1",
                                             "rand_seed2",       "error_count",  "warning_count",
                                             "statement_id",     "gtid_executed"};
    return names.contains(name) || name.starts_with("session_track_");
}

std::map<std::string, std::string> variables(support::mysql_connection& session) {
    std::map<std::string, std::string> all;
    for (const auto& row : session.query("SHOW SESSION VARIABLES"))
        if (!belongs_to_connection(*row[0])) all[*row[0]] = row[1].value_or("NULL");
    all["DATABASE()"] = session.query("SELECT DATABASE()")[0][0].value_or("NULL");
    return all;
}

/// The variables in which two sessions differ, for people.
std::string difference(const std::map<std::string, std::string>& shared,
                       const std::map<std::string, std::string>& alone) {
    std::string text;
    for (const auto& [name, value] : alone) {
        const auto found = shared.find(name);
        const std::string has = found == shared.end() ? "(missing)" : found->second;
        if (has != value) text += name + ": " + has + ", alone: " + value + "\n";
    }
    return text;
}

}  // namespace

TEST_CASE("Sessions that share a connection have the variables they would have alone", "[proxy]") {
    const auto seed = GENERATE(take(6, random(0u, 1'000'000u)));
    CAPTURE(seed);
    twin_walk walk(seed);
    for (int step = 0; step < 80; ++step) {
        twin& now = walk.any_twin();
        const auto what = walk.any(40);
        if (what == 0) {  // which keeps the connection: nobody can tell what else it did
            const std::string call = "CALL one.sets_and_fails()";
            now.said.push_back(call);
            CAPTURE(now.said);
            REQUIRE(run(now.shared, call) == run(now.alone, call));
            REQUIRE(difference(variables(now.shared), variables(now.alone)) == "");
        }
        if (what <= 1) {
            now.said.emplace_back("(reset)");
            REQUIRE(mysql_reset_connection(now.shared.handle()) == 0);
            REQUIRE(mysql_reset_connection(now.alone.handle()) == 0);
        } else {
            const std::string& sql = walk.any_of(statements);
            now.said.push_back(sql);
            CAPTURE(now.said);
            REQUIRE(run(now.shared, sql) == run(now.alone, sql));
        }
        if (step % 4 != 3) continue;
        twin& seen = walk.any_twin();
        CAPTURE(seen.said);
        REQUIRE(difference(variables(seen.shared), variables(seen.alone)) == "");
    }
}

TEST_CASE("A session whose schema another one drops can go on, and choose another", "[proxy]") {
    server().query("CREATE DATABASE doomed");
    auto one = tidegate().connect({app.user, app.password, "doomed"});
    auto other = tidegate().connect(app);
    other.query("USE two");
    other.query("DROP DATABASE doomed");
    CHECK(run(one, "SELECT * FROM t") == 1046);  // ER_NO_DB_ERROR
    CHECK(one.value("SELECT 1") == "1");
    one.query("USE one");
    CHECK(one.value("SELECT DATABASE()") == "one");
    CHECK(other.value("SELECT DATABASE()") == "two");
}

TEST_CASE("COMMIT RELEASE ends its own session, as on the server, and no other", "[proxy]") {
    const std::string first = GENERATE("DO 0", "SET completion_type = 2");
    const std::string last = first == "DO 0" ? "COMMIT RELEASE" : "ROLLBACK";
    CAPTURE(last);
    for (int i = 0; i < 3; ++i) {
        auto one = tidegate().connect(app);
        auto other = tidegate().connect(app);
        one.query(first);
        CHECK(run(one, last) == 0);
        CHECK(other.value("SELECT 1") == "1");
        other.query("DO 1");                  // not repeated on another connection, if it were lost
        CHECK(run(one, "SELECT 1") >= 2000);  // the client's own numbers: the connection is gone
    }
}
