// limits.memory: clients that want more than there is, and others that notice nothing.
#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <list>
#include <memory>
#include <sstream>

#include "tests/integration/cluster.hpp"
#include "tests/support/http_get.hpp"
#include "tests/support/wait_until.hpp"

using namespace integration;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20;
constexpr unsigned out_of_memory = 1041;

std::size_t resident_bytes(pid_t process) {
    std::ifstream status("/proc/" + std::to_string(process) + "/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmRSS:")) return std::stoul(line.substr(6)) * 1024;
    throw std::runtime_error("no such process");
}

/// A client that sends one long statement piece by piece.
class slow_sender {
public:
    explicit slow_sender(cluster& servers, std::size_t size) : session_(servers.connect()) {
        const std::string sql = "DO LENGTH('" + std::string(size, 'x') + "')";
        const std::size_t payload = sql.size() + 1;
        frame_ = {static_cast<char>(payload & 0xff), static_cast<char>(payload >> 8 & 0xff),
                  static_cast<char>(payload >> 16 & 0xff), 0, 3};
        frame_ += sql;
    }

    /// Sends what can be sent at once of the first `until` bytes; true if all of them are.
    bool send(std::size_t until) {
        until = std::min(until, frame_.size());
        while (sent_ < until) {
            const ssize_t done =
                ::send(socket(), frame_.data() + sent_, until - sent_, MSG_DONTWAIT | MSG_NOSIGNAL);
            if (done <= 0) return false;
            sent_ += static_cast<std::size_t>(done);
        }
        return true;
    }
    bool send_rest() { return send(frame_.size()); }

    /// The number of the error that answers; 0 for an OK.
    unsigned answer() {
        std::uint8_t packet[7] = {};
        for (std::size_t got = 0; got < sizeof packet;) {
            const ssize_t done = ::recv(socket(), packet + got, sizeof packet - got, 0);
            REQUIRE(done > 0);
            got += static_cast<std::size_t>(done);
        }
        std::size_t left = packet[0] + 256u * packet[1] + 4 - sizeof packet;
        std::string rest(left, 0);
        while (left > 0) {
            const ssize_t done = ::recv(socket(), rest.data(), left, 0);
            REQUIRE(done > 0);
            left -= static_cast<std::size_t>(done);
        }
        return packet[4] == 0xff ? packet[5] + 256u * packet[6] : 0;
    }
    support::mysql_connection& session() { return session_; }

private:
    int socket() { return static_cast<int>(mysql_get_socket(session_.handle())); }

    support::mysql_connection session_;
    std::string frame_;
    std::size_t sent_ = 0;
};

/// Sends so much of every sender's statement; `meanwhile` runs now and then.
template <class Meanwhile>
bool pump(std::list<slow_sender>& senders, std::size_t until, Meanwhile meanwhile) {
    return support::wait_until(60s, [&] {
        bool all = true;
        for (slow_sender& one : senders) all = one.send(until) && all;
        meanwhile();
        return all;
    });
}

double used_for(cluster& servers, const std::string& use) {
    return servers.metric("tidegate_memory_bytes{use=\"" + use + "\"}");
}

struct statement_closer {
    void operator()(MYSQL_STMT* statement) const { mysql_stmt_close(statement); }
};
// AddressSanitizer keeps what is freed, to find who uses it.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TIDEGATE_FREED_MEMORY_IS_KEPT
#endif
#endif
#ifdef TIDEGATE_FREED_MEMORY_IS_KEPT
constexpr bool memory_is_given_back = false;
#else
constexpr bool memory_is_given_back = true;
#endif

using statement = std::unique_ptr<MYSQL_STMT, statement_closer>;

statement prepare(support::mysql_connection& session, const std::string& sql) {
    statement made(mysql_stmt_init(session.handle()));
    if (mysql_stmt_prepare(made.get(), sql.data(), sql.size()) != 0)
        throw support::server_error(mysql_stmt_errno(made.get()), mysql_stmt_error(made.get()));
    return made;
}

/// What an execution with one parameter, sent as long data, comes to: an error or 0.
unsigned execute_with(MYSQL_STMT* prepared, const std::string& data) {
    MYSQL_BIND parameter{};
    parameter.buffer_type = MYSQL_TYPE_LONG_BLOB;
    REQUIRE(mysql_stmt_bind_param(prepared, &parameter) == 0);
    REQUIRE(mysql_stmt_send_long_data(prepared, 0, data.data(), data.size()) == 0);
    if (mysql_stmt_execute(prepared) != 0) return mysql_stmt_errno(prepared);
    mysql_stmt_free_result(prepared);
    return 0;
}

}  // namespace

