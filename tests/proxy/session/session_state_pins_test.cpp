// What keeps a session on its connection although no transaction is open.
#include <catch2/catch.hpp>
#include <utility>

#include "tests/proxy/session/talk.hpp"

using namespace session_test;
using proxy::pin_reason;

namespace {

struct pinning {
    const char* sql;
    pin_reason why;
};

const answer silent_change = changed({something_changed});

}  // namespace

TEST_CASE("State that cannot be carried to another connection pins", "[proxy]") {
    const auto [sql, why] = GENERATE(values<pinning>({
        {"CREATE TEMPORARY TABLE x (a INT)", pin_reason::temporary_table},
        {"LOCK TABLES t READ", pin_reason::table_locks},
        {"FLUSH TABLES WITH READ LOCK", pin_reason::table_locks},
        {"SELECT GET_LOCK('x', 1)", pin_reason::named_lock},
        {"SET @x = 1 + 1", pin_reason::user_variable},
        {"SET @x = N'a'", pin_reason::user_variable},
        {"SET sql_mode = (SELECT @x := '')", pin_reason::user_variable},
        {"SET @x = 1; SELECT 1", pin_reason::user_variable},
        {"SELECT @x := 1", pin_reason::user_variable},
        {"SELECT 1 INTO @x", pin_reason::user_variable},
        {"PREPARE s FROM 'SELECT 1'", pin_reason::prepared_text},
        {"HANDLER t OPEN", pin_reason::handler},
        {"SET sql_log_bin = 0", pin_reason::binary_log_off},
        {"SET ROLE NONE", pin_reason::unknown},
        {"XA PREPARE 'x'", pin_reason::xa_transaction},
        {"SET insert_id = 7", pin_reason::session_variable},
        {"SET timestamp = 1", pin_reason::session_variable},
        {"SET gtid_next = 'ANONYMOUS'", pin_reason::session_variable},
        {"SET character_set_server = latin1", pin_reason::session_variable},
        {"SET pseudo_thread_id = DEFAULT", pin_reason::session_variable},
        {"SET timestamp = 1; SET timestamp = DEFAULT", pin_reason::session_variable},
    }));
    CAPTURE(sql);
    talk t;
    t.run(sql, silent_change);
    CHECK(t.state.is_pinned(why));
    CHECK(t.state.holds_connection());
    CHECK(t.state.is_pinned_for_more_than_questions());
    CHECK(t.state.view(router::consistency::session).pinned);
    t.run("SELECT 1");
    CHECK(t.state.is_pinned(why));

    SECTION("until the connection is gone") {
        t.state.lose_connection();
        CHECK_FALSE(t.state.holds_connection());
    }
}

TEST_CASE("A statement that failed pins if it may have done its work in part", "[proxy]") {
    const auto pinned_by = [](const char* sql) {
        talk t;
        t.run(sql, {.failed = true});
        return t.state.is_pinned_for_more_than_questions();
    };
    CHECK(pinned_by("SELECT GET_LOCK(a, 1) FROM t"));
    CHECK(pinned_by("SELECT @x := a FROM t"));
    CHECK(pinned_by("FLUSH TABLES WITH READ LOCK"));
    CHECK(pinned_by("SELECT 1; CREATE TEMPORARY TABLE x (a INT); SELECT nothing"));
    CHECK_FALSE(pinned_by("CREATE TEMPORARY TABLE x (a INT)"));
    CHECK_FALSE(pinned_by("LOCK TABLES t READ"));
    CHECK_FALSE(pinned_by("PREPARE s FROM 'x'"));
    CHECK_FALSE(pinned_by("HANDLER t OPEN"));
    CHECK_FALSE(pinned_by("SET sql_log_bin = 0"));
    CHECK_FALSE(pinned_by("SET no_such_variable = 0"));
    CHECK_FALSE(pinned_by("SET ROLE x"));
}

TEST_CASE("A SET that was refused is looked into if it has changed something", "[proxy]") {
    const auto asked_after = [](bool changed) {
        talk t;
        const std::string sql = "SET character_set_filesystem = latin1, time_zone = 'x'";
        t.state.begin_command();
        std::vector<std::uint8_t> news;
        protocol::writer out(news);
        protocol::encode(something_changed, out);
        if (changed) t.state.on_owed_news(news);
        t.state.end_script(rules::analyze(sql, t.state.lexing()), sql, true);
        return !t.asked().empty();
    };
    CHECK(asked_after(true));
    CHECK_FALSE(asked_after(false));
}

