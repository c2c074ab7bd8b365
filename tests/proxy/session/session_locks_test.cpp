// Locks on tables and on the instance, and temporary tables that change their names.
#include <catch2/catch.hpp>

#include "tests/proxy/session/talk.hpp"

using namespace session_test;
using proxy::pin_reason;

TEST_CASE("UNLOCK INSTANCE releases the lock on the instance and no other", "[proxy]") {
    talk t;
    const auto locked = [&] { return t.state.is_pinned(pin_reason::table_locks); };
    SECTION("tables are locked") {
        t.run("LOCK TABLES t WRITE");
        t.run("UNLOCK INSTANCE");
        CHECK(locked());
        t.run("UNLOCK TABLES");
        CHECK_FALSE(locked());
    }
    SECTION("all tables are") {
        t.run("FLUSH TABLES WITH READ LOCK");
        t.run("UNLOCK INSTANCE");
        CHECK(locked());
        t.run("UNLOCK TABLES");
        CHECK_FALSE(locked());
    }
    SECTION("the instance is") {
        t.run("LOCK INSTANCE FOR BACKUP");
        CHECK(locked());
        t.run("UNLOCK INSTANCE");
        CHECK_FALSE(locked());
    }
    SECTION("both are, and UNLOCK TABLES releases both") {
        t.run("LOCK INSTANCE FOR BACKUP");
        t.run("LOCK TABLES t READ");
        t.run("UNLOCK TABLES");
        CHECK_FALSE(locked());
    }
}

TEST_CASE("A temporary table that may have another name by now is still there", "[proxy]") {
    talk t;
    t.run("CREATE TEMPORARY TABLE a (i INT)");
    t.run("ALTER TABLE a RENAME b");
    t.run("CREATE TEMPORARY TABLE a (i INT)");
    t.run("DROP TEMPORARY TABLE a");
    CHECK(t.state.is_pinned(pin_reason::temporary_table));
}

TEST_CASE("Other changes of a temporary table do not hide its name", "[proxy]") {
    talk t;
    t.run("CREATE TEMPORARY TABLE a (i INT)");
    t.run("ALTER TABLE a ADD j INT");
    t.run("DROP TEMPORARY TABLE a");
    CHECK_FALSE(t.state.is_pinned(pin_reason::temporary_table));
}
