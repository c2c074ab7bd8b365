// What an idle client costs Tidegate in memory.
//
// 10,000 clients log in, each runs point selects, 200 at a time in turns, over at most 32 server
// connections; then all fall silent.  Measured is how much larger Tidegate's resident size is than
// before they came, divided by their number; once plain, once with TLS, each in a process of its
// own.  While they work, server and Tidegate are asked how many server connections there are.
//
// BENCH_CLIENTS (10000) and BENCH_SECONDS (10, of work) make it smaller.  Client and proxy need a
// file descriptor a client each: ulimit -Hn must allow that.
#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cmath>
#include <exception>
#include <memory>
#include <thread>

#include "bench/certificate.hpp"
#include "bench/mysql_client.hpp"
#include "bench/process_memory.hpp"
#include "tests/integration/cluster.hpp"
#include "tests/long/bars.hpp"
#include "tests/long/descriptors.hpp"
#include "tests/support/temp_folder.hpp"

using namespace long_test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

using clock_type = std::chrono::steady_clock;

constexpr int backends_max = 32;  // all of Tidegate's, its probe's included
constexpr int active_at_once = 200;
constexpr int logins_at_once = 64;
constexpr int rows = 1000;

/// The clients of one process under test, in one thread.
class population {
public:
    population(asio::ip::port_type port, asio::ssl::context* tls, std::size_t size)
        : server_(asio::ip::address_v4::loopback(), port) {
        for (std::size_t i = 0; i < size; ++i)
            clients_.push_back(std::make_unique<bench::mysql_client>(loop_.get_executor(), tls));
    }

    void log_in() {
        next_ = 0;
        for (int i = 0; i < logins_at_once; ++i) start(log_in_in_turn());
        run();
    }

    /// Every client works at least once, and all for at least so long.
    void work(std::chrono::seconds duration) {
        next_ = 0;
        work_end_ = clock_type::now() + duration;
        for (int i = 0; i < active_at_once; ++i) start(work_in_turn());
        run();
    }

    long queries() const noexcept { return queries_; }

private:
    // An error ends everything: there is nothing to measure.
    void start(asio::awaitable<void> task) {
        asio::co_spawn(loop_, std::move(task), [](const std::exception_ptr& failed) {
            if (failed) std::rethrow_exception(failed);
        });
    }
    void run() {
        loop_.restart();
        loop_.run();
    }

    asio::awaitable<void> log_in_in_turn() {
        while (next_ < clients_.size()) {
            bench::mysql_client& client = *clients_[next_++];
            co_await client.connect(server_, "shop");
        }
    }
    // A turn is so much shorter than a round that no client is still busy when it comes again.
    asio::awaitable<void> work_in_turn() {
        while (next_ < clients_.size() || clock_type::now() < work_end_) {
            const std::size_t turn = next_++;
            const std::string sql =
                "SELECT c FROM items WHERE id = " + std::to_string(1 + turn % rows);
            co_await clients_[turn % clients_.size()]->query(sql);
            ++queries_;
        }
    }

    asio::io_context loop_{1};
    asio::ip::tcp::endpoint server_;
    std::vector<std::unique_ptr<bench::mysql_client>> clients_;
    std::size_t next_ = 0;
    clock_type::time_point work_end_;
    long queries_ = 0;
};

/// Asks again and again, until its end, how many server connections Tidegate uses.
class backend_watch {
public:
    explicit backend_watch(integration::cluster& servers)
        : thread_([this, &servers](const std::stop_token& stop) {
              while (!stop.stop_requested()) {
                  look(servers);
                  std::this_thread::sleep_for(100ms);
              }
          }) {}
    double finish() {
        thread_.request_stop();
        thread_.join();
        return most_;
    }

private:
    void look(integration::cluster& servers) {
        // All but this look's own connection.
        const double seen = std::stod(servers.primary().value(
            "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'app'"));
        most_ = std::max({most_, seen, servers.metric("tidegate_backend_connections")});
    }

    double most_ = 0;
    std::jthread thread_;
};

struct figures {
    double bytes_per_client = 0;
    double backends = 0;
};

figures measure(std::size_t count, const std::string& settings, asio::ssl::context* tls) {
    integration::cluster servers(
        {.schema = "CREATE DATABASE shop;"
                   "CREATE TABLE shop.items (id INT NOT NULL PRIMARY KEY, c CHAR(120) NOT NULL);"
                   "INSERT INTO shop.items WITH RECURSIVE i (i) AS (SELECT 1 UNION ALL "
                   "SELECT i + 1 FROM i WHERE i < " +
                   std::to_string(rows) + ") SELECT i, REPEAT('c', 119) FROM i",
         .primary_connections_max = backends_max - 1,
         .settings = "limits: {clients_max: " + std::to_string(count + 100) + "}\n" + settings});
    const pid_t process = servers.tidegate().pid();
    const char* const kind = tls == nullptr ? "plain" : "TLS";

    // What the first client of all makes Tidegate load is no cost of a client.
    population first(servers.tidegate().port(), tls, 1);
    first.log_in();
    const std::size_t before = bench::settled_resident_bytes(process);

    population clients(servers.tidegate().port(), tls, count);
    clients.log_in();
    const std::size_t logged_in = bench::resident_bytes(process);
    backend_watch watch(servers);
    clients.work(std::chrono::seconds(setting("BENCH_SECONDS", 10)));
    const double backends = watch.finish();
    const std::size_t after = bench::settled_resident_bytes(process);
    if (servers.metric("tidegate_clients") < static_cast<double>(count))
        throw std::runtime_error("clients were lost");

    const auto each = [&](std::size_t resident) {
        return static_cast<double>(resident > before ? resident - before : 0) /
               static_cast<double>(count);
    };
    progress(std::string(kind) + ": " + std::to_string(before / 1024) + " KiB before, " +
             std::to_string(after / 1024) + " KiB with " + std::to_string(count) +
             " idle clients; " + std::to_string(static_cast<int>(each(logged_in))) +
             " bytes a client after the logins, " + std::to_string(static_cast<int>(each(after))) +
             " after " + std::to_string(clients.queries()) + " queries over " +
             std::to_string(static_cast<int>(backends)) + " server connections");
    return {std::round(each(after)), backends};
}

int test() {
    const auto count = static_cast<std::size_t>(setting("BENCH_CLIENTS", 10'000));
    constexpr std::size_t others = 500;  // descriptors for all the rest
    allow_descriptors(count + others);

    const figures plain = measure(count, "", nullptr);
    const support::temp_folder folder;
    asio::ssl::context tls(asio::ssl::context::tls_client);
    const figures secure = measure(count, bench::tls_settings(folder, "required"), &tls);

    bars result;
    result.at_least("idle_clients", static_cast<double>(count), 10'000);
    result.at_most("idle_clients_backends", std::max(plain.backends, secure.backends),
                   backends_max);
    result.at_most("idle_client_bytes", plain.bytes_per_client, 6 * 1024);
    result.at_most("idle_client_bytes_tls", secure.bytes_per_client, 32 * 1024);
    return result.print();
}

}  // namespace

int main() {
    return run(&test);
}
