// Sessions that share two backend connections keep their own state.  What one session can see is
// covered by differential_test.cpp; here is what sessions must not see of each other, and how long
// a connection is kept.
#include <catch2/catch.hpp>

#include "tests/integration/cluster.hpp"
#include "tests/support/wait_until.hpp"

using namespace integration;
using namespace std::chrono_literals;

namespace {

cluster& shared() {
    static cluster servers({
        .schema = "CREATE DATABASE one; CREATE DATABASE two;"
                  "CREATE TABLE one.t (id INT PRIMARY KEY, a VARCHAR(20));"
                  "CREATE TABLE two.t (id INT PRIMARY KEY, a VARCHAR(20));"
                  "INSERT INTO one.t VALUES (1, 'of one'); INSERT INTO two.t VALUES (1, 'of two')",
        .primary_connections_max = 2,
        .settings = "threads: 1\nlimits: {queue_timeout: 2s}\n",
    });
    return servers;
}

support::mysql_connection session(const std::string& schema = "one") {
    return shared().connect(schema);
}

/// How many connections sessions have borrowed and not given back.
int in_use() {
    return static_cast<int>(shared().metric("tidegate_backend_connections_in_use"));
}

bool all_given_back() {
    return support::wait_until(5s, [] { return in_use() == 0; });
}

struct pinning {
    std::string what;
    std::vector<std::string> by;
    std::vector<std::string> released_by{};  // nothing: it lasts as long as the session
};

}  // namespace

TEST_CASE("Sessions of different state take turns on the same connections", "[session_state]") {
    struct state {
        std::string setting;
        std::string asked;
        std::string expected;
    };
    const std::vector<state> states{
        {"SET time_zone = '+01:00'", "SELECT @@time_zone", "+01:00"},
        {"SET time_zone = '-01:00'", "SELECT @@time_zone", "-01:00"},
        {"USE two", "SELECT a FROM t", "of two"},
        {"SET NAMES latin1", "SELECT @@character_set_results", "latin1"},
        {"SET sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES')", "SELECT \"a\" FROM t", "of one"},
        {"SET @mine = 'kept'", "SELECT @mine", "kept"},
        {"SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE", "SELECT @@transaction_isolation",
         "SERIALIZABLE"},
        {"SET sql_select_limit = 1", "SELECT COUNT(*) FROM (SELECT 1 UNION SELECT 2) AS x", "2"},
        {"INSERT INTO t (id) VALUES (LAST_INSERT_ID(4711)) ON DUPLICATE KEY UPDATE id = 4711",
         "SELECT LAST_INSERT_ID()", "4711"},
        {"SET lc_time_names = 'fr_FR'", "SELECT DATE_FORMAT('2026-03-01', '%M')", "mars"},
        {"DO 0", "SELECT CONCAT(@@time_zone, DATABASE(), @@lc_time_names, @mine IS NULL)",
         "SYSTEMoneen_US1"},
    };
    std::vector<support::mysql_connection> sessions;
    for (const state& s : states) {
        sessions.push_back(session());
        sessions.back().query(s.setting);
    }
    for (int round = 0; round < 5; ++round) {
        for (std::size_t i = 0; i < states.size(); ++i) {
            CAPTURE(round, states[i].setting);
            CHECK(sessions[i].value(states[i].asked) == states[i].expected);
        }
    }
    CHECK(shared().metric("tidegate_backend_connections") <= 2);
}

