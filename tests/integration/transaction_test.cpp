#include <atomic>
#include <catch2/catch.hpp>
#include <random>
#include <thread>

#include "tests/integration/cluster.hpp"
#include "tests/support/wait_until.hpp"

using namespace integration;
using namespace std::chrono_literals;

namespace {

constexpr int sessions = 20;
constexpr int accounts = 10;
constexpr int transfers = 30;  // of one session

cluster& shared() {
    static cluster servers({
        .schema =
            "CREATE DATABASE bank; CREATE TABLE bank.accounts (id INT PRIMARY KEY, amount INT);"
            "CREATE TABLE bank.log (id INT AUTO_INCREMENT PRIMARY KEY, session INT, n INT)",
        .primary_connections_max = 2,
        .settings = "threads: 1\nlimits: {queue_timeout: 60s}\n",
    });
    return servers;
}

/// One application thread that moves money; what it finds wrong it writes down, since only the
/// main thread may assert.
class teller {
public:
    teller(int number, unsigned seed) : number_(number), random_(seed) {}

    void work() {
        try {
            auto session = shared().connect("bank");
            for (int n = 0; n < transfers; ++n) {
                // A deadlock's victim has been rolled back by the server and tries again.
                while (!transfer(session, n)) {
                }
            }
        } catch (const std::exception& error) {
            problem = error.what();
        }
    }

    std::string problem{};

private:
    bool transfer(support::mysql_connection& session, int n) {
        try {
            move_money(session, n);
            return true;
        } catch (const support::server_error& error) {
            constexpr unsigned deadlock = 1213;
            if (error.number() != deadlock) throw;
            return false;
        }
    }

    void move_money(support::mysql_connection& session, int n) {
        const int from = static_cast<int>(random_() % accounts);
        const int to = (from + 1 + static_cast<int>(random_() % (accounts - 1))) % accounts;
        const std::string marker = std::to_string(number_ * 1000 + n);
        const bool by_autocommit = random_() % 2 == 0;
        session.query(by_autocommit ? "SET autocommit = 0" : "START TRANSACTION");
        session.query("UPDATE accounts SET amount = amount - 7 WHERE id = " + std::to_string(from));
        const auto id = [&] { return session.value("SELECT CONNECTION_ID()"); };
        const std::string connection = id();
        session.query("UPDATE accounts SET amount = amount + 7 WHERE id = " + std::to_string(to));
        session.query("INSERT INTO log (session, n) VALUES (" + std::to_string(number_) + ", " +
                      marker + ")");
        if (session.value("SELECT n FROM log WHERE id = LAST_INSERT_ID()") != marker)
            problem = "LAST_INSERT_ID() is another session's";
        if (id() != connection) problem = "the transaction changed its connection";
        session.query(random_() % 4 == 0 ? "ROLLBACK" : "COMMIT");
        if (by_autocommit) session.query("SET autocommit = 1");
    }

    int number_;
    std::mt19937 random_;
};

}  // namespace

TEST_CASE("Transactions of 20 sessions over 2 connections neither mix nor get lost",
          "[transactions]") {
    shared().primary().query("DELETE FROM bank.accounts; DELETE FROM bank.log");
    for (int i = 0; i < accounts; ++i)
        shared().primary().query("INSERT INTO bank.accounts VALUES (" + std::to_string(i) +
                                 ", 1000)");
    const unsigned seed = std::random_device{}();
    CAPTURE(seed);
    std::vector<teller> tellers;
    for (int i = 0; i < sessions; ++i) tellers.emplace_back(i, seed + static_cast<unsigned>(i));
    {
        std::vector<std::jthread> threads;
        for (teller& t : tellers) threads.emplace_back([&t] { t.work(); });
    }
    for (const teller& t : tellers) CHECK(t.problem == "");
    CHECK(shared().primary().value("SELECT SUM(amount) FROM bank.accounts") == "10000");
    CHECK(shared().metric("tidegate_backend_connections") <= 2);
}

TEST_CASE("A transaction that its client leaves open is rolled back", "[transactions]") {
    shared().primary().query("REPLACE INTO bank.accounts VALUES (1, 1000)");
    {
        auto session = shared().connect("bank");
        session.query("BEGIN; UPDATE accounts SET amount = 0 WHERE id = 1");
    }
    auto other = shared().connect("bank");
    CHECK(other.value("SELECT amount FROM accounts WHERE id = 1 FOR UPDATE") == "1000");
}

