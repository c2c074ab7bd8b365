// LOAD DATA LOCAL INFILE through Tidegate and on the server itself.
#include <signal.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <future>

#include "protocol/err_packet.hpp"
#include "protocol/packet.hpp"
#include "tests/proxy/session/before_fake_server.hpp"
#include "tests/proxy/session/one_connection.hpp"
#include "tests/support/mysql_server.hpp"
#include "tests/support/tidegate_process.hpp"
#include "tests/support/wait_until.hpp"

using namespace session_test;
using namespace std::chrono_literals;
namespace capability = protocol::capability;

namespace {

constexpr std::uint32_t plain = capability::local_files | capability::multi_statements |
                                capability::multi_results | capability::plugin_auth_lenenc_data;
constexpr auto patience = 20s;

support::mysql_server& loading_server() {
    static support::mysql_server running(
        {.arguments = {"--local-infile=ON", "--max-allowed-packet=64M",
                       "--innodb-lock-wait-timeout=1"}});
    static const auto made = running.query(
        "CREATE DATABASE one; CREATE TABLE one.t (id INT PRIMARY KEY, s LONGTEXT);"
        "CREATE TABLE one.small (n TINYINT)");
    return running;
}

/// One thread; all sessions of `app` and `denied` share one connection.
support::tidegate_process& before_it() {
    static support::tidegate_process running([](support::tidegate_ports ports) {
        return "listen: {mysql: '127.0.0.1:" + std::to_string(ports.mysql) +
               "', http: '127.0.0.1:" + std::to_string(ports.http) + "'}\nthreads: 1\n" +
               "limits: {queue_timeout: 10s}\n" +
               "primary: {host: 127.0.0.1, port: " + std::to_string(loading_server().port()) +
               ", connections_max: 2}\nusers:\n" + "  - {name: app, password: app-password}\n" +
               "  - {name: tidegate, password: tidegate-password, local_infile: deny}\n";
    });
    return running;
}

bytes text(std::string_view of) {
    return {of.begin(), of.end()};
}

std::string rows() {
    return loading_server().value("SELECT COUNT(*) FROM one.t");
}

/// The number of the ERR packet that the response ends with; 0 if it ends otherwise.
unsigned error_in(const bytes& response) {
    protocol::bytes_view rest(response);
    for (;;) {
        const auto header = protocol::decode_header(rest.first<protocol::header_size>());
        const auto payload = rest.subspan(protocol::header_size, header.payload_size);
        rest = rest.subspan(protocol::header_size + payload.size());
        if (!rest.empty()) continue;
        const auto error = protocol::decode_err(payload);
        return error ? error->code : 0;
    }
}

const char* const load =
    "LOAD DATA LOCAL INFILE 'x.csv' INTO TABLE one.t "
    "FIELDS TERMINATED BY ','";

/// What the server itself answers to the commands, and what Tidegate does.
struct both {
    both(std::uint32_t capabilities,
         const std::vector<std::pair<const char*, std::vector<bytes>>>& conversation) {
        for (const bool direct : {true, false}) {
            loading_server().query("DELETE FROM one.t");
            wire_client client(direct ? loading_server().port() : before_it().port(), capabilities,
                               app);
            for (const auto& [sql, file] : conversation) {
                const bytes answer = client.ask(sql, file);
                bytes& all = direct ? directly : through;
                all.insert(all.end(), answer.begin(), answer.end());
            }
        }
    }
    bytes directly{}, through{};
};

}  // namespace

TEST_CASE("A client's file reaches the server as if they were alone, wherever it is asked for",
          "[proxy]") {
    const std::uint32_t more = GENERATE(0u, capability::deprecate_eof);
    CAPTURE(more);
    const std::string several = std::string("SELECT 1; ") + load +
                                "; SELECT COUNT(*) FROM one.t; " +
                                "LOAD DATA LOCAL INFILE 'y' REPLACE INTO TABLE one.t; SELECT 2";
    std::vector<std::pair<const char*, std::vector<bytes>>> conversation{
        {load, {text("1,one\n2,t"), text("wo\n"), text("3,three\n")}},
        {load, {}},
        {load, {text("3,again\n4,four\n")}},  // a warning: the row is there
        {"SHOW WARNINGS", {}},
        {"LOAD DATA LOCAL INFILE 'z' INTO TABLE one.missing", {text("1\n")}},
        {"SELECT id, s FROM one.t ORDER BY id", {}}};
    // The EOF packets in between say other things of a sequence of results.
    if (more != 0) conversation.push_back({several.c_str(), {text("10,a\n11\tb\n")}});
    const both told(plain | more, conversation);
    CHECK(difference(told.directly, told.through) == "");
    CHECK(rows() != "0");
}

