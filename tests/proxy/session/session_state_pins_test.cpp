// What keeps a session on its connection although no transaction is open.
#include <catch2/catch.hpp>

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
        {"SET @x = 1", pin_reason::user_variable},
        {"SELECT @x := 1", pin_reason::user_variable},
        {"SELECT 1 INTO @x", pin_reason::user_variable},
        {"PREPARE s FROM 'SELECT 1'", pin_reason::prepared_text},
        {"HANDLER t OPEN", pin_reason::handler},
        {"SET sql_log_bin = 0", pin_reason::binary_log_off},
        {"SET ROLE NONE", pin_reason::unknown},
        {"XA START 'x'", pin_reason::unknown},
        {"SET insert_id = 7", pin_reason::unknown},
        {"SET timestamp = 1", pin_reason::unknown},
        {"SET gtid_next = 'AUTOMATIC'", pin_reason::unknown},
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

TEST_CASE("UNLOCK TABLES ends what LOCK TABLES began, unless it failed", "[proxy]") {
    talk t;
    t.run("LOCK TABLES t READ");
    t.run("UNLOCK TABLES", {.failed = true});
    CHECK(t.state.is_pinned(pin_reason::table_locks));
    t.run("UNLOCK TABLES");
    CHECK_FALSE(t.state.is_pinned(pin_reason::table_locks));
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
    t.state.reset();
    t.run("UPDATE t SET a = 1");
    CHECK_FALSE(t.state.holds_connection());
}

TEST_CASE("A command that is no statement explains its own changes", "[proxy]") {
    talk t;
    t.state.begin_command();
    t.ok(changed({{change_type::schema, {}, "shop"}, something_changed}));
    t.state.end_command();
    CHECK_FALSE(t.state.holds_connection());
    t.run("SELECT 1");
    CHECK_FALSE(t.state.holds_connection());
}
