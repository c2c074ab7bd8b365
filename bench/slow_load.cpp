// slow_load PORT CLIENTS SECONDS SLOW_PER_1000 SLOW_MS: point selects of one digest, of which a few
// take long.  Prints what the others took, in milliseconds:
//
//   quick 123456 p50 2.1 p99 8.0 p999 14.2 max 31.0 slow 1234
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <cstdio>
#include <exception>
#include <random>
#include <string>
#include <vector>

#include "bench/mysql_client.hpp"

namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using clock_type = std::chrono::steady_clock;
using milliseconds = std::chrono::duration<double, std::milli>;

constexpr std::chrono::seconds settling{1};  // until all have logged in; not counted

struct load {
    tcp::endpoint server;
    clock_type::time_point count_from;
    clock_type::time_point end;
    unsigned slow_per_1000;
    std::string slow_seconds;
    std::vector<double> quick{};
    long slow = 0;
};

asio::awaitable<void> work(load& all, unsigned seed) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    std::minstd_rand random(seed);
    bench::mysql_client client(executor, nullptr);
    co_await client.connect(all.server, "sbtest");
    for (auto begin = clock_type::now(); begin < all.end; begin = clock_type::now()) {
        const bool slow = random() % 1000 < all.slow_per_1000;
        // One digest: whether it sleeps is a literal.
        const std::string sql =
            "SELECT c FROM sbtest1 WHERE id=" + std::to_string(1 + random() % 10000) +
            " AND SLEEP(" + (slow ? all.slow_seconds : "0.0") + ")=0";
        co_await client.query(sql);
        if (begin < all.count_from) continue;
        if (slow) {
            ++all.slow;
        } else {
            all.quick.push_back(milliseconds(clock_type::now() - begin).count());
        }
    }
    co_await client.quit();
}

double percentile(const std::vector<double>& sorted, double part) {
    return sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1))];
}

int run(std::uint16_t port, unsigned clients, double duration, unsigned slow_per_1000,
        double slow_ms) {
    asio::io_context loop(1);
    const auto begin = clock_type::now() + settling;
    load all{.server = {asio::ip::address_v4::loopback(), port},
             .count_from = begin,
             .end = begin + std::chrono::duration_cast<clock_type::duration>(
                                std::chrono::duration<double>(duration)),
             .slow_per_1000 = slow_per_1000,
             .slow_seconds = std::to_string(slow_ms / 1000)};
    for (unsigned i = 1; i <= clients; ++i) {
        asio::co_spawn(loop, work(all, i), [](const std::exception_ptr& failed) {
            if (failed) std::rethrow_exception(failed);
        });
    }
    loop.run();
    if (all.quick.empty()) throw std::runtime_error("nothing was measured");
    std::ranges::sort(all.quick);
    std::printf("quick %zu p50 %.2f p99 %.2f p999 %.2f max %.2f slow %ld\n", all.quick.size(),
                percentile(all.quick, 0.5), percentile(all.quick, 0.99),
                percentile(all.quick, 0.999), all.quick.back(), all.slow);
    return 0;
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 6) {
        std::fprintf(stderr, "usage: slow_load PORT CLIENTS SECONDS SLOW_PER_1000 SLOW_MS\n");
        return 2;
    }
    try {
        return run(static_cast<std::uint16_t>(std::stoul(arguments[1])),
                   static_cast<unsigned>(std::stoul(arguments[2])), std::stod(arguments[3]),
                   static_cast<unsigned>(std::stoul(arguments[4])), std::stod(arguments[5]));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "slow_load: %s\n", error.what());
        return 1;
    }
}
