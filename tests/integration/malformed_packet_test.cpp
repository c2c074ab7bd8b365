// Whatever a client sends, it costs that client's connection at most: Tidegate lives on, and
// another session, in the middle of a transaction, notices nothing.
#include <poll.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <cstdint>

#include "tests/integration/cluster.hpp"
#include "tests/support/raw_client.hpp"
#include "tests/support/wait_until.hpp"

using namespace integration;
using namespace std::chrono_literals;

namespace {

using bytes = std::vector<std::uint8_t>;

cluster& shared() {
    static cluster servers({
        .schema = "CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY, n INT);"
                  "INSERT INTO shop.t VALUES (1, 1)",
        .settings = "limits: {login_timeout: 3s, packet_bytes_max: 1MB}\n",
    });
    return servers;
}

/// A session with an open transaction and a prepared statement, which must survive all of it.
class witness {
public:
    witness() : session_(shared().connect("shop")), pid_(shared().tidegate().pid()) {
        session_.query("BEGIN; UPDATE t SET n = 2 WHERE id = 1");
    }
    ~witness() { CHECK_NOTHROW(session_.query("ROLLBACK")); }
    witness(const witness&) = delete;
    witness& operator=(const witness&) = delete;

    bool feels_nothing() {
        return shared().tidegate().running() && shared().tidegate().pid() == pid_ &&
               session_.value("SELECT n FROM t WHERE id = 1") == "2" &&
               shared().connect("shop").value("SELECT n FROM t WHERE id = 1") == "1";
    }

private:
    support::mysql_connection session_;
    pid_t pid_;
};

bytes operator+(bytes left, const bytes& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

bytes text(const std::string& s) {
    return {s.begin(), s.end()};
}

bytes packet(std::uint8_t sequence, const bytes& payload) {
    const std::size_t size = payload.size();
    return bytes{static_cast<std::uint8_t>(size), static_cast<std::uint8_t>(size >> 8),
                 static_cast<std::uint8_t>(size >> 16), sequence} +
           payload;
}

bytes command(std::uint8_t code, const bytes& argument = {}) {
    return packet(0, bytes{code} + argument);
}

// PROTOCOL_41 | SECURE_CONNECTION | PLUGIN_AUTH | CONNECT_WITH_DB | CONNECT_ATTRS, 16 MB,
// utf8mb4, 23 zeros.
bytes response_head(std::uint8_t more_flags = 0) {
    return bytes{static_cast<std::uint8_t>(0x08 | more_flags),
                 0x82,
                 0x18,
                 0x00,
                 0x00,
                 0x00,
                 0x00,
                 0x01,
                 0xff} +
           bytes(23, 0);
}

bytes response() {
    return response_head() + text("app") + bytes{0, 32} + bytes(32, 0xaa) + text("shop") +
           bytes{0} + text("caching_sha2_password") + bytes{0, 6, 1, 'a', 3, 'x', 'y', 'z'};
}

struct nasty {
    std::string what;
    bytes sent;
};

/// A logged-in session whose socket is written to directly.
class broken_session {
public:
    broken_session() : session_(shared().connect("shop")) {}

    void send(const bytes& sent) {
        const int fd = static_cast<int>(mysql_get_socket(session_.handle()));
        for (std::size_t done = 0; done < sent.size();) {
            const ssize_t n = ::send(fd, sent.data() + done, sent.size() - done, MSG_NOSIGNAL);
            if (n <= 0) return;  // Tidegate has had enough
            done += static_cast<std::size_t>(n);
        }
    }

    /// The first bytes of an answer; none if the connection was closed.  Fails the test if
    /// neither comes.
    bytes answer() {
        const int fd = static_cast<int>(mysql_get_socket(session_.handle()));
        pollfd readable{.fd = fd, .events = POLLIN, .revents = 0};
        REQUIRE(poll(&readable, 1, 10'000) == 1);
        bytes got(4096);
        const ssize_t n = recv(fd, got.data(), got.size(), 0);
        got.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
        return got;
    }

private:
    support::mysql_connection session_;
};

bool is_error(const bytes& answer) {
    return answer.size() > 4 && answer[4] == 0xff;
}

}  // namespace

TEST_CASE("Bytes that are no login cost one connection", "[malformed_packets]") {
    witness other;
    const std::vector<nasty> table{
        {"nothing at all", {}},
        {"one byte", {0x00}},
        {"an empty packet", packet(1, {})},
        {"a web request", text("GET / HTTP/1.1\r\nHost: tidegate\r\n\r\n")},
        {"a TLS hello instead of a packet", {0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc}},
        {"a packet that claims 16 MB", {0xff, 0xff, 0xff, 0x01}},
        {"a packet of 16 MB that is sent", bytes{0xff, 0xff, 0xff, 0x01} + bytes(0xffffff, 'x')},
        {"a wrong sequence number", packet(7, response())},
        {"old protocol, before 4.1", packet(1, bytes{0x01, 0x00, 0x00, 0x00, 0x01} + text("app"))},
        {"a user name without an end", packet(1, response_head() + bytes(2000, 'u'))},
        {"a request for TLS that is not offered",
         packet(1, response_head(0).size() == 32
                       ? bytes{0x08, 0x8a, 0x18, 0x00, 0x00, 0x00, 0x00, 0x01, 0xff} + bytes(23, 0)
                       : bytes{})},
        {"a proof that is longer than the packet",
         packet(1, response_head() + text("app") + bytes{0, 255} + bytes(10, 1))},
        {"attributes that are longer than the packet",
         packet(1, response_head() + text("app") + bytes{0, 0} + text("shop") + bytes{0} +
                       text("caching_sha2_password") +
                       bytes{0, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})},
        {"an unknown authentication plugin",
         packet(1, response_head() + text("app") + bytes{0, 0} + text("shop") + bytes{0} +
                       text("no_such_plugin") + bytes{0, 0})},
        {"a command before the login", command(0x03, text("SELECT 1"))},
        {"the binlog before the login", command(0x12, bytes(10, 0))},
    };
    for (const nasty& n : table) {
        CAPTURE(n.what);
        {
            support::raw_client client("127.0.0.1", shared().tidegate().port());
            CHECK(client.receive_packet().size() > 4);
            client.send(n.sent);
        }
        CHECK(other.feels_nothing());
    }
}

TEST_CASE("A login cut short anywhere is refused or times out", "[malformed_packets]") {
    witness other;
    const bytes full = response();
    for (std::size_t size = 0; size < full.size(); ++size) {
        CAPTURE(size);
        support::raw_client client("127.0.0.1", shared().tidegate().port());
        client.receive_packet();
        client.send(
            packet(1, bytes(full.begin(), full.begin() + static_cast<std::ptrdiff_t>(size))));
    }
    CHECK(other.feels_nothing());
}

TEST_CASE("A client that does not log in is closed after limits.login_timeout",
          "[malformed_packets]") {
    support::raw_client client("127.0.0.1", shared().tidegate().port());
    CHECK(client.closed_by_peer(10s));
}

TEST_CASE("A nonsensical command is answered with an error or ends the session",
          "[malformed_packets]") {
    witness other;
    const bytes four(4, 0x7f);
    std::vector<nasty> table{
        {"an empty packet", packet(0, {})},
        {"a packet larger than limits.packet_bytes_max", {0x00, 0x00, 0x20, 0x00, 0x03}},
        {"a chain of packets larger than the limit",
         bytes{0xff, 0xff, 0xff, 0x00} + bytes(0xffffff, ' ')},
        {"an execution of no statement", command(0x17, four + bytes{0, 1, 0, 0, 0})},
        {"an execution without its id", command(0x17)},
        {"an execution without its flags", command(0x17, four)},
        {"a fetch from no statement", command(0x1c, four + bytes{1, 0, 0, 0})},
        {"a fetch without its count", command(0x1c, bytes{1})},
        {"a reset of no statement", command(0x1a, four)},
        {"a reset without its id", command(0x1a)},
        {"an option that does not exist", command(0x1b, bytes{9, 9})},
        {"an option cut short", command(0x1b)},
        {"a schema without a name", command(0x02)},
        {"a schema with an endless name", command(0x02, bytes(70'000, 'x'))},
        {"a schema with bytes of no character set", command(0x02, bytes{0xff, 0xfe, 0x00, 0x80})},
        {"a query without a text", command(0x03)},
        {"a query of zeros", command(0x03, bytes(1000, 0))},
        {"a query of every byte", command(0x03,
                                          [] {
                                              bytes all;
                                              for (int b = 0; b < 256; ++b)
                                                  all.push_back(static_cast<std::uint8_t>(b));
                                              return all;
                                          }())},
        {"a query of brackets", command(0x03, bytes(100'000, '('))},
        {"a query of comments", command(0x03, text("/*!/*!/*!/*!") + bytes(10'000, '/'))},
        {"a statement that cannot be prepared", command(0x16, text("SELEC ?"))},
        {"a statement without a text", command(0x16)},
        {"the binlog", command(0x12, bytes(10, 0))},
        {"the binlog by GTIDs", command(0x1e, bytes(22, 0))},
        {"the registration of a replica", command(0x15, bytes(18, 0))},
        {"a table's dump", command(0x13, text("shop"))},
        {"a shutdown", command(0x08)},
        {"another user with a cut message", command(0x11, text("app"))},
        {"another user with a proof longer than the packet",
         command(0x11, text("app") + bytes{0, 200} + text("shop"))},
    };
    for (unsigned code = 0x20; code <= 0xff; ++code)
        table.push_back(
            {"command " + std::to_string(code), command(static_cast<std::uint8_t>(code), four)});
    for (const unsigned internal : {0x00u, 0x05u, 0x0bu, 0x0fu, 0x10u, 0x14u, 0x1du})
        table.push_back({"internal command " + std::to_string(internal),
                         command(static_cast<std::uint8_t>(internal), four)});
    for (const nasty& n : table) {
        CAPTURE(n.what);
        broken_session session;
        session.send(n.sent);
        const bytes answer = session.answer();
        CAPTURE(answer);
        CHECK((answer.empty() || is_error(answer)));
    }
    CHECK(other.feels_nothing());
}

TEST_CASE("Long data and closes for statements that do not exist are ignored, as by MySQL",
          "[malformed_packets]") {
    witness other;
    broken_session session;
    session.send(command(0x19, bytes(4, 0x7f)));                     // close
    session.send(command(0x18, bytes(4, 0x7f) + bytes{0, 0, 'x'}));  // long data
    session.send(command(0x0e));                                     // ping
    const bytes answer = session.answer();
    REQUIRE(answer.size() > 4);
    CHECK(answer[4] == 0x00);
    CHECK(other.feels_nothing());
}

TEST_CASE("Executions with broken parameters are answered with an error or end the session",
          "[malformed_packets]") {
    witness other;
    // `SELECT ?`: id, flags, iterations, then null bitmap, "types follow", types, values.
    const bytes head{1, 0, 0, 0, 0, 1, 0, 0, 0};
    const std::vector<nasty> table{
        {"no null bitmap", head},
        {"no types, though never sent before", head + bytes{0, 0}},
        {"no value", head + bytes{0, 1, 0x08, 0}},
        {"half a value", head + bytes{0, 1, 0x08, 0, 1, 2, 3}},
        {"a type that does not exist", head + bytes{0, 1, 0x77, 0, 1}},
    };
    for (const nasty& n : table) {
        CAPTURE(n.what);
        broken_session session;
        session.send(command(0x16, text("SELECT ?")));
        const bytes prepared = session.answer();
        REQUIRE(prepared.size() > 9);
        REQUIRE(prepared[4] == 0x00);
        bytes sent = n.sent;
        std::copy(prepared.begin() + 5, prepared.begin() + 9, sent.begin());
        session.send(command(0x17, sent));
        const bytes answer = session.answer();
        CAPTURE(answer);
        CHECK((answer.empty() || is_error(answer)));
    }
    CHECK(other.feels_nothing());
}

TEST_CASE("A parameter that claims to be longer than its packet is the server's to judge",
          "[malformed_packets]") {
    witness other;
    const bytes head{0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1};
    for (const nasty& n : std::vector<nasty>{
             {"a text longer than the packet", {0xfe, 0, 0xfd, 0xff, 0xff, 0xff, 'x'}},
             {"a text of 2^64 bytes", bytes{0xfe, 0, 0xfe} + bytes(8, 0xff)},
             {"a date of 200 bytes", {0x0c, 0, 200, 1, 2}}}) {
        CAPTURE(n.what);
        broken_session session;
        session.send(command(0x16, text("SELECT ?")));
        const bytes prepared = session.answer();
        REQUIRE(prepared.size() > 9);
        bytes sent = head + n.sent;
        std::copy(prepared.begin() + 5, prepared.begin() + 9, sent.begin());
        session.send(command(0x17, sent));
        session.answer();  // whatever it is, it comes
        CHECK(other.feels_nothing());
    }
}

TEST_CASE("Commands sent ahead of their answers are answered in order", "[malformed_packets]") {
    broken_session session;
    bytes sent;
    for (int i = 0; i < 5; ++i) sent = sent + command(0x0e);
    session.send(sent);
    bytes got;
    while (got.size() < 5 * 11) {
        const bytes more = session.answer();
        REQUIRE_FALSE(more.empty());
        got = got + more;
    }
    CHECK(got.size() == 5 * 11);
}
