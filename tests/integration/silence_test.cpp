// A primary that is frozen: it closes nothing and says nothing.
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <future>
#include <optional>

#include "tests/integration/cluster.hpp"
#include "tests/support/http_get.hpp"
#include "tests/support/wait_until.hpp"

using namespace integration;
using namespace std::chrono_literals;

namespace {

/// The number of the error that `sql` ends with on a session of its own thread; 0 if it succeeds.
std::future<unsigned> result_of(support::mysql_connection& session, const std::string& sql) {
    return std::async(std::launch::async, [&session, sql]() -> unsigned {
        try {
            session.query(sql);
            return 0;
        } catch (const support::server_error& error) {
            return error.number();
        }
    });
}

struct frozen_primary {
    explicit frozen_primary(const std::string& silence_timeout) {
        servers.emplace(cluster_options{
            .schema = "CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY, n INT);"
                      "INSERT INTO shop.t VALUES (1, 0), (2, 0)",
            .settings =
                "limits: {connect_timeout: 300ms, silence_timeout: " + silence_timeout + "}\n"});
    }
    ~frozen_primary() { thaw(); }

    /// Returns when the probe has found that it does not answer.
    void freeze() {
        ::kill(servers->primary().pid(), SIGSTOP);
        REQUIRE(support::wait_until(20s, [&] { return !is_ready(); }));
    }
    void thaw() { ::kill(servers->primary().pid(), SIGCONT); }
    bool is_ready() {
        return support::http_get(servers->tidegate().http_port(), "/readyz").status == 200;
    }

    std::optional<cluster> servers;
};

}  // namespace

TEST_CASE("Whoever waits for a frozen primary is told that its connection is lost", "[lifecycle]") {
    frozen_primary f("1s");
    auto reader = f.servers->connect("shop");
    auto writer = f.servers->connect("shop");
    auto transaction = f.servers->connect("shop");
    transaction.query("BEGIN; UPDATE t SET n = n + 1 WHERE id = 2");
    reader.query("SELECT 1");
    f.freeze();
    auto reading = result_of(reader, "SELECT n FROM t");
    auto writing = result_of(writer, "UPDATE t SET n = n + 1 WHERE id = 1");
    auto going_on = result_of(transaction, "SELECT n FROM t WHERE id = 2");
    for (auto* one : {&reading, &writing, &going_on})
        REQUIRE(one->wait_for(20s) == std::future_status::ready);
    CHECK(reading.get() == 1053);
    CHECK(writing.get() == 1053);
    CHECK(going_on.get() == 1053);

    f.thaw();
    REQUIRE(support::wait_until(20s, [&] { return f.is_ready(); }));
    CHECK(reader.value("SELECT n FROM t WHERE id = 2") == "0");
    writer.query("UPDATE t SET n = n + 10 WHERE id = 1");
    // What was sent before may have been run when the server went on, but once only.
    const std::string n = reader.value("SELECT n FROM t WHERE id = 1");
    CHECK((n == "10" || n == "11"));
    CHECK_THROWS_AS(transaction.query("COMMIT"), support::server_error);
}

TEST_CASE("Without limits.silence_timeout a frozen primary is waited for", "[lifecycle]") {
    frozen_primary f("0");
    auto writer = f.servers->connect("shop");
    writer.query("BEGIN; UPDATE t SET n = 5 WHERE id = 1");
    f.freeze();
    auto writing = result_of(writer, "COMMIT");
    CHECK(writing.wait_for(1s) == std::future_status::timeout);
    f.thaw();
    REQUIRE(writing.wait_for(20s) == std::future_status::ready);
    CHECK(writing.get() == 0);
    CHECK(f.servers->primary().value("SELECT n FROM shop.t WHERE id = 1") == "5");
}
