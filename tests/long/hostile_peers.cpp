// Clients that break every rule do not disturb those that keep them.
//
// A few well-behaved clients run point selects, one of them on ever new connections: first alone,
// then while hostile peers of all kinds do their worst, each kind on a thread of its own:
//
//   half_open       1,000 connections that say nothing; made again when they are ended
//   slow            logins that arrive byte by byte
//   truncated       a login that is cut anywhere, and the connection closed or reset
//   oversized       headers that announce more than is allowed, before and after the login
//   out_of_sequence packets numbered wrongly, before and after the login
//   flood           200 connections a second with random bytes, or a wrong password
//   garbage         after the login: unknown commands, broken arguments, a hundred queries at once
//   stalled         after the login: a large result that is never read, then a reset
//
// The well-behaved must see no error, and their 99th percentile may grow a few times only.  The
// half-open must be ended by limits.login_timeout, and memory must not grow.
//
// TIDEGATE_SECONDS: of each of the two phases; 30 if not set.  TIDEGATE_P99_RATIO_MAX: 5 if not
// set.  TIDEGATE_GROWTH_MB_MAX: 32 if not set.  TIDEGATE_SEED: repeats the random bytes.
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "tests/integration/cluster.hpp"
#include "tests/long/bars.hpp"
#include "tests/long/descriptors.hpp"
#include "tests/support/raw_client.hpp"
#include "tests/support/wait_until.hpp"

using namespace long_test;
using namespace std::chrono_literals;

namespace {

using clock_type = std::chrono::steady_clock;

constexpr int good_clients = 4;
constexpr auto good_pause = 4ms;       // between two queries of one client
constexpr int queries_per_visit = 50;  // of the good client that comes and goes
constexpr std::size_t half_open_peers = 1000;
constexpr std::size_t slow_peers = 20;
constexpr std::size_t stalled_peers = 4;
constexpr auto attack_pause = 5ms;  // so that it is no measurement of the machine's scheduler

const char* const settings =
    "limits: {login_timeout: 2s, packet_bytes_max: 1MB}\n"
    "log: {level: error}\n";

/// What the well-behaved clients met with in one phase.
class experience {
public:
    void add(const std::vector<double>& milliseconds) {
        const std::lock_guard lock(mutex_);
        latencies_.insert(latencies_.end(), milliseconds.begin(), milliseconds.end());
    }
    void error(const std::string& what) {
        if (errors_++ == 0) progress("a well-behaved client met with: " + what);
    }

