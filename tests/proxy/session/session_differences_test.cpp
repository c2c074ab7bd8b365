// What docs/compatibility.md says of statements about the connection itself.
#include <catch2/catch.hpp>
#include <future>

#include "tests/proxy/session/one_connection.hpp"
#include "tests/support/wait_until.hpp"

using namespace session_test;
using namespace std::chrono_literals;

namespace {

unsigned error_of(support::mysql_connection& session, const std::string& sql) {
    try {
        session.query(sql);
        return 0;
    } catch (const support::server_error& refused) {
        return refused.number();
    }
}

std::string counter(support::mysql_connection& session, const std::string& name) {
    return session.query("SHOW SESSION STATUS LIKE '" + name + "'").at(0).at(1).value();
}

}  // namespace

TEST_CASE("EXPLAIN FOR CONNECTION takes the server's ids, not Tidegate's", "[proxy]") {
    auto one = tidegate().connect(app);
    CHECK(error_of(one, "EXPLAIN FOR CONNECTION " + one.value("SELECT CONNECTION_ID()")) == 1094);
    // One that runs: of a session of the server's own, which SHOW PROCESSLIST tells.
    auto busy = server().connect(app);
    const std::string id = std::to_string(mysql_thread_id(busy.handle()));
    server().query("CREATE TABLE IF NOT EXISTS one.explained (a INT)");
    server().query("DELETE FROM one.explained; INSERT INTO one.explained VALUES (1)");
    auto ended = std::async(std::launch::async, [&] {
        return error_of(busy, "SELECT a FROM one.explained WHERE SLEEP(60)");
    });
    CHECK(support::wait_until(20s, [&] {
        const auto plan = one.query("EXPLAIN FORMAT=TRADITIONAL FOR CONNECTION " + id);
        return !plan.empty() && plan.at(0).at(2) == "explained";
    }));
    server().query("KILL QUERY " + id);
    CHECK(ended.get() == 1317);
}

TEST_CASE("The counters of SHOW SESSION STATUS are those of the shared connection", "[proxy]") {
    auto one = tidegate().connect(app);
    auto other = tidegate().connect(app);
    one.query("FLUSH STATUS");
    CHECK(counter(one, "Com_delete") == "0");
    other.query("CREATE TABLE IF NOT EXISTS one.counted (a INT)");
    other.query("DELETE FROM one.counted");
    CHECK(counter(one, "Com_delete") == "1");
    // In a transaction nobody else comes between.
    one.query("BEGIN");
    const std::string before = counter(one, "Com_delete");
    one.query("DELETE FROM one.counted");
    CHECK(std::stoi(counter(one, "Com_delete")) == std::stoi(before) + 1);
    one.query("COMMIT");
}

TEST_CASE("USER() names the host of Tidegate", "[proxy]") {
    auto one = tidegate().connect(app);
    const std::string user = one.value("SELECT USER()");
    CHECK(user == one.value("SELECT CONCAT(user, '@', SUBSTRING_INDEX(host, ':', 1)) FROM "
                            "information_schema.processlist WHERE id = CONNECTION_ID()"));
    CHECK(one.value("SELECT CURRENT_USER()") == "app@%");
}
