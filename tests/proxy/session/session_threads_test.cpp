// Clients of several threads, and fewer connections than threads: they go from one to another.
#include <catch2/catch.hpp>
#include <future>

#include "tests/proxy/session/before_fake_server.hpp"

using namespace session_test;
using namespace std::chrono_literals;
using protocol::command;

namespace {

/// How many of a client's answers were errors; it pins its connection now and then.
std::size_t errors_of_client(const before_fake_server& f, std::size_t statements) {
    std::size_t errors = 0;
    const auto note = [&](const bytes& answer) { errors += answer.size() < 5 || answer[4] == 0xff; };
    wire_client client = f.connect();
    for (std::size_t i = 0; i < statements; ++i) {
        if (i % 10 == 3) note(client.ask("CREATE TEMPORARY TABLE x (a INT)"));
        note(client.ask(i % 4 == 0 ? "INSERT INTO t VALUES (1)" : "SELECT 1"));
        if (i % 10 == 5) note(client.ask({command::reset_connection, ""}));
    }
    return errors;
}

}  // namespace

TEST_CASE("Clients of several threads are all served, however few connections there are",
          "[proxy]") {
    const std::size_t limit = GENERATE(1u, 2u, 3u);
    const bool of_cluster = GENERATE(false, true);
    CAPTURE(limit, of_cluster);
    before_fake_server f;
    f.settings.threads = 3;
    f.settings.limits.queue_timeout = 1min;
    if (of_cluster) {
        f.settings.primary.connections_max = 100;
        f.settings.limits.connections_max = limit;
    } else {
        f.settings.primary.connections_max = limit + 1;
    }
    f.backend.known["SELECT 1"] = "1";
    f.start();
    std::vector<std::future<std::size_t>> clients;
    for (int i = 0; i < 12; ++i)
        clients.push_back(
            std::async(std::launch::async, [&] { return errors_of_client(f, 60); }));
    for (auto& client : clients) CHECK(client.get() == 0);
    CHECK(f.total(&proxy::worker_counters::borrow_timeouts) == 0);
    CHECK(f.total(&proxy::worker_counters::backend_connections) <= limit);
}
