// What people get wrong: each has a message that says what to do, and nothing crashes.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

#include "tests/integration/cluster.hpp"
#include "tests/support/free_port.hpp"
#include "tests/support/http_get.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/wait_until.hpp"

using namespace integration;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

struct settings {
    std::string mysql_listen = "127.0.0.1:" + std::to_string(support::free_port());
    std::uint16_t http_port = support::free_port();
    std::uint16_t primary_port = 0;
    std::string password = "app-password";
    std::uint16_t edge_port = 0;  // 0: no edge
    std::string table = "shop.t";
};

std::string configuration(const settings& s) {
    std::string text = "listen:\n  mysql: " + s.mysql_listen +
                       "\n  http: 127.0.0.1:" + std::to_string(s.http_port) +
                       "\nprimary: {host: 127.0.0.1, port: " + std::to_string(s.primary_port) +
                       "}\nusers:\n  - {name: app, password: " + s.password + "}\n";
    if (s.edge_port == 0) return text;
    return text + "edges:\n  - name: east\n    server: {host: 127.0.0.1, port: " +
           std::to_string(s.edge_port) +
           "}\n    replication:\n"
           "      source: {user: tidegate, password: tidegate-password}\n"
           "      edge: {user: tidegate, password: tidegate-password}\n"
           "      tables: [{table: " +
           s.table + "}]\n";
}

/// A tidegate.yaml on disk.
class file {
public:
    explicit file(const std::string& text) { std::ofstream(path()) << text; }
    std::string path() const { return (folder_.path() / "tidegate.yaml").string(); }

private:
    support::temp_folder folder_;
};

support::command_result run(const std::string& command, const std::string& text) {
    const file config(text);
    return support::run_tidegate({command, "--config", config.path()});
}

support::mysql_server& primary() {
    static support::mysql_server server;
    static const bool has_schema = [] {
        server.query(
            "CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY);"
            "INSERT INTO shop.t VALUES (1);"
            "CREATE TABLE shop.keyless (id INT)");
        return true;
    }();
    (void)has_schema;
    return server;
}

support::mysql_server& edge() {
    static support::mysql_server server({.edge = true});
    return server;
}

// `check` finds it, and so does a running Tidegate, which serves from the primary meanwhile.
void expect_no_replication(const settings& s, const std::string& what) {
    const support::command_result checked = run("check", configuration(s));
    CHECK(checked.exit_status == 1);
    CHECK_THAT(checked.output, Contains(what));

    settings running = s;
    const support::tidegate_process tidegate([&](support::tidegate_ports ports) {
        running.mysql_listen = "127.0.0.1:" + std::to_string(ports.mysql);
        running.http_port = ports.http;
        return configuration(running);
    });
    std::string status;
    CHECK(support::wait_until(10s, [&] {
        status = support::http_get(tidegate.http_port(), "/v1/status").body;
        return status.find(what) != std::string::npos;
    }));
    CAPTURE(status);
    CHECK_THAT(tidegate.log(), Contains(what));
    auto session = tidegate.connect();
    CHECK(session.value("SELECT COUNT(*) FROM shop.t") == "1");
    CHECK(last_route(session).role == "primary");
}

}  // namespace

TEST_CASE("An unknown key of the configuration is reported with its line", "[bad_input]") {
    for (const std::string command : {"check", "serve"}) {
        CAPTURE(command);
        const auto result =
            run(command, configuration({.primary_port = 1}) + "routing:\n  wiat: 10ms\n");
        CHECK(result.exit_status == 1);
        CHECK_THAT(result.output, Contains("tidegate.yaml:8: ") && Contains("wiat"));
    }
}

TEST_CASE("A configuration that is no YAML is one problem with its line", "[bad_input]") {
    const auto result = run("serve", "listen: {mysql: 127.0.0.1:1\nprimary: ]\n");
    CHECK(result.exit_status == 1);
    CHECK_THAT(result.output, Contains("tidegate.yaml:"));
}

TEST_CASE("Tidegate refuses to start on a port that is in use, and names it", "[bad_input]") {
    const std::string taken = "127.0.0.1:" + std::to_string(primary().port());
    const auto mysql =
        run("serve", configuration({.mysql_listen = taken, .primary_port = primary().port()}));
    CHECK(mysql.exit_status == 1);
    CHECK_THAT(mysql.output, Contains(taken) && Contains("in use"));

    const auto http = run(
        "serve", configuration({.http_port = primary().port(), .primary_port = primary().port()}));
    CHECK(http.exit_status == 1);
    CHECK_THAT(http.output, Contains(taken) && Contains("in use"));
}