TEST_CASE("A change that nothing explains pins", "[proxy]") {
    talk t;
    t.run("CALL p()", silent_change);
    CHECK(t.state.is_pinned(pin_reason::unknown));
    CHECK(t.state.first_pin() == pin_reason::unknown);
}

TEST_CASE("A change that the statement explains does not pin", "[proxy]") {
    const char* sql =
        GENERATE("SET sql_mode = ''", "USE shop", "SET NAMES utf8mb4", "DROP DATABASE shop",
                 "SET SESSION TRANSACTION READ ONLY", "DEALLOCATE PREPARE s", "SET autocommit = 0");
    CAPTURE(sql);
    talk t;
    t.run(sql, silent_change);
    CHECK_FALSE(t.state.is_pinned());
}

TEST_CASE("Statements without lasting state do not pin", "[proxy]") {
    const char* sql = GENERATE("SELECT 1", "INSERT INTO t VALUES (1)", "CREATE TABLE t (a INT)",
                               "SET GLOBAL max_connections = 10", "SHOW TABLES", "COMMIT",
                               "SELECT @@sql_mode", "UNLOCK TABLES");
    CAPTURE(sql);
    talk t;
    t.run(sql);
    CHECK_FALSE(t.state.holds_connection());
}

TEST_CASE("One statement of a script is enough to pin", "[proxy]") {
    talk t;
    t.run("SELECT 1; CREATE TEMPORARY TABLE x (a INT); SELECT 2", silent_change);
    CHECK(t.state.is_pinned(pin_reason::temporary_table));
}

TEST_CASE("Each statement of a text explains its own change", "[proxy]") {
    const auto pinned_by = [](const std::string& sql, std::vector<answer> answers, bool failed) {
        talk t;
        t.state.begin_command();
        for (const answer& one : answers) t.ok(one);
        t.state.end_script(rules::analyze(sql, t.state.lexing()), sql, failed);
        return t.state.is_pinned_for_more_than_questions();
    };
    const std::string sql = "DELETE FROM t; SET sql_mode = DEFAULT";
    CHECK_FALSE(pinned_by(sql, {{}, silent_change}, false));
    CHECK(pinned_by(sql, {silent_change, {}}, false));
    CHECK(pinned_by(sql, {silent_change, silent_change}, false));
    CHECK(pinned_by("SET sql_mode = ''; DELETE FROM t; DO nothing()", {{}, silent_change}, true));
    // CALL has as many answers as it likes.
    CHECK(pinned_by("CALL p(); SET sql_mode = ''", {{}, silent_change}, false));
}

TEST_CASE("What MySQL changes only while a statement runs does not pin", "[proxy]") {
    const auto pinned_by = [](const std::string& sql) {
        talk t;
        t.run(sql, silent_change);
        return t.state.is_pinned(pin_reason::unknown);
    };
    CHECK_FALSE(pinned_by("SHOW TABLES FROM shop"));
    CHECK_FALSE(pinned_by("SELECT /*+ SET_VAR(sort_buffer_size = 65536) */ 1"));
    CHECK(pinned_by("SELECT 1"));
    CHECK(pinned_by("SELECT /*+ SET_VAR(sort_buffer_size = 65536) */ f()"));
    // What is named may be a view, which calls a function.
    CHECK(pinned_by("SELECT /*+ SET_VAR(sort_buffer_size = 65536) */ a FROM t"));
    CHECK(pinned_by("SHOW TABLES WHERE EXISTS (SELECT a FROM t)"));
}

TEST_CASE("A text that the server has refused whole pins for its error only", "[proxy]") {
    talk t;
    t.state.begin_command();
    t.state.end_refused_script();
    CHECK(t.state.is_pinned(pin_reason::last_statement));
    CHECK_FALSE(t.state.is_pinned_for_more_than_questions());
}

TEST_CASE("UNLOCK TABLES ends what LOCK TABLES began, unless it failed", "[proxy]") {
    talk t;
    t.run("LOCK TABLES t READ");
    t.run("UNLOCK TABLES", {.failed = true});
    CHECK(t.state.is_pinned(pin_reason::table_locks));
    t.run("UNLOCK TABLES");
    CHECK_FALSE(t.state.is_pinned(pin_reason::table_locks));
}