TEST_CASE("Halves of long statements do not take the memory of others", "[memory]") {
    constexpr std::size_t limit = 64 * mebibyte;
    cluster servers(
        {.settings = "limits: {memory: 64MB, packet_bytes_max: 16MB, queue_timeout: 2s}\n"});
    const pid_t process = servers.tidegate().pid();
    auto other = servers.connect();
    CHECK(other.value("SELECT 1") == "1");
    const statement prepared = prepare(other, "DO LENGTH(?)");
    const std::size_t before = resident_bytes(process);

    // Four have their memory, then there is too little for more of them.
    constexpr std::size_t size = 12 * mebibyte;
    std::list<slow_sender> senders;
    std::size_t most = 0;
    const auto look = [&] {
        const std::string text(100'000, 'y');
        CHECK(other.value("SELECT LENGTH('" + text + "')") == "100000");
        most = std::max(most, resident_bytes(process));
    };
    for (const int count : {4, 16}) {
        for (int i = 0; i < count; ++i) senders.emplace_back(servers, size);
        REQUIRE(pump(senders, size - mebibyte, look));
    }
    // Where memory grows a copy is made, and the allocator keeps some.
    if (memory_is_given_back) CHECK(most < before + limit + limit / 2);
    CHECK(used_for(servers, "commands") > 40e6);
    CHECK(used_for(servers, "commands") <= static_cast<double>(limit));
    const auto told = support::http_get(servers.tidegate().http_port(), "/v1/memory");
    CHECK(told.body.find("\"limit_bytes\":67108864,") != std::string::npos);

    // Long data of which a part could not be kept fails its execution, and only that.
    CHECK(execute_with(prepared.get(), std::string(15 * mebibyte, 'z')) == out_of_memory);
    CHECK(execute_with(prepared.get(), "abc") == 0);

    REQUIRE(pump(senders, 2 * size, [] {}));
    std::size_t done = 0, refused = 0;
    for (slow_sender& one : senders) {
        const unsigned error = one.answer();
        CAPTURE(error);
        CHECK((error == 0 || error == out_of_memory));
        ++(error == 0 ? done : refused);
        CHECK(one.session().value("SELECT 2") == "2");
    }
    CHECK(done == 4);
    CHECK(refused == 16);
    CHECK(servers.metric("tidegate_memory_refusals_total") == 17);
    CHECK(support::wait_until(20s, [&] { return used_for(servers, "commands") < 1e5; }));
    CHECK(execute_with(prepared.get(), std::string(15 * mebibyte, 'z')) == 0);
}

TEST_CASE("Prepared statements take no more memory than there is", "[memory]") {
    cluster servers({.primary_connections_max = 3,
                     .settings = "limits: {memory: 32MB, packet_bytes_max: 8MB}\nthreads: 1\n"});
    auto other = servers.connect();
    {
        auto greedy = servers.connect();
        std::vector<statement> kept;
        unsigned error = 0;
        for (int i = 0; i < 100 && error == 0; ++i) {
            try {
                kept.push_back(prepare(
                    greedy, "DO LENGTH('" + std::to_string(i) + std::string(mebibyte, 'p') + "')"));
            } catch (const support::server_error& refused) {
                error = refused.number();
            }
        }
        CHECK(error == out_of_memory);
        CHECK(kept.size() > 10);
        CHECK(kept.size() < 32);
        CHECK(used_for(servers, "prepared") <= 32e6 * 1.05);
        // The session goes on, and so do others.
        CHECK(mysql_stmt_execute(kept.front().get()) == 0);
        CHECK(greedy.value("SELECT 1") == "1");
        const statement small = prepare(other, "DO 1");
        CHECK(mysql_stmt_execute(small.get()) == 0);
    }
    // Connections may still know what nobody else does; that is given up for those who need it.
    std::vector<statement> kept;
    CHECK(support::wait_until(20s, [&] {
        try {
            const std::string text = std::to_string(kept.size()) + std::string(mebibyte, 'q');
            kept.push_back(prepare(other, "DO LENGTH('" + text + "')"));
        } catch (const support::server_error& refused) {
            CHECK(refused.number() == out_of_memory);
        }
        return kept.size() == 10;
    }));
}

TEST_CASE("A client for which there is no memory is refused, until another has left", "[memory]") {
    cluster servers({.settings = "limits: {memory: 128KB, packet_bytes_max: 16KB}\n"});
    std::list<support::mysql_connection> clients;
    unsigned error = 0;
    std::string words;
    for (int i = 0; i < 40 && error == 0; ++i) {
        try {
            clients.push_back(servers.connect());
        } catch (const support::server_error& refused) {
            error = refused.number();
            words = refused.what();
        }
    }
    CHECK(error == 1040);
    CHECK(words.find("limits.memory") != std::string::npos);
    CHECK(clients.size() > 10);
    CHECK(clients.front().value("SELECT 1") == "1");
    clients.pop_back();
    CHECK(support::wait_until(20s, [&] {
        try {
            clients.push_back(servers.connect());
            return true;
        } catch (const support::server_error&) {
            return false;
        }
    }));
    CHECK(clients.back().value("SELECT 1") == "1");
}
