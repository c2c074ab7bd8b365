// KILL through Tidegate: the ids that clients know are its own.
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <future>

#include "tests/proxy/session/one_connection.hpp"
#include "tests/support/tidegate_process.hpp"
#include "tests/support/wait_until.hpp"

using namespace session_test;

namespace {

constexpr std::chrono::seconds patience{20};

/// Two threads and enough connections, so that a session can be killed while it works.
support::tidegate_process& roomy() {
    static support::tidegate_process running([](support::tidegate_ports ports) {
        return "listen: {mysql: '127.0.0.1:" + std::to_string(ports.mysql) +
               "', http: '127.0.0.1:" + std::to_string(ports.http) + "'}\nthreads: 2\n" +
               "primary: {host: 127.0.0.1, port: " + std::to_string(server().port()) +
               ", connections_max: 12}\nusers: [{name: app, password: app-password}, "
               "{name: poor, password: poor-password}]\n";
    });
    return running;
}

unsigned error_of(support::mysql_connection& session, const std::string& sql) {
    try {
        session.query(sql);
        return 0;
    } catch (const support::server_error& refused) {
        return refused.number();
    }
}

std::string id_of(support::mysql_connection& session) {
    return session.value("SELECT CONNECTION_ID()");
}

bool sleeps_on_server() {
    return server().value(
               "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE '%SLEEP(60)%' "
               "AND id <> CONNECTION_ID()") != "0";
}

/// A session in the middle of a statement of a minute.
struct sleeper {
    explicit sleeper(const support::login& as = app) : session(roomy().connect(as)) {
        id = id_of(session);
        ended = std::async(std::launch::async, [this] {
            return error_of(session, "SELECT 1 FROM one.t WHERE SLEEP(60)");
        });
        REQUIRE(support::wait_until(patience, sleeps_on_server));
    }
    bool is_over() {
        return ended.wait_for(patience) == std::future_status::ready &&
               support::wait_until(patience, [] { return !sleeps_on_server(); });
    }

    support::mysql_connection session;
    std::string id;
    std::future<unsigned> ended;
};

void make_table() {
    static const auto made = server().query(
        "CREATE TABLE IF NOT EXISTS one.t (a INT); DELETE FROM one.t; INSERT INTO one.t VALUES (1);"
        "CREATE USER poor@'%' IDENTIFIED WITH caching_sha2_password BY 'poor-password';"
        "GRANT SELECT ON one.* TO poor@'%'");
}

const support::login poor{"poor", "poor-password", ""};

}  // namespace

TEST_CASE("CONNECTION_ID() is the id of the greeting, text and prepared, always", "[proxy]") {
    auto one = tidegate().connect(app);
    auto other = tidegate().connect(app);
    const std::string id = std::to_string(mysql_thread_id(one.handle()));
    CHECK(id_of(one) == id);
    CHECK(id_of(other) == std::to_string(mysql_thread_id(other.handle())));
    CHECK(id_of(one) == id);
    CHECK(id_of(one) != id_of(other));
    CHECK(one.value("SELECT CONCAT('', CONNECTION_ID() + 0)") == id);
    // Where the server's own id is meant, it is that.
    CHECK(one.value("SELECT COUNT(*) FROM information_schema.processlist WHERE id = "
                    "CONNECTION_ID()") == "1");
}

TEST_CASE("KILL QUERY ends the statement, on the server too, and not the session", "[proxy]") {
    make_table();
    sleeper victim;
    auto killer = roomy().connect(app);
    killer.query("KILL QUERY " + victim.id);
    REQUIRE(victim.is_over());
    CHECK(victim.ended.get() == 1317);
    CHECK(victim.session.value("SELECT 1") == "1");
    CHECK(id_of(victim.session) == victim.id);
}

