// connect_load PORT CLIENTS SECONDS SCHEMA: logs in and out again as often as it can, CLIENTS at a
// time; SCHEMA may be empty.  Prints how often that was done, in how many seconds, and how often
// the server asked for the password itself (which is no caching_sha2 fast path):
//
//   logins 31415 seconds 5.001 full_authentications 0
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

#include "bench/mysql_client.hpp"

namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using seconds = std::chrono::duration<double>;

struct load {
    tcp::endpoint server;
    std::string schema;
    std::chrono::steady_clock::time_point end;
    long logins = 0;
    long full_authentications = 0;
};

// From an address of its own: one address has too few ports for all connections of a minute.
asio::awaitable<void> come_and_go(load& all, asio::ip::address_v4 from) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    while (std::chrono::steady_clock::now() < all.end) {
        bench::mysql_client client(executor, nullptr);
        client.bind(from);
        co_await client.connect(all.server, all.schema);
        ++all.logins;
        all.full_authentications += client.full_authentication() ? 1 : 0;
        co_await client.quit();
    }
}

int run(std::uint16_t port, unsigned clients, double duration, std::string schema) {
    asio::io_context loop(1);
    const auto begin = std::chrono::steady_clock::now();
    load all{.server = {asio::ip::address_v4::loopback(), port},
             .schema = std::move(schema),
             .end = begin + std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                                seconds(duration))};
    for (unsigned i = 1; i <= clients; ++i) {
        const asio::ip::address_v4 from(asio::ip::address_v4::loopback().to_uint() + i);
        asio::co_spawn(loop, come_and_go(all, from), [](const std::exception_ptr& failed) {
            if (failed) std::rethrow_exception(failed);
        });
    }
    loop.run();
    const seconds took = std::chrono::steady_clock::now() - begin;
    std::printf("logins %ld seconds %.3f full_authentications %ld\n", all.logins, took.count(),
                all.full_authentications);
    return 0;
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 5) {
        std::fprintf(stderr, "usage: connect_load PORT CLIENTS SECONDS SCHEMA\n");
        return 2;
    }
    try {
        return run(static_cast<std::uint16_t>(std::stoul(arguments[1])),
                   static_cast<unsigned>(std::stoul(arguments[2])), std::stod(arguments[3]),
                   arguments[4]);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "connect_load: %s\n", error.what());
        return 1;
    }
}