TEST_CASE("A primary that refuses the password is reported, and clients are told", "[bad_input]") {
    const settings s{.primary_port = primary().port(), .password = "not-the-password"};
    const auto checked = run("check", configuration(s));
    CHECK(checked.exit_status == 1);
    CHECK_THAT(checked.output, Contains("app") && Contains("cannot log in"));
    CHECK_THAT(checked.output, !Contains("not-the-password"));

    const file config(configuration(s));
    support::temp_folder folder;
    const char* const chosen = std::getenv("TIDEGATE_BINARY");  // as tests/support does
    support::child_process tidegate({chosen != nullptr ? chosen : TIDEGATE_BINARY_DIR "/tidegate",
                                     "serve", "--config", config.path()},
                                    folder.path() / "log");
    std::string ready;
    REQUIRE(support::wait_until(20s, [&] {
        const support::http_response answer = support::http_get(s.http_port, "/readyz");
        ready = answer.body;
        return answer.status == 503 && ready.find("Access denied") != std::string::npos;
    }));
    const auto port =
        static_cast<std::uint16_t>(std::stoi(s.mysql_listen.substr(s.mysql_listen.find(':') + 1)));
    // The client's password is right, as far as Tidegate knows; the server's answer is passed on.
    try {
        support::mysql_connection session("127.0.0.1", port, {"app", "not-the-password", ""});
        session.query("SELECT 1");
        FAIL("was served");
    } catch (const support::server_error& error) {
        CAPTURE(error.what());
        CHECK(error.number() == 1045);
    }
    CHECK(tidegate.running());
}

TEST_CASE("A client with a wrong password or user is turned away as MySQL does", "[bad_input]") {
    static cluster servers(cluster_options{});
    for (const support::login& who :
         {support::login{"app", "wrong", ""}, support::login{"app", "", ""},
          support::login{"nobody", "app-password", ""}, support::login{"", "", ""}}) {
        CAPTURE(who.user, who.password);
        try {
            const auto session = servers.tidegate().connect(who);
            FAIL("was let in");
        } catch (const support::server_error& error) {
            CAPTURE(error.what());
            CHECK(error.number() == 1045);
        }
    }
    try {
        const auto session = servers.connect("no_such_schema");
        FAIL("was let in");
    } catch (const support::server_error& error) {
        CHECK(error.number() == 1049);
    }
    CHECK(servers.connect().value("SELECT 1") == "1");
}

TEST_CASE("A primary that is down makes /readyz fail and clients get an error that says so",
          "[bad_input]") {
    cluster servers(cluster_options{});
    auto session = servers.connect();
    servers.primary().stop();
    try {
        session.query("SELECT 1");
        FAIL("was served");
    } catch (const support::server_error& error) {
        CAPTURE(error.what());
        // Not 2000 to 2999: client libraries of MariaDB take those for a broken server's.
        constexpr unsigned malformed_packet = 2027;
        CHECK(error.number() != malformed_packet);
        CHECK_THAT(error.what(), Contains("primary"));
    }
    CHECK(support::wait_until(20s, [&] {
        return support::http_get(servers.tidegate().http_port(), "/readyz").status == 503;
    }));
    CHECK(support::http_get(servers.tidegate().http_port(), "/healthz").status == 200);
    const auto checked =
        support::run_tidegate({"check", "--config", servers.tidegate().config_file().string()});
    CHECK(checked.exit_status == 1);
    CHECK_THAT(checked.output, Contains("cannot be reached"));
}

TEST_CASE("A source without GTIDs is refused with what to set", "[bad_input]") {
    support::mysql_server source(
        {.arguments = {"--gtid-mode=OFF", "--enforce-gtid-consistency=OFF"}});
    source.query(
        "CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY);"
        "INSERT INTO shop.t VALUES (1)");
    expect_no_replication({.primary_port = source.port(), .edge_port = edge().port()},
                          "gtid_mode=OFF");
}

TEST_CASE("A source with statement format is refused with what to set", "[bad_input]") {
    support::mysql_server source({.arguments = {"--binlog-format=STATEMENT"}});
    source.query(
        "CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY);"
        "INSERT INTO shop.t VALUES (1)");
    expect_no_replication({.primary_port = source.port(), .edge_port = edge().port()},
                          "binlog_format=STATEMENT");
}

TEST_CASE("A kept table without a primary key is refused by its name", "[bad_input]") {
    expect_no_replication(
        {.primary_port = primary().port(), .edge_port = edge().port(), .table = "shop.keyless"},
        "shop.keyless has no primary key");
}

TEST_CASE("A kept table that does not exist is refused by its name", "[bad_input]") {
    expect_no_replication(
        {.primary_port = primary().port(), .edge_port = edge().port(), .table = "shop.nowhere"},
        "shop.nowhere does not exist");
}