TEST_CASE("Files of several packets, packets of 16 MB among them, are loaded whole", "[proxy]") {
    bytes long_row = text("7,");
    long_row.resize(20'000'000, 'x');
    long_row.push_back('\n');
    bytes exact = text("8,");  // a payload of one full packet, behind which comes an empty one
    exact.resize(protocol::payload_size_max - 1, 'y');
    exact.push_back('\n');
    const both told(plain, {{load, {text("6,a\n"), long_row, exact, text("9,b\n")}},
                            {"SELECT id, LENGTH(s), MD5(s) FROM one.t", {}}});
    CHECK(difference(told.directly, told.through) == "");
    CHECK(rows() == "4");
}

TEST_CASE(
    "A load that the server gives up in the middle ends with its error, and nothing else does",
    "[proxy]") {
    loading_server().query(
        "CREATE TRIGGER one.no BEFORE INSERT ON one.small FOR EACH ROW "
        "SET NEW.n = IF(NEW.n = 7, (SELECT 1 UNION SELECT 2), NEW.n)");
    std::vector<bytes> lines(2000, bytes(5000, '1'));
    lines.insert(lines.begin(), text("1\n7\n"));
    const both told(plain, {{"LOAD DATA LOCAL INFILE 'x' INTO TABLE one.small", lines},
                            {"SELECT COUNT(*) FROM one.small", {}},
                            {"BEGIN", {}},
                            {load, {text("1,a\n")}},
                            {"ROLLBACK", {}},
                            {"SELECT COUNT(*) FROM one.t", {}}});
    CHECK(difference(told.directly, told.through) == "");
    CHECK(loading_server().value("SELECT COUNT(*) FROM one.small") == "0");
}

TEST_CASE("What a client that leaves in the middle has sent is not loaded, and others are served",
          "[proxy]") {
    loading_server().query("DELETE FROM one.t");
    const bool says_quit = GENERATE(false, true);
    CAPTURE(says_quit);
    {
        wire_client client(before_it().port(), plain, app);
        client.send(load);
        const bytes request = client.socket().receive_packet(patience);
        REQUIRE(request.size() > protocol::header_size);
        CHECK(request[4] == 0xfb);
        bytes half;
        auto sequence = static_cast<std::uint8_t>(request[3] + 1);
        protocol::append_packet(half, text("1,one\n2,two\n"), sequence);
        // Not in its place: neither a piece of the file nor its end.
        if (says_quit) half.insert(half.end(), {1, 0, 0, 0, 1});
        client.socket().send(half);
        if (says_quit) CHECK(client.socket().closed_by_peer(patience));
    }
    // The one connection comes free, and its place is taken by a new one.
    CHECK(before_it().connect().value("SELECT COUNT(*) FROM one.t") == "0");
    CHECK(before_it().connect().value("SELECT 1") == "1");
    CHECK(rows() == "0");
}

TEST_CASE("Files of clients are loaded where user, client and server allow it", "[proxy]") {
    const support::login denied{"tidegate", "tidegate-password", ""};
    CHECK(error_in(wire_client(before_it().port(), plain, app).ask(load, {})) == 0);
    // Tidegate's own words, and among several statements the server's.
    wire_client refused(before_it().port(), plain, denied);
    const bytes answer = refused.ask(load, {text("1,one\n")});
    CHECK(error_in(answer) == 3948);
    CHECK(std::string(answer.begin(), answer.end()).find("users[].local_infile") !=
          std::string::npos);
    const std::string several = std::string("DO 1; ") + load;
    CHECK(error_in(refused.ask(several.c_str(), {text("1,one\n")})) == 3948);
    CHECK(error_in(refused.ask("DO 1")) == 0);

    const auto without = plain & ~capability::local_files;
    const both unasked(without, {{load, {text("1,one\n")}}});
    CHECK(difference(unasked.directly, unasked.through) == "");
    CHECK(error_in(unasked.through) == 3948);

    loading_server().query("SET GLOBAL local_infile = OFF");
    const both off(plain, {{load, {text("1,one\n")}}});
    loading_server().query("SET GLOBAL local_infile = ON");
    CHECK(difference(off.directly, off.through) == "");
    CHECK(error_in(off.through) == 3948);
}