TEST_CASE("A temporary table pins until it is dropped by its name", "[proxy]") {
    talk t;
    t.run("CREATE TEMPORARY TABLE x (a INT)", silent_change);
    t.run("CREATE TEMPORARY TABLE IF NOT EXISTS s.`Y` LIKE z", silent_change);
    t.run("DROP TABLE x", silent_change);
    CHECK(t.state.is_pinned(pin_reason::temporary_table));
    SECTION("and no other, case included") {
        t.run("DROP TABLE x, `Y`, s.y, z");
        CHECK(t.state.is_pinned(pin_reason::temporary_table));
    }
    SECTION("if that does not fail") {
        t.run("DROP TEMPORARY TABLE s.Y", {.failed = true});
        CHECK(t.state.is_pinned(pin_reason::temporary_table));
    }
    SECTION("with others") {
        t.run("DROP TEMPORARY TABLE IF EXISTS a, s.Y, b RESTRICT", silent_change);
        CHECK_FALSE(t.state.is_pinned());
    }
}

TEST_CASE("A temporary table whose name is in doubt pins to the end", "[proxy]") {
    const auto [made, dropped] = GENERATE(values<std::pair<const char*, const char*>>({
        {"CREATE TEMPORARY TABLE status (a INT)", "DROP TABLE status"},
        {"SELECT 1; CREATE TEMPORARY TABLE x (a INT)", "DROP TABLE x"},
        {"CREATE TEMPORARY TABLE x (a INT)", "SELECT 1; DROP TABLE x"},
    }));
    CAPTURE(made, dropped);
    talk t;
    t.run(made, silent_change);
    t.run(dropped, silent_change);
    CHECK(t.state.is_pinned(pin_reason::temporary_table));
}

TEST_CASE("Handlers pin until the last one is closed", "[proxy]") {
    talk t;
    t.run("HANDLER t OPEN");
    t.run("HANDLER s.t OPEN AS Other");
    t.run("HANDLER t READ FIRST");
    t.run("HANDLER t CLOSE");
    CHECK(t.state.is_pinned(pin_reason::handler));
    t.run("HANDLER other CLOSE");
    CHECK_FALSE(t.state.is_pinned());
}

TEST_CASE("A prepared text pins until it is deallocated, and for what it did", "[proxy]") {
    talk t;
    SECTION("nothing") {
        t.run("PREPARE s FROM 'SELECT 1'", silent_change);
        t.run("EXECUTE s", silent_change);
        t.run("DEALLOCATE PREPARE S", silent_change);
        CHECK_FALSE(t.state.is_pinned());
    }
    SECTION("something that lasts") {
        const char* sql = GENERATE("PREPARE s FROM 'CREATE TEMPORARY TABLE x (a INT)'",
                                   "PREPARE s FROM 'SELECT GET_LOCK(1, 1)'",
                                   "PREPARE s FROM 'SET @x = 1'", "PREPARE s FROM @x",
                                   "PREPARE s FROM 'SELECT f()'", "PREPARE s FROM 'CALL p()'");
        CAPTURE(sql);
        t.run(sql, silent_change);
        t.run("EXECUTE s", silent_change);
        t.run("DROP PREPARE s", silent_change);
        CHECK(t.state.is_pinned(pin_reason::prepared_text));
    }
}

TEST_CASE("Named locks pin until the server says that none is left", "[proxy]") {
    talk t;
    t.run("SELECT GET_LOCK('a', 1)");
    CHECK(t.state.locks_question() == "SELECT (IS_USED_LOCK('a')<=>CONNECTION_ID()) LIMIT 1");
    t.state.tell_locks(true);
    CHECK(t.state.is_pinned(pin_reason::named_lock));
    CHECK(t.state.locks_question().empty());
    t.run("SELECT get_lock ( \"b'\", 1)");
    t.state.tell_locks(true);
    t.run("DO RELEASE_LOCK('a')");
    CHECK(t.state.locks_question() ==
          "SELECT (IS_USED_LOCK('a')<=>CONNECTION_ID()) OR "
          "(IS_USED_LOCK(\"b'\")<=>CONNECTION_ID()) LIMIT 1");
    t.state.tell_locks(false);
    CHECK_FALSE(t.state.is_pinned());
    t.run("DO RELEASE_LOCK('a')");
    CHECK(t.state.locks_question().empty());
}

TEST_CASE("A lock whose name is an expression lasts until all are released", "[proxy]") {
    talk t;
    t.run("SELECT GET_LOCK(CONCAT('a', 1), 1)");
    CHECK(t.state.locks_question().empty());
    t.run("SELECT RELEASE_LOCK('a1')");
    CHECK(t.state.is_pinned(pin_reason::named_lock));
    t.run("SELECT RELEASE_ALL_LOCKS() FROM t WHERE a = 5");
    CHECK(t.state.is_pinned(pin_reason::named_lock));
    t.run("SELECT RELEASE_ALL_LOCKS()");
    CHECK_FALSE(t.state.is_pinned());
}

