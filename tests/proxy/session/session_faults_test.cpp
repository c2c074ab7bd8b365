// A server that hangs up on the n-th command of a session, for every n: the client gets an answer,
// an error or the end of its connection, nothing is kept on loan, and the next client is served.
#include <catch2/catch.hpp>

#include "tests/proxy/session/before_fake_server.hpp"
#include "tests/support/wait_until.hpp"

using namespace session_test;
using namespace std::chrono_literals;
using protocol::command;

namespace {

/// Whose server's answers take more than one read.
struct faulty_fixture : before_fake_server {
    faulty_fixture() {
        backend.row_bytes = 50'000;
        backend.known["SELECT LAST_INSERT_ID() LIMIT 1"] = "5";
        start();
    }
};

const std::vector<wire_command> conversation{
    "DO 1",
    "SELECT rows",
    {command::init_db, "other"},
    "INSERT INTO t VALUES (1)",
    {command::stmt_prepare, "SELECT 1"},
    {command::stmt_execute, bytes{1, 0, 0, 0, 0, 1, 0, 0, 0}},
    {command::stmt_prepare, "SELECT 2"},
    {command::stmt_execute, bytes{2, 0, 0, 0, 0, 1, 0, 0, 0}},
    "SELECT LAST_INSERT_ID()",
    "SELECT LAST_INSERT_ID(5)",
    "CREATE TEMPORARY TABLE x (a INT)",  // the session keeps its connection
    "SELECT rows",
    {command::reset_connection, ""},
    "SELECT rows",
    {command::ping, ""},
};

/// How many of the answers came; those behind an error too.
std::size_t talk(const faulty_fixture& f) {
    std::size_t answers = 0;
    try {
        wire_client client = f.connect();
        for (const wire_command& next : conversation) {
            client.ask(next);
            ++answers;
        }
    } catch (const std::runtime_error&) {  // the connection ended: an honest answer as well
    }
    return answers;
}

}  // namespace

TEST_CASE("Whatever command a server hangs up on, no connection is kept and others are served",
          "[proxy]") {
    const bool half = GENERATE(false, true);
    faulty_fixture f;
    f.backend.fault_is_half_an_answer = half;
    REQUIRE(talk(f) == conversation.size());
    const auto commands = f.backend.heard.size();
    CHECK(commands > conversation.size());
    for (int n = 0; n < static_cast<int>(commands) + 2; ++n) {
        CAPTURE(half, n);
        f.backend.commands_until_fault = n;
        talk(f);
        f.backend.commands_until_fault = -1;
        CHECK(talk(f) == conversation.size());
        CHECK(support::wait_until(10s, [&] {
            return f.count().backend_in_use.value() == 0 && f.count().clients_current.value() == 0;
        }));
    }
}

TEST_CASE("A read is tried again on another connection, a write is not", "[proxy]") {
    faulty_fixture f;
    wire_client client = f.connect();
    const bytes whole = client.ask("SELECT rows");
    client.ask("DO 1");
    f.backend.commands_until_fault = 0;
    CHECK(client.ask("SELECT rows") == whole);
    CHECK(f.count().read_retries.value() == 1);
    f.backend.commands_until_fault = 0;
    const bytes refused = client.ask("INSERT INTO t VALUES (1)");
    REQUIRE(refused.size() > 7);
    CHECK(refused[4] == 0xff);
    CHECK(refused[5] + 256 * refused[6] == 1053);
    CHECK(client.ask("SELECT rows") == whole);
}

TEST_CASE("A read that loses one connection after another is tried again as often as allowed",
          "[proxy]") {
    before_fake_server f;
    f.settings.limits.read_retries_max = 3;
    f.backend.known["SELECT 1"] = "1";
    const int losses = GENERATE(3, 4);
    CAPTURE(losses);
    SECTION("in time") {
        f.start();
        wire_client client = f.connect();
        const bytes whole = client.ask("SELECT 1");
        f.backend.faults_left = losses;
        const bytes answer = client.ask("SELECT 1");
        CHECK((answer == whole) == (losses == 3));
        CHECK(f.count().read_retries.value() == 3);
    }
    SECTION("but not when its time is over") {
        f.settings.limits.read_retry_time = 0ms;
        f.start();
        wire_client client = f.connect();
        f.backend.faults_left = losses;
        CHECK(client.ask("SELECT 1")[4] == 0xff);
        CHECK(f.count().read_retries.value() == 0);
    }
}

TEST_CASE("A read that the server has closed the connection of runs again only after a crash",
          "[proxy]") {
    before_fake_server f;
    f.backend.known["SELECT 1"] = "1";
    const char* uptime = GENERATE("100000", "1", "no number");
    const bool goes_on = std::string_view(uptime) == "100000";
    const bool at_once = GENERATE(false, true);
    CAPTURE(uptime, at_once);
    f.backend.known["SHOW GLOBAL STATUS LIKE 'Uptime'"] = uptime;
    f.start();
    wire_client client = f.connect();
    const bytes whole = client.ask("SELECT 1");
    if (!at_once) f.backend.fault_after_milliseconds = 1100;
    f.backend.faults_left = 1;
    const bytes answer = client.ask("SELECT 1");
    // Of a connection that is closed at once nobody knows that a statement has been meant.
    const bool killed = goes_on && !at_once;
    CHECK((answer == whole) == !killed);
    if (killed) {
        REQUIRE(answer.size() > 7);
        CHECK(answer[4] == 0xff);
        CHECK(answer[5] + 256 * answer[6] == 1053);
    }
    CHECK(f.count().read_retries.value() == (killed ? 0 : 1));
    CHECK(client.ask("SELECT 1") == whole);
}

TEST_CASE("A read that may do more than read is not tried again", "[proxy]") {
    const bool prepared = GENERATE(false, true);
    CAPTURE(prepared);
    faulty_fixture f;
    wire_client client = f.connect();
    const std::string text = "SELECT stored_function()";
    wire_command what = text;
    if (prepared) {
        client.ask({command::stmt_prepare, text});
        what = {command::stmt_execute, bytes{1, 0, 0, 0, 0, 1, 0, 0, 0}};
    }
    client.ask("DO 1");
    f.backend.commands_until_fault = 0;
    CHECK(client.ask(what)[4] == 0xff);
    CHECK(f.count().read_retries.value() == 0);
}