TEST_CASE("A transaction that began with a statement that failed is rolled back, too",
          "[transactions]") {
    shared().primary().query(
        "REPLACE INTO bank.accounts VALUES (1, 1000); DROP PROCEDURE IF EXISTS bank.begin_and_fail;"
        "CREATE PROCEDURE bank.begin_and_fail() BEGIN START TRANSACTION;"
        "UPDATE accounts SET amount = 0 WHERE id = 1; SIGNAL SQLSTATE '45000'; END");
    // Nothing in the answer says so: an ERR packet has no status flags.
    const auto failing =
        GENERATE(std::pair<std::string, std::string>{"0", "INSERT INTO accounts VALUES (1, 0)"},
                 std::pair<std::string, std::string>{"1", "CALL begin_and_fail()"});
    CAPTURE(failing.second);
    const std::string row = "SELECT amount FROM bank.accounts WHERE id = 1 FOR UPDATE";
    {
        auto session = shared().connect("bank");
        session.query("SET autocommit = " + failing.first);
        REQUIRE_THROWS_AS(session.query(failing.second), support::server_error);
        CHECK_THROWS_AS(shared().primary().query(row + " NOWAIT"), support::server_error);
    }
    shared().primary().query("SET innodb_lock_wait_timeout = 10");
    CHECK(shared().primary().value(row) == "1000");
}

TEST_CASE("SET TRANSACTION holds for the next transaction, whatever runs in between",
          "[transactions]") {
    auto session = shared().connect("bank");
    auto other = shared().connect("bank");
    session.query("SET TRANSACTION ISOLATION LEVEL READ COMMITTED");
    for (int i = 0; i < 3; ++i) other.query("BEGIN; SELECT COUNT(*) FROM accounts; COMMIT");
    shared().primary().query("REPLACE INTO bank.accounts VALUES (2, 1)");
    session.query("BEGIN");
    CHECK(session.value("SELECT amount FROM accounts WHERE id = 2") == "1");
    shared().primary().query("UPDATE bank.accounts SET amount = 2 WHERE id = 2");
    CHECK(session.value("SELECT amount FROM accounts WHERE id = 2") == "2");  // as READ COMMITTED
    session.query("COMMIT; BEGIN");
    CHECK(session.value("SELECT amount FROM accounts WHERE id = 2") == "2");
    shared().primary().query("UPDATE bank.accounts SET amount = 3 WHERE id = 2");
    CHECK(session.value("SELECT amount FROM accounts WHERE id = 2") == "2");  // REPEATABLE READ
    session.query("COMMIT");
}

TEST_CASE("A session that waits too long for a connection gets an error and lives on",
          "[transactions]") {
    cluster servers(
        {.primary_connections_max = 1, .settings = "threads: 1\nlimits: {queue_timeout: 300ms}\n"});
    auto holder = servers.connect();
    holder.query("BEGIN; SELECT 1");
    auto waiting = servers.connect();
    try {
        waiting.query("SELECT 1");
        FAIL("was served");
    } catch (const support::server_error& error) {
        CAPTURE(error.what());
        CHECK_THAT(error.what(), Catch::Contains("connections_max"));
    }
    holder.query("COMMIT");
    CHECK(waiting.value("SELECT 2") == "2");
}

TEST_CASE("A transaction whose connection is lost ends with an error and is never sent twice",
          "[transactions]") {
    auto session = shared().connect("bank");
    shared().primary().query("DELETE FROM bank.log");
    session.query("BEGIN; INSERT INTO log (session, n) VALUES (1, 1)");
    // The server's id of the connection that has the transaction.
    const std::string id =
        session.value("SELECT id FROM information_schema.processlist WHERE id = CONNECTION_ID()");
    shared().primary().query("KILL " + id);
    CHECK_THROWS_AS(session.query("INSERT INTO log (session, n) VALUES (1, 2)"),
                    support::server_error);
    auto next = shared().connect("bank");
    CHECK(next.value("SELECT COUNT(*) FROM log") == "0");
}

TEST_CASE("An idle session does not notice that the server closed its connections",
          "[transactions]") {
    auto session = shared().connect("bank");
    session.query("SET time_zone = '+04:00'");
    for (const support::row& process : shared().primary().query(
             "SELECT id FROM information_schema.processlist WHERE user = 'app'"))
        shared().primary().query("KILL " + process.at(0).value());
    CHECK(session.value("SELECT @@time_zone") == "+04:00");
}