TEST_CASE("A server that is slow to take a file holds up its client, and Tidegate keeps none of it",
          "[proxy]") {
    loading_server().query("DELETE FROM one.t");
    wire_client client(before_it().port(), plain, app);
    client.send(load);
    const bytes request = client.socket().receive_packet(patience);
    REQUIRE(request.size() > protocol::header_size);
    const std::size_t before = before_it().resident_bytes();

    ::kill(loading_server().pid(), SIGSTOP);
    constexpr int pieces = 64;
    std::atomic<int> sent = 0;
    auto sender = std::async(std::launch::async, [&] {
        auto sequence = static_cast<std::uint8_t>(request[3] + 1);
        for (int i = 0; i < pieces; ++i) {
            bytes packet;
            bytes row = text(std::to_string(i) + ",");
            row.resize(1'000'000, 'x');
            row.push_back('\n');
            protocol::append_packet(packet, row, sequence);
            if (!client.socket().send(packet)) return false;
            ++sent;
        }
        bytes end;
        protocol::append_packet(end, {}, sequence);
        return client.socket().send(end);
    });
    // Sockets hold a few MB on their way; then nothing moves.
    int seen = -1;
    const bool stands_still = support::wait_until(patience, [&] {
        std::this_thread::sleep_for(200ms);
        return std::exchange(seen, sent.load()) == sent.load();
    });
    const int held_up_at = sent;
    const std::size_t grown = before_it().resident_bytes() - before;
    ::kill(loading_server().pid(), SIGCONT);
    CHECK(stands_still);
    CHECK(held_up_at < pieces / 2);
    CHECK(grown < 2'000'000);
    CHECK(sender.get());
    const bytes verdict = client.socket().receive_packet(patience);
    REQUIRE(verdict.size() > protocol::header_size);
    CHECK(verdict[4] == 0);
    CHECK(rows() == std::to_string(pieces));
}

TEST_CASE("A server that waits for a file no longer ends its client's session", "[proxy]") {
    wire_client client(before_it().port(), plain, app);
    client.ask("SET net_read_timeout = 1");
    client.send(load);
    const bytes request = client.socket().receive_packet(patience);
    REQUIRE(request.size() > protocol::header_size);
    CHECK(client.socket().closed_by_peer(patience));
    CHECK(before_it().connect().value("SELECT 1") == "1");
}

TEST_CASE("A server that asks for a file unasked gets none", "[proxy]") {
    before_fake_server f;
    f.backend.said["SELECT 1"] = std::string("\x0c\0\0\1\xfb/etc/passwd", 16);
    f.start();
    wire_client client(f.settings.mysql.port,
                       plain | capability::session_track | capability::deprecate_eof,
                       {"app", "secret", "shop"});
    const bytes told = client.ask("SELECT 1");
    CHECK(error_in(told) == 1053);
}

TEST_CASE("A file goes from a client that compresses over TLS to a server likewise", "[proxy]") {
    const support::temp_folder folder;
    const std::string file = (folder.path() / "x.csv").string();
    {
        std::ofstream out(file);
        for (int i = 0; i < 20'000; ++i)
            out << i << ',' << std::string(static_cast<std::size_t>(i % 300), 'x') << '\n';
    }
    loading_server().query("DELETE FROM one.t");
    const std::string how = GENERATE("zlib", "zstd");
    support::tidegate_process tidegate([&](support::tidegate_ports ports) {
        return "listen: {mysql: '127.0.0.1:" + std::to_string(ports.mysql) +
               "', http: '127.0.0.1:" + std::to_string(ports.http) + "'}\n" +
               "primary: {host: 127.0.0.1, port: " + std::to_string(loading_server().port()) +
               ", compression: " + how + ", tls: {mode: required}}\n" +
               "users: [{name: app, password: app-password}]\n";
    });
    support::child_process mysql(
        {TIDEGATE_SOURCE_DIR "/scripts/mysql_tool", "mysql", "--no-defaults", "-h127.0.0.1",
         "-P" + std::to_string(tidegate.port()), "-uapp", "-papp-password", "--local-infile=1",
         "--compression-algorithms=" + how, "--get-server-public-key", "-e",
         "LOAD DATA LOCAL INFILE '" + file +
             "' INTO TABLE one.t FIELDS TERMINATED BY ','; SELECT 1"},
        folder.path() / "output");
    CHECK(mysql.wait(60s) == 0);
    CHECK(loading_server().value("SELECT CONCAT(COUNT(*), ' ', SUM(LENGTH(s))) FROM one.t") ==
          "20000 2980000");
}