TEST_CASE("State that cannot be carried keeps its connection, until it ends", "[session_state]") {
    const std::vector<pinning> table{
        {"transaction", {"BEGIN"}, {"COMMIT"}},
        {"consistent snapshot", {"START TRANSACTION WITH CONSISTENT SNAPSHOT"}, {"ROLLBACK"}},
        {"chained transaction", {"BEGIN", "COMMIT AND CHAIN"}, {"ROLLBACK"}},
        {"no autocommit",
         {"SET autocommit = 0", "SELECT * FROM t"},
         {"COMMIT", "SET autocommit = 1"}},
        {"locked tables", {"LOCK TABLES t READ"}, {"UNLOCK TABLES"}},
        {"global read lock", {"FLUSH TABLES WITH READ LOCK"}, {"UNLOCK TABLES"}},
        {"temporary table", {"CREATE TEMPORARY TABLE mine (id INT)"}},
        {"temporary table", {"CREATE TEMPORARY TABLE mine (id INT)"}, {"DROP TABLE mine"}},
        {"named lock", {"SELECT GET_LOCK('mine', 0)"}},
        {"named lock", {"SELECT GET_LOCK('mine', 0)"}, {"DO RELEASE_LOCK('mine')"}},
        {"prepared text", {"PREPARE p FROM 'SELECT 1'"}},
        {"prepared text", {"PREPARE p FROM 'SELECT 1'"}, {"DEALLOCATE PREPARE p"}},
        {"handler", {"HANDLER t OPEN"}},
        {"handler", {"HANDLER t OPEN"}, {"HANDLER t CLOSE"}},
        {"user variable", {"SET @mine = 1 + 1"}},
    };
    REQUIRE(all_given_back());
    for (const pinning& p : table) {
        CAPTURE(p.what);
        {
            auto own = session();
            for (const std::string& statement : p.by) own.query(statement);
            CHECK(in_use() == 1);
            own.query("SELECT 1");
            CHECK(in_use() == 1);
            for (const std::string& statement : p.released_by) own.query(statement);
            own.query("SELECT 1");
            CHECK((p.released_by.empty() || all_given_back()));
        }
        CHECK(all_given_back());
    }
}

TEST_CASE("A session that ends gives back what it had kept, and nobody inherits it",
          "[session_state]") {
    const std::vector<std::string> states{
        "CREATE TEMPORARY TABLE t (id INT)",
        "SELECT GET_LOCK('mine', 0)",
        "LOCK TABLES t WRITE",
        "SET @x = (SELECT COUNT(*) FROM t), sql_mode = 'ANSI_QUOTES'",
        "PREPARE p FROM 'SELECT 1'",
        "BEGIN; UPDATE t SET a = 'changed' WHERE id = 1",
        "SET autocommit = 0; UPDATE t SET a = 'changed' WHERE id = 1",
        "FLUSH TABLES WITH READ LOCK",
        "SET SESSION TRANSACTION READ ONLY",
    };
    for (const std::string& s : states) {
        CAPTURE(s);
        {
            auto own = session();
            own.query(s);
        }
        REQUIRE(all_given_back());
        for (int i = 0; i < 3; ++i) {
            auto next = session();
            CHECK(next.value("SELECT a FROM t WHERE id = 1") == "of one");
            CHECK(next.value("SELECT IS_FREE_LOCK('mine')") == "1");
            CHECK(next.value("SELECT @x IS NULL") == "1");
            CHECK(next.value("SELECT \"text\"") == "text");
            CHECK_THROWS_AS(next.query("EXECUTE p"), support::server_error);
            CHECK_NOTHROW(next.query("UPDATE t SET a = 'of one' WHERE id = 1"));
        }
    }
}

TEST_CASE("What a session leaves is reset, not closed, unless a reset would leave it",
          "[session_state]") {
    struct leaving {
        std::string what;
        bool is_reset;
    };
    shared().primary().query("CREATE ROLE IF NOT EXISTS reader; GRANT reader TO app");
    for (const leaving& l : std::vector<leaving>{
             {"CREATE TEMPORARY TABLE t (id INT)", true},
             {"SELECT GET_LOCK('mine', 0)", true},
             {"BEGIN; UPDATE t SET a = 'changed' WHERE id = 1", true},
             {"SET @x = (SELECT COUNT(*) FROM t)", true},
             {"SET ROLE reader", false},
         }) {
        CAPTURE(l.what);
        session().query("SELECT 1");
        REQUIRE(all_given_back());
        const double resets = shared().metric("tidegate_backend_resets_total");
        const double connects = shared().metric("tidegate_backend_connects_total");
        {
            auto own = session();
            own.query(l.what);
        }
        REQUIRE(all_given_back());
        CHECK(shared().metric("tidegate_backend_resets_total") == resets + (l.is_reset ? 1 : 0));
        for (int i = 0; i < 3; ++i)
            CHECK(session().value("SELECT CONCAT(CURRENT_ROLE(), @x IS NULL)") == "NONE1");
        if (l.is_reset) CHECK(shared().metric("tidegate_backend_connects_total") == connects);
    }
    CHECK(shared().metric("tidegate_backend_reset_errors_total") == 0);
}

