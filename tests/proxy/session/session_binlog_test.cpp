// Replicas and mysqlbinlog read the primary's binlog through Tidegate.
#include <signal.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>

#include "tests/proxy/session/one_connection.hpp"
#include "tests/proxy/session/wire_client.hpp"
#include "tests/support/http_get.hpp"
#include "tests/support/mysql_server.hpp"
#include "tests/support/tidegate_process.hpp"
#include "tests/support/wait_until.hpp"

using namespace session_test;
using namespace std::chrono_literals;
using protocol::command;

namespace {

constexpr auto patience = 30s;

support::mysql_server& source() {
    static support::mysql_server running(
        {.arguments = {"--plugin-load-add=semisync_source.so", "--rpl-semi-sync-source-enabled=ON",
                       "--rpl-semi-sync-source-timeout=60000",
                       "--rpl-semi-sync-source-wait-no-replica=OFF"}});
    static const auto made = running.query(
        "CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY, s LONGTEXT);"
        "SET SESSION binlog_rows_query_log_events = ON;"
        "INSERT INTO shop.t VALUES (1, REPEAT('x', 20000000)), (2, 'two'); FLUSH BINARY LOGS;"
        "INSERT INTO shop.t VALUES (3, 'three')");
    return running;
}

std::string config(support::tidegate_ports ports, const std::string& more) {
    return "listen: {mysql: '127.0.0.1:" + std::to_string(ports.mysql) +
           "', http: '127.0.0.1:" + std::to_string(ports.http) + "'}\nthreads: 1\n" +
           "primary: {host: 127.0.0.1, port: " + std::to_string(source().port()) +
           ", connections_max: 4}\nusers:\n"
           "  - {name: app, password: app-password}\n"
           "  - {name: tidegate, password: tidegate-password, binlog_dump: true}\n" +
           more;
}

support::tidegate_process& before_it() {
    static support::tidegate_process running([](support::tidegate_ports ports) {
        return config(ports, "limits: {queue_timeout: 5s}\n");
    });
    return running;
}

std::string read(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> mysqlbinlog(std::uint16_t port,
                                     const std::vector<std::string>& arguments) {
    std::vector<std::string> all{TIDEGATE_SOURCE_DIR "/scripts/mysql_tool",
                                 "mysqlbinlog",
                                 "--no-defaults",
                                 "-h127.0.0.1",
                                 "-P" + std::to_string(port),
                                 "-utidegate",
                                 "-ptidegate-password",
                                 "--get-server-public-key"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return all;
}

std::string events(std::uint16_t port, const std::vector<std::string>& arguments) {
    const support::temp_folder folder;
    support::child_process tool(mysqlbinlog(port, arguments), folder.path() / "out");
    const auto status = tool.wait(patience);
    UNSCOPED_INFO("status " << status.value_or(-1));
    return read(folder.path() / "out");
}

std::string in_use() {
    const std::string text = support::http_get(before_it().http_port(), "/metrics").body;
    const std::string name = "\ntidegate_backend_connections_in_use ";
    const auto at = text.find(name);
    return text.substr(at + name.size(), text.find('\n', at + 1) - at - name.size());
}

bool nobody_is_served() {
    return support::wait_until(patience, [] { return in_use() == "0"; });
}

std::string pins() {
    return support::http_get(before_it().http_port(), "/v1/pins").body;
}

}  // namespace

TEST_CASE("mysqlbinlog reads through Tidegate what it reads from the server", "[proxy]") {
    const std::vector<std::string> how = GENERATE(
        std::vector<std::string>{"--read-from-remote-server", "binlog.000001", "binlog.000002"},
        std::vector<std::string>{"--read-from-remote-source=BINLOG-DUMP-GTIDS", "--to-last-log",
                                 "binlog.000001"},
        std::vector<std::string>{"--read-from-remote-server", "--verify-binlog-checksum", "-vv",
                                 "--to-last-log", "--compression-algorithms=zlib",
                                 "binlog.000001"});
    const std::string directly = events(source().port(), how);
    const std::string through = events(before_it().port(), how);
    CHECK(directly.find("ERROR") == std::string::npos);
    CHECK(directly.size() > 1000);
    CHECK(through.size() == directly.size());
    const bool same = through == directly;
    CHECK(same);
    CHECK(nobody_is_served());
}

TEST_CASE("A user that may not read the binlog is told so, and goes on", "[proxy]") {
    wire_client client(before_it().port(), protocol::capability::plugin_auth_lenenc_data, app);
    for (const command sent :
         {command::register_replica, command::binlog_dump, command::binlog_dump_gtid}) {
        const bytes told = client.ask({sent, bytes(20)});
        REQUIRE(told.size() > 13);
        CHECK(told[4] == 0xff);
        CHECK(told[5] + 256 * told[6] == 1227);
        CHECK(std::string(told.begin() + 8, told.begin() + 13) == "42000");
    }
    CHECK(client.ask("SELECT 1").size() > 20);
    // Of the server's own refusals the client hears the number and the words, too.
    const std::string refused =
        events(before_it().port(), {"--read-from-remote-server", "binlog.999999"});
    CHECK(refused == events(source().port(), {"--read-from-remote-server", "binlog.999999"}));
    CHECK(refused.find("Could not find first log file") != std::string::npos);
}

TEST_CASE("Whoever follows the binlog gets new events, and a connection of its own until it leaves",
          "[proxy]") {
    const support::temp_folder folder;
    support::child_process tool(
        mysqlbinlog(before_it().port(),
                    {"--read-from-remote-server", "--stop-never", "--raw",
                     "--result-file=" + (folder.path() / "copy.").string(), "binlog.000002"}),
        folder.path() / "out");
    const auto copy = folder.path() / "copy.binlog.000002";
    REQUIRE(support::wait_until(patience, [&] { return !read(copy).empty(); }));
    CHECK(pins().find("replication") != std::string::npos);
    CHECK(in_use() == "1");
    source().query("REPLACE INTO shop.t VALUES (4, 'told to the follower')");
    CHECK(support::wait_until(
        patience, [&] { return read(copy).find("told to the follower") != std::string::npos; }));
    CHECK(before_it().connect().value("SELECT COUNT(*) FROM shop.t") == "4");
    tool.signal(SIGKILL);
    CHECK(tool.wait(patience));
    CHECK(nobody_is_served());
    // And on the server nobody reads any more.
    CHECK(support::wait_until(patience, [] {
        return source().value(
                   "SELECT COUNT(*) FROM information_schema.processlist WHERE command "
                   "LIKE 'Binlog Dump%'") == "0";
    }));
}

TEST_CASE("A semi-synchronous replica follows its source through Tidegate", "[proxy]") {
    support::mysql_server replica({.arguments = {"--plugin-load-add=semisync_replica.so",
                                                 "--rpl-semi-sync-replica-enabled=ON"},
                                   .performance_schema = true});
    replica.query(
        "RESET BINARY LOGS AND GTIDS; CHANGE REPLICATION SOURCE TO "
        "SOURCE_HOST='127.0.0.1', SOURCE_PORT=" +
        std::to_string(before_it().port()) +
        ", SOURCE_USER='tidegate', SOURCE_PASSWORD='tidegate-password', "
        "GET_SOURCE_PUBLIC_KEY=1, SOURCE_SSL=0, SOURCE_AUTO_POSITION=1; START REPLICA");
    const auto semisync = [](const char* name) {
        return source()
            .query(std::string("SHOW STATUS LIKE 'Rpl_semi_sync_source_") + name + "'")
            .at(0)
            .at(1)
            .value();
    };
    const bool follows = support::wait_until(patience, [&] { return semisync("status") == "ON"; });
    INFO(replica
             .query("SELECT LAST_ERROR_MESSAGE FROM "
                    "performance_schema.replication_connection_status")
             .at(0)
             .at(0)
             .value_or(""));
    REQUIRE(follows);
    CHECK(source().query("SHOW REPLICAS").size() == 1);
    const std::string acknowledged = semisync("yes_tx"), not_so = semisync("no_tx");
    source().query("REPLACE INTO shop.t VALUES (5, 'acknowledged')");
    CHECK(semisync("yes_tx") != acknowledged);
    CHECK(semisync("no_tx") == not_so);
    CHECK(support::wait_until(patience, [&] {
        try {
            return replica.query("SELECT s FROM shop.t WHERE id = 5").size() == 1;
        } catch (const support::server_error&) {
            return false;  // not even the table
        }
    }));
    replica.query("STOP REPLICA");
    CHECK(nobody_is_served());
}

TEST_CASE("A session that follows the binlog does not hold up Tidegate's end", "[proxy]") {
    support::tidegate_process tidegate([](support::tidegate_ports ports) {
        return config(ports, "limits: {shutdown_timeout: 5m}\n");
    });
    const support::temp_folder folder;
    const auto out = folder.path() / "out";
    support::child_process tool(mysqlbinlog(tidegate.port(), {"--read-from-remote-server",
                                                              "--stop-never", "binlog.000002"}),
                                out);
    REQUIRE(support::wait_until(patience, [&] { return !read(out).empty(); }));
    tidegate.stop();  // throws if it does not end in time
    CHECK(tool.wait(patience));
}
