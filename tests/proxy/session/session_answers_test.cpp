// Statements that only concern the session: answered by a server once, and from then on without.
#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/proxy/session/before_fake_server.hpp"
#include "tests/proxy/session/one_connection.hpp"
#include "tests/proxy/session/wire_client.hpp"

using namespace session_test;
using namespace std::chrono_literals;

namespace {

const std::vector<std::string> statements{
    "SELECT DATABASE()",
    "SELECT SCHEMA() AS s LIMIT 1",
    "SELECT @@sql_mode",
    "SELECT @@session.time_zone AS tz, @@character_set_results, @@autocommit, @@wait_timeout",
    "SELECT CONCAT(@@sql_mode, ',x') AS m, VERSION()",
    "select @@version_comment limit 1",
    "SELECT LAST_INSERT_ID()",
    "SET NAMES utf8mb4",
    "SET NAMES latin1 COLLATE latin1_swedish_ci",
    "SET autocommit = 0",
    "SET sql_mode = 'NO_BACKSLASH_ESCAPES', time_zone = '+03:00'",
    // ActiveRecord
    "SET NAMES utf8mb4,  @@SESSION.sql_mode = CONCAT(CONCAT(@@sql_mode, ',STRICT_ALL_TABLES'), "
    "',NO_AUTO_VALUE_ON_ZERO'),  @@SESSION.sql_auto_is_null = 0, @@SESSION.wait_timeout = 2147483",
    // Connector/J
    "/* mysql-connector-j */SELECT  @@session.auto_increment_increment AS "
    "auto_increment_increment, "
    "@@character_set_client AS character_set_client, @@character_set_connection AS "
    "character_set_connection, @@character_set_results AS character_set_results, "
    "@@character_set_server AS character_set_server, @@collation_server AS collation_server, "
    "@@collation_connection AS collation_connection, @@init_connect AS init_connect, "
    "@@interactive_timeout AS interactive_timeout, @@license AS license, @@lower_case_table_names "
    "AS lower_case_table_names, @@max_allowed_packet AS max_allowed_packet, @@net_write_timeout AS "
    "net_write_timeout, @@performance_schema AS performance_schema, @@sql_mode AS sql_mode, "
    "@@system_time_zone AS system_time_zone, @@time_zone AS time_zone, @@transaction_isolation AS "
    "transaction_isolation, @@wait_timeout AS wait_timeout",
    "SET character_set_results = NULL",
};

wire_client client_of(std::uint16_t port, std::uint32_t capabilities,
                      const std::string& schema = {}) {
    return {port, capabilities, {app.user, app.password, schema}};
}

bool is_learned(wire_client& client) {
    const bytes route = client.ask("SHOW TIDEGATE ROUTE");
    const std::string_view said = "answered as a server answered it before";
    return std::search(route.begin(), route.end(), said.begin(), said.end()) != route.end();
}

}  // namespace

TEST_CASE("A learned answer is the server's, to the last byte, and leaves the same session",
          "[proxy]") {
    namespace c = protocol::capability;
    const std::uint32_t capabilities =
        GENERATE(0u, c::session_track, c::deprecate_eof, c::session_track | c::deprecate_eof);
    const std::string schema = GENERATE(as<std::string>{}, "", "one");
    CAPTURE(capabilities, schema);
    const std::string look =
        "SELECT @@sql_mode, @@time_zone, @@character_set_client, @@character_set_connection, "
        "@@character_set_results, @@collation_connection, @@autocommit, @@wait_timeout, "
        "@@sql_auto_is_null, DATABASE(), USER() LIKE 'app%', CHARSET('x'), COLLATION('x')";
    for (const std::string& statement : statements) {
        CAPTURE(statement);
        auto before = client_of(tidegate().port(), capabilities, schema);
        const bytes asked = before.ask(statement);
        auto session = client_of(tidegate().port(), capabilities, schema);
        auto alone = client_of(server().port(), capabilities, schema);
        const bytes answer = session.ask(statement);
        CHECK(is_learned(session));
        CHECK(answer == alone.ask(statement));
        CHECK(answer == asked);
        // Twice: a SET begins in another state then.
        CHECK(session.ask(statement) == alone.ask(statement));
        CHECK(session.ask(look) == alone.ask(look));
        CHECK(session.ask("SHOW WARNINGS") == alone.ask("SHOW WARNINGS"));
    }
}