    long errors() const { return errors_; }
    std::size_t queries() const { return latencies_.size(); }
    double percentile_99() {
        if (latencies_.empty()) throw std::runtime_error("no query was answered");
        std::sort(latencies_.begin(), latencies_.end());
        return latencies_[latencies_.size() * 99 / 100];
    }

private:
    std::mutex mutex_;
    std::vector<double> latencies_;
    std::atomic<long> errors_ = 0;
};

void behave_well(integration::cluster& servers, int id, clock_type::time_point end,
                 experience& seen) {
    std::vector<double> latencies;
    try {
        auto session = std::make_unique<support::mysql_connection>(servers.connect("shop"));
        for (int n = 1; clock_type::now() < end; ++n) {
            if (id == 0 && n % queries_per_visit == 0)
                session = std::make_unique<support::mysql_connection>(servers.connect("shop"));
            const std::string key = std::to_string(n % 100);
            const auto begin = clock_type::now();
            const std::string answer = session->value("SELECT c FROM items WHERE id = " + key);
            const std::chrono::duration<double, std::milli> took = clock_type::now() - begin;
            latencies.push_back(took.count());
            if (answer != "item " + key) seen.error("a wrong answer: " + answer);
            std::this_thread::sleep_for(good_pause);
        }
    } catch (const std::exception& error) {
        seen.error(error.what());
    }
    seen.add(latencies);
}

/// All good clients at once, for so long.
void phase(integration::cluster& servers, std::chrono::seconds duration, experience& seen) {
    const auto end = clock_type::now() + duration;
    std::vector<std::jthread> threads;
    for (int id = 0; id < good_clients; ++id)
        threads.emplace_back([&, id] { behave_well(servers, id, end, seen); });
}

/// Closes a connection by a reset, as a crashed peer does.
void reset_on_close(int socket) {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

/// The hostile peers.  Each function is one kind, and runs until it is told to stop.
class hostile_peers {
public:
    hostile_peers(integration::cluster& servers, unsigned seed) : servers_(&servers) {
        using attack = void (hostile_peers::*)(std::mt19937&);
        static constexpr attack attacks[] = {
            &hostile_peers::half_open,       &hostile_peers::slow,
            &hostile_peers::truncated,       &hostile_peers::oversized,
            &hostile_peers::out_of_sequence, &hostile_peers::flood,
            &hostile_peers::garbage,         &hostile_peers::stalled,
        };
        for (const attack what : attacks)
            threads_.emplace_back([this, what, random = std::mt19937(seed++)]() mutable {
                while (!stop_) repeat(what, random);
            });
    }
    ~hostile_peers() { stop(); }

    void stop() {
        stop_ = true;
        threads_.clear();
    }
    long attacks() const { return attacks_; }
    long half_open_ended() const { return half_open_ended_; }
    long half_open_now() const { return half_open_now_; }

private:
    // Being turned away is the expected answer.
    void repeat(void (hostile_peers::*what)(std::mt19937&), std::mt19937& random) {
        try {
            (this->*what)(random);
        } catch (const support::server_error&) {
        } catch (const std::system_error&) {
        }
        ++attacks_;
        std::this_thread::sleep_for(attack_pause);
    }

    std::unique_ptr<support::raw_client> peer() const {
        return std::make_unique<support::raw_client>("127.0.0.1", servers_->tidegate().port());
    }

    // What a client may send as its login, without a password.
    static std::string login() {
        std::string payload("\x0d\xa2\x0a\x00\x00\x00\x00\x01\xff", 9);
        payload.append(23, '\0');
        payload += std::string("app\0\0shop\0caching_sha2_password\0", 32);
        return packet(payload, 1);
    }
    static std::string packet(const std::string& payload, unsigned sequence) {
        return header(payload.size(), sequence) + payload;
    }
    static std::string header(std::size_t size, unsigned sequence) {
        return {static_cast<char>(size & 0xff), static_cast<char>(size >> 8 & 0xff),
                static_cast<char>(size >> 16 & 0xff), static_cast<char>(sequence)};
    }
    static std::string random_bytes(std::mt19937& random, std::size_t most) {
        std::string bytes(random() % (most + 1), '\0');
        for (char& byte : bytes) byte = static_cast<char>(random());
        return bytes;
    }

    /// A session that has logged in as it should; `raw` then sends what it should not.
    support::mysql_connection session() const { return servers_->connect("shop"); }
    static int socket_of(support::mysql_connection& session) {
        return static_cast<int>(session.handle()->net.fd);
    }
    static void raw(support::mysql_connection& session, const std::string& bytes) {
        const auto socket = socket_of(session);
        // What the peer does not take at once it need not take.
        send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    /// Whatever comes back is not looked at; the library would say goodbye on a broken connection.
    static void abandon(support::mysql_connection& session) {
        const auto socket = socket_of(session);
        reset_on_close(socket);
        shutdown(socket, SHUT_RDWR);
    }

    void half_open(std::mt19937&) {
        std::vector<std::unique_ptr<support::raw_client>> peers;
        while (!stop_) {
            while (peers.size() < half_open_peers && !stop_) peers.push_back(peer());
            half_open_now_ = static_cast<long>(peers.size());
            const auto ended =
                std::erase_if(peers, [&](auto& one) { return !stop_ && one->closed_by_peer(1ms); });
            half_open_ended_ += static_cast<long>(ended);
        }
    }
    void slow(std::mt19937&) {
        const std::string bytes = login();
        std::vector<std::unique_ptr<support::raw_client>> peers;
        for (std::size_t i = 0; i < slow_peers; ++i) peers.push_back(peer());
        for (const char byte : bytes) {
            if (stop_) return;
            for (const auto& one : peers) one->send(std::string_view(&byte, 1));
            std::this_thread::sleep_for(50ms);
        }
    }
    void truncated(std::mt19937& random) {
        const std::string bytes = login();
        const auto one = peer();
        one->send(bytes.substr(0, random() % bytes.size()));
    }
    void oversized(std::mt19937& random) {
        constexpr std::size_t most = 0xffffff;
        const auto one = peer();
        one->send(header(most, 1) + random_bytes(random, 10'000));
        one->closed_by_peer(200ms);
        auto known = session();
        raw(known, header(most, 0) + random_bytes(random, 10'000));
        abandon(known);
    }
    void out_of_sequence(std::mt19937& random) {
        const auto one = peer();
        std::string bytes = login();
        bytes[3] = static_cast<char>(2 + random() % 200);
        one->send(bytes);
        one->closed_by_peer(200ms);
        auto known = session();
        raw(known, packet("\x03SELECT 1", 1 + random() % 200));
        abandon(known);
    }
    void flood(std::mt19937& random) {
        if (random() % 2 == 0) {
            const auto one = peer();
            one->send(random_bytes(random, 300));
        } else {
            servers_->tidegate().connect({"app", "wrong", ""});
        }
    }
    void garbage(std::mt19937& random) {
        auto known = session();
        std::string bytes;
        switch (random() % 4) {
            case 0:  // any command, with any argument
                bytes = packet(static_cast<char>(random() % 40) + random_bytes(random, 200), 0);
                break;
            case 1:  // executions of a statement that is not there
                bytes = packet("\x17" + random_bytes(random, 20), 0);
                break;
            case 2:  // a hundred at once, and nobody listens
                for (int i = 0; i < 100; ++i) bytes += packet("\x03SELECT c FROM items", 0);
                break;
            default:  // half a query
                bytes = packet("\x03SELECT c FROM items WHERE id = 1", 0);
                bytes.resize(bytes.size() / 2);
        }
        raw(known, bytes);
        if (random() % 2 == 0) {
            char some[1000];
            recv(socket_of(known), some, sizeof some, MSG_DONTWAIT);
        }
        abandon(known);
    }
    void stalled(std::mt19937&) {
        std::vector<support::mysql_connection> sessions;
        for (std::size_t i = 0; i < stalled_peers; ++i) {
            sessions.push_back(session());
            raw(sessions.back(),
                packet("\x03SELECT REPEAT('x', 1000000) FROM items a, items b", 0));
        }
        for (int i = 0; i < 40 && !stop_; ++i) std::this_thread::sleep_for(50ms);
        for (support::mysql_connection& one : sessions) abandon(one);
    }

    integration::cluster* servers_;
    std::atomic<bool> stop_ = false;
    std::atomic<long> attacks_ = 0;
    std::atomic<long> half_open_ended_ = 0;
    std::atomic<long> half_open_now_ = 0;
    std::vector<std::jthread> threads_;
};

double megabytes(std::size_t bytes) {
    return std::round(static_cast<double>(bytes) / 1e4) / 100;
}

int test() {
    const auto duration = std::chrono::seconds(setting("TIDEGATE_SECONDS", 30));
    const auto seed = static_cast<unsigned>(
        setting("TIDEGATE_SEED", 1 + static_cast<int>(std::random_device{}() % 1'000'000)));
    progress("seed " + std::to_string(seed));
    allow_descriptors(4 * half_open_peers);
    integration::cluster servers(
        {.schema = "CREATE DATABASE shop;"
                   "CREATE TABLE shop.items (id INT NOT NULL PRIMARY KEY, c CHAR(120) NOT NULL);"
                   "INSERT INTO shop.items WITH RECURSIVE i (i) AS (SELECT 0 UNION ALL "
                   "SELECT i + 1 FROM i WHERE i < 99) SELECT i, CONCAT('item ', i) FROM i",
         .primary_connections_max = 20,
         .settings = settings});
    const pid_t process = servers.tidegate().pid();

    experience quiet, besieged;
    phase(servers, duration, quiet);
    const std::size_t resident_before = servers.tidegate().resident_bytes();
    long half_open_ended = 0;
    {
        hostile_peers attackers(servers, seed);
        if (!support::wait_until(60s, [&] {
                return attackers.half_open_now() == static_cast<long>(half_open_peers);
            }))
            throw std::runtime_error("the half-open connections cannot be made");
        phase(servers, duration, besieged);
        // A slow machine comes round to the last of them later.
        support::wait_until(
            30s, [&] { return attackers.half_open_ended() >= static_cast<long>(half_open_peers); });
        half_open_ended = attackers.half_open_ended();
        progress(std::to_string(attackers.attacks()) + " attacks, " +
                 std::to_string(half_open_ended) + " half-open connections ended");
    }
    // Nothing is left of them.
    const bool all_gone =
        support::wait_until(30s, [&] { return servers.metric("tidegate_clients") == 0; });
    const double growth =
        megabytes(servers.tidegate().resident_bytes()) - megabytes(resident_before);
    const double quiet_99 = quiet.percentile_99(), besieged_99 = besieged.percentile_99();
    progress("p99 " + std::to_string(quiet_99) + " ms in peace (" +
             std::to_string(quiet.queries()) + " queries), " + std::to_string(besieged_99) +
             " ms besieged (" + std::to_string(besieged.queries()) + ")");
    if (servers.tidegate().pid() != process || !servers.tidegate().running())
        throw std::runtime_error("Tidegate has ended:\n" + servers.tidegate().log());

    bars result;
    result.equal("hostile_peers_errors", static_cast<double>(quiet.errors() + besieged.errors()),
                 0);
    result.at_most("hostile_peers_p99_ratio", std::round(besieged_99 / quiet_99 * 100) / 100,
                   setting("TIDEGATE_P99_RATIO_MAX", 5));
    result.at_least("hostile_peers_half_open_ended", static_cast<double>(half_open_ended),
                    static_cast<double>(half_open_peers));
    result.equal("hostile_peers_clients_left", all_gone ? 0 : servers.metric("tidegate_clients"),
                 0);
    result.equal("hostile_peers_internal_errors",
                 servers.metric("tidegate_disconnects_total{reason=\"internal_error\"}"), 0);
    result.at_most("hostile_peers_growth_megabytes", growth, setting("TIDEGATE_GROWTH_MB_MAX", 32));
    return result.print();
}

}  // namespace

int main() {
    return run(&test);
}