TEST_CASE("KILL ends the session and what it does on the server", "[proxy]") {
    make_table();
    sleeper victim;
    auto killer = roomy().connect(app);
    SECTION("as a statement") {
        killer.query("KILL " + victim.id);
    }
    SECTION("with an expression") {
        killer.query("KILL CONNECTION " + victim.id + " + 0");
    }
    SECTION("as COM_PROCESS_KILL") {
        REQUIRE(mysql_kill(killer.handle(), std::stoul(victim.id)) == 0);
    }
    REQUIRE(victim.is_over());
    CHECK(victim.ended.get() >= 1000);
    CHECK(error_of(victim.session, "SELECT 1") >= 2000);
    CHECK(killer.value("SELECT 1") == "1");
}

TEST_CASE("An administrator's KILL on the server itself ends a read, which is not run again",
          "[proxy]") {
    make_table();
    // A server that has not been up for longer than the read might have crashed under it.
    REQUIRE(support::wait_until(patience, [] {
        return !server()
                    .query("SHOW GLOBAL STATUS WHERE Variable_name = 'Uptime' AND Value > 5")
                    .empty();
    }));
    sleeper victim;
    std::string id;
    // KILL CONNECTION is meant for the read once that has run for a moment.
    REQUIRE(support::wait_until(patience, [&] {
        const auto found = server().query(
            "SELECT id FROM information_schema.processlist WHERE info LIKE '%SLEEP(60)%' "
            "AND id <> CONNECTION_ID() AND time >= 2");
        if (!found.empty()) id = found[0].at(0).value();
        return !id.empty();
    }));
    const bool query_only = GENERATE(true, false);
    server().query((query_only ? "KILL QUERY " : "KILL ") + id);
    REQUIRE(victim.is_over());
    CHECK(victim.ended.get() == (query_only ? 1317 : 1053));
    CHECK(victim.session.value("SELECT 1") == "1");
}

TEST_CASE("An idle session with a transaction is killed, and its locks are free", "[proxy]") {
    make_table();
    auto victim = roomy().connect(app);
    victim.query("BEGIN");
    victim.query("UPDATE one.t SET a = 2");
    auto killer = roomy().connect(app);
    killer.query("KILL " + id_of(victim));
    CHECK(error_of(victim, "SELECT 1") >= 2000);
    killer.query("UPDATE one.t SET a = 1");
}

TEST_CASE("A session may kill itself", "[proxy]") {
    auto one = roomy().connect(app);
    CHECK(error_of(one, "KILL QUERY CONNECTION_ID()") == 1317);
    CHECK(one.value("SELECT 1") == "1");
    CHECK(error_of(one, "KILL " + id_of(one)) == 1317);
    CHECK(error_of(one, "SELECT 1") >= 2000);
}

TEST_CASE("Only one's own sessions may be killed, unless one is privileged", "[proxy]") {
    make_table();
    auto rich = roomy().connect(app);
    auto one = roomy().connect(poor);
    CHECK(error_of(one, "KILL " + id_of(rich)) == 1095);
    CHECK(rich.value("SELECT 1") == "1");
    CHECK(error_of(rich, "KILL " + id_of(one)) == 1095);
    server().query("GRANT CONNECTION_ADMIN ON *.* TO app@'%'");
    CHECK(error_of(rich, "KILL " + id_of(one)) == 0);
    server().query("REVOKE CONNECTION_ADMIN ON *.* FROM app@'%'");
    CHECK(error_of(one, "SELECT 1") >= 2000);
}

TEST_CASE("Ids that nobody has, and KILL in odd places, are refused as on a server", "[proxy]") {
    auto one = roomy().connect(app);
    CHECK(error_of(one, "KILL 1999999999") == 1094);
    CHECK(error_of(one, "KILL 4000000") == 1094);  // the server's word
    CHECK(error_of(one, "KILL 'x'") != 0);
    CHECK(error_of(one, "KILL") == 1064);
    CHECK(error_of(one, "SELECT 1; KILL 5") == 1235);
    CHECK(one.value("SELECT 1") == "1");
}

TEST_CASE("The statement of a client that has left ends on the server", "[proxy]") {
    make_table();
    {
        sleeper gone;
        ::shutdown(static_cast<int>(mysql_get_socket(gone.session.handle())), SHUT_RDWR);
        REQUIRE(gone.is_over());
    }
    auto one = roomy().connect(app);
    CHECK(one.value("SELECT 1") == "1");
}