TEST_CASE("What only concerns the session needs no connection", "[proxy]") {
    server().query("CREATE TABLE IF NOT EXISTS one.ids (id INT AUTO_INCREMENT PRIMARY KEY)");
    auto one = tidegate().connect(app);
    auto other = tidegate().connect(app);
    const std::string mode = one.value("SELECT @@sql_mode");
    one.query("INSERT INTO one.ids VALUES ()");
    const std::string id = one.value("SELECT LAST_INSERT_ID()");
    one.query("INSERT INTO one.ids VALUES ()");
    const std::string own = other.value("SELECT CONNECTION_ID()");
    {
        auto learning = tidegate().connect(app);
        learning.query("SET NAMES latin1");
        CHECK(learning.value("SELECT @@character_set_client") == "latin1");
    }
    other.query("BEGIN");  // has the only connection now
    CHECK(one.value("SELECT LAST_INSERT_ID()") == std::to_string(std::stoull(id) + 1));
    CHECK(one.value("SELECT CONNECTION_ID()") != own);
    CHECK(one.value("SELECT CONNECTION_ID()") == std::to_string(mysql_thread_id(one.handle())));
    auto third = tidegate().connect(app);
    CHECK(third.value("SELECT @@sql_mode") == mode);
    CHECK(third.value("SELECT LAST_INSERT_ID()") == "0");
    third.query("SET NAMES latin1");
    CHECK(third.value("SELECT @@character_set_client") == "latin1");
    other.query("COMMIT");
    CHECK(third.value("SELECT @@character_set_client, SLEEP(0)") == "latin1");
}

TEST_CASE("A session that asks about its last statement is answered by its own connection",
          "[proxy]") {
    auto one = tidegate().connect(app);
    one.query("SELECT @@sql_mode");
    CHECK(one.query("SHOW WARNINGS").empty());
    one.value("SELECT ROW_COUNT()");  // from here on it may ask again
    one.query("SELECT @@sql_mode");
    CHECK(one.value("SELECT ROW_COUNT()") == "-1");
    one.query("SELECT @@sql_mode");
    CHECK(one.value("SELECT FOUND_ROWS()") == "1");
    one.query("SELECT CAST('x' AS SIGNED)");
    one.query("SELECT @@sql_mode");
    CHECK(one.query("SHOW WARNINGS").empty());
}

namespace {

const std::string question = "SELECT @@max_allowed_packet";

struct learning_fixture : before_fake_server {
    learning_fixture() { backend.known[question] = "1024"; }
    std::ptrdiff_t times_heard() {
        stop();
        return std::count(backend.heard.begin(), backend.heard.end(), question);
    }
};

}  // namespace

TEST_CASE("An answer is learned once", "[proxy]") {
    learning_fixture f;
    f.start();
    wire_client one = f.connect(), other = f.connect();
    const bytes answer = one.ask(question);
    CHECK(one.ask(question) == answer);
    CHECK(other.ask(question) == answer);
    CHECK(f.count().learned_answers.value() == 2);
    CHECK(f.times_heard() == 1);
}

TEST_CASE("Answers are not learned if they may not", "[proxy]") {
    learning_fixture f;
    f.settings.limits.answer_age_max = 0ms;
    f.start();
    wire_client one = f.connect();
    for (int i = 0; i < 3; ++i) one.ask(question);
    CHECK(f.count().learned_answers.value() == 0);
    CHECK(f.times_heard() == 3);
}

TEST_CASE("What was learned is forgotten when global variables are set", "[proxy]") {
    learning_fixture f;
    f.settings.limits.answer_age_max = 1h;
    f.start();
    wire_client one = f.connect();
    one.ask(question);
    one.ask("SET GLOBAL max_allowed_packet = 2048");
    one.ask(question);
    CHECK(f.times_heard() == 2);
}

TEST_CASE("What was learned is forgotten when connections begin in another state", "[proxy]") {
    const bool restarted = GENERATE(false, true);
    learning_fixture f;
    f.settings.limits.answer_age_max = 1h;
    f.backend.time_zone_from["DO 1"] = restarted ? "+02:00" : "SYSTEM";
    f.start();
    wire_client one = f.connect("");
    one.ask(question);
    f.backend.commands_until_fault = 0;
    one.ask("DO 1");  // loses the connection
    one.ask("DO 2");  // opens another one
    one.ask(question);
    CHECK(f.times_heard() == (restarted ? 2 : 1));
}

TEST_CASE("Warnings can be asked for twice, whatever others do meanwhile", "[proxy]") {
    auto one = tidegate().connect(app);
    auto other = tidegate().connect(app);
    one.query("SET sql_mode = ''");
    one.query("SELECT CAST('x' AS SIGNED), CAST('y' AS SIGNED)");
    CHECK(one.query("SHOW WARNINGS").size() == 2);
    // Nobody else gets the only connection in between, if it can wait.
    CHECK(one.value("SHOW COUNT(*) WARNINGS") == "2");
    CHECK(one.query("SHOW WARNINGS").size() == 2);
    CHECK(other.value("SELECT 1") == "1");
}