TEST_CASE("A variable that is not tracked pins until it is set to its default", "[proxy]") {
    const auto [set, back] = GENERATE(values<std::pair<const char*, const char*>>({
        {"SET timestamp = 5", "SET timestamp = DEFAULT"},
        {"SET timestamp = 5.5", "SET @@timestamp = 0"},
        {"SET @@session.gtid_next = 'ANONYMOUS'", "SET gtid_next = 'automatic'"},
        {"SET LOCAL sql_log_off = 1", "SET sql_log_off = DEFAULT"},
    }));
    CAPTURE(set, back);
    talk t;
    t.run(back);
    CHECK_FALSE(t.state.is_pinned());
    t.run(set);
    CHECK(t.state.is_pinned(pin_reason::session_variable));
    t.run(back, {.failed = true});
    CHECK(t.state.is_pinned(pin_reason::session_variable));
    t.run("SET rand_seed1 = 1");
    t.run(back);
    CHECK(t.state.is_pinned(pin_reason::session_variable));  // the other one is left
    t.state.reset(nullptr);
    t.run(set);
    t.run(back);
    CHECK_FALSE(t.state.is_pinned());
}

TEST_CASE("What a variable has made the server collect keeps the connection", "[proxy]") {
    const char* name = GENERATE("profiling", "optimizer_trace");
    talk t;
    t.run("SET " + std::string(name) + " = DEFAULT");
    CHECK_FALSE(t.state.is_pinned());
    t.run("SET " + std::string(name) + " = 1");
    t.run("SET " + std::string(name) + " = DEFAULT");
    CHECK(t.state.is_pinned(pin_reason::session_variable));
}

TEST_CASE("sql_log_bin pins while it is off", "[proxy]") {
    talk t;
    t.run("SET SESSION sql_log_bin = OFF");
    CHECK(t.state.is_pinned(pin_reason::binary_log_off));
    t.run("SET sql_log_bin = 1");
    CHECK_FALSE(t.state.is_pinned());
}

TEST_CASE("A prepared XA transaction pins until it is committed or rolled back", "[proxy]") {
    const char* end = GENERATE("XA COMMIT 'x'", "XA ROLLBACK 'x'");
    talk t;
    t.run("XA PREPARE 'x'");
    t.run(end, {.failed = true});
    CHECK(t.state.is_pinned(pin_reason::xa_transaction));
    t.run(end);
    CHECK_FALSE(t.state.is_pinned());
}

TEST_CASE("What only the last connection can tell keeps it until the next statement", "[proxy]") {
    talk t;
    SECTION("warnings") {
        t.run("SELECT CAST('x' AS SIGNED)", {.warnings = 1});
    }
    SECTION("an error") {
        t.run("SELECT nothing", {.failed = true});
    }
    SECTION("found rows") {
        t.run("SELECT SQL_CALC_FOUND_ROWS a FROM t LIMIT 1");
    }
    CHECK(t.state.is_pinned(pin_reason::last_statement));
    CHECK(t.state.holds_connection());
    // It is no reason for a read to stay on the primary, or not to give the connection up.
    CHECK_FALSE(t.state.is_pinned_for_more_than_questions());
    CHECK_FALSE(t.state.view(router::consistency::session).pinned);
    t.run("SELECT 1");
    CHECK_FALSE(t.state.holds_connection());
}

TEST_CASE("A session that asks for row counts keeps its connection from then on", "[proxy]") {
    talk t;
    t.run("UPDATE t SET a = 1");
    CHECK_FALSE(t.state.holds_connection());
    t.run("SELECT ROW_COUNT()");
    t.run("UPDATE t SET a = 1");
    CHECK(t.state.is_pinned(pin_reason::last_statement));
    t.state.reset({});
    t.run("UPDATE t SET a = 1");
    CHECK_FALSE(t.state.holds_connection());
}

TEST_CASE("A command that is no statement explains its own changes", "[proxy]") {
    talk t;
    t.state.begin_command();
    t.ok(changed({{change_type::schema, {}, "shop"}, something_changed}));
    t.state.end_command(false);
    CHECK_FALSE(t.state.holds_connection());
    t.run("SELECT 1");
    CHECK_FALSE(t.state.holds_connection());
}