TEST_CASE("A connection that was reset tells its sessions' changes as before", "[session_state]") {
    {
        auto first = session(), second = session();  // all connections that there are
        first.query("CREATE TEMPORARY TABLE mine (id INT)");
        second.query("CREATE TEMPORARY TABLE mine (id INT)");
    }
    REQUIRE(all_given_back());
    auto own = session();
    auto other = session("two");
    for (int i = 0; i < 3; ++i) {
        own.query("SET sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES'), time_zone = '+02:00'");
        CHECK(other.value("SELECT \"text\"") == "text");
        CHECK(own.value("SELECT \"a\" FROM t WHERE id = 1") == "of one");
        own.query("SET NAMES latin1");
        CHECK(other.value("SELECT CONCAT(@@character_set_results, @@time_zone)") ==
              "utf8mb4SYSTEM");
        own.query("USE two");
        CHECK(own.value("SELECT CONCAT(@@character_set_client, a) FROM t") == "latin1of two");
        own.query("USE one; SET NAMES utf8mb4; SET sql_mode = DEFAULT");
    }
}

TEST_CASE("A named lock is held by one session and not by its neighbours", "[session_state]") {
    auto first = session();
    auto second = session();
    CHECK(first.value("SELECT GET_LOCK('contended', 0)") == "1");
    CHECK(second.value("SELECT GET_LOCK('contended', 0)") == "0");
    CHECK(first.value("SELECT RELEASE_LOCK('contended')") == "1");
    CHECK(second.value("SELECT GET_LOCK('contended', 0)") == "1");
}

TEST_CASE("A connection reset forgets everything, on the session's next connection too",
          "[session_state]") {
    auto own = session();
    own.query("SET time_zone = '+06:00', @x = 5; CREATE TEMPORARY TABLE mine (id INT); BEGIN");
    REQUIRE(mysql_reset_connection(own.handle()) == 0);
    CHECK(own.value("SELECT CONCAT(@@time_zone, @x IS NULL, DATABASE())") == "SYSTEM1one");
    CHECK_THROWS_AS(own.query("SELECT * FROM mine"), support::server_error);
    own.query("SELECT 1");  // after an error the connection is kept, for SHOW WARNINGS
    CHECK(all_given_back());
}

TEST_CASE("A result of a hundred megabytes passes without being collected", "[session_state]") {
    auto own = session();
    REQUIRE(mysql_query(own.handle(), "SET SESSION cte_max_recursion_depth = 200000") == 0);
    const std::size_t before = shared().tidegate().resident_bytes();
    REQUIRE(mysql_query(own.handle(),
                        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                        "WHERE i < 100000) SELECT i, REPEAT('x', 1000) FROM n") == 0);
    MYSQL_RES* const result = mysql_use_result(own.handle());
    std::size_t rows = 0, most = 0;
    while (mysql_fetch_row(result) != nullptr) {
        if (++rows % 10'000 == 0) most = std::max(most, shared().tidegate().resident_bytes());
    }
    mysql_free_result(result);
    CHECK(rows == 100'000);
    CHECK(most < before + 32'000'000);
    CHECK(own.value("SELECT 1") == "1");
}

TEST_CASE("A statement of twenty megabytes passes", "[session_state]") {
    auto own = session();
    const std::string text(20'000'000, 'x');
    CHECK(own.value("SELECT LENGTH('" + text + "')") == "20000000");
    CHECK(own.value("SELECT '" + text + "'").size() == text.size());
    CHECK(own.value("SELECT 1") == "1");
}
