#include "proxy/edge_probes.hpp"

#include <csignal>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>

#include "tests/support/mysql_server.hpp"
#include "tests/support/wait_until.hpp"

namespace {

constexpr std::chrono::seconds patience{20};

struct probed_edge {
    explicit probed_edge(const std::string& user, const std::string& password) {
        proxy::config settings;
        settings.users.push_back({.name = user, .password = password});
        proxy::edge_config edge;
        edge.server = {.name = "east", .host = server.host(), .port = server.port()};
        settings.edges.push_back(edge);
        probes.emplace(
            settings,
            [this](std::size_t, bool answers) {
                alive = answers;
                ++told;
            },
            [this](std::size_t, const std::string& told_zone) {
                const std::lock_guard lock(mutex);
                zone = told_zone;
            });
        probes->start();
    }

    /// What the second probe from now finds: the first may have begun before.
    bool found() {
        const int seen = told;
        REQUIRE(support::wait_until(patience, [&] { return told >= seen + 2; }));
        return alive;
    }

    std::string known_zone() {
        const std::lock_guard lock(mutex);
        return zone;
    }

    support::mysql_server server;
    std::mutex mutex;
    std::string zone;  // with the mutex
    std::atomic<bool> alive{false};
    std::atomic<int> told{0};
    std::optional<proxy::edge_probes> probes;  // ends before what it tells
};

}  // namespace

TEST_CASE("An edge that refuses the probe's account answers") {
    probed_edge edge("nobody", "wrong");
    CHECK(edge.found());
}

TEST_CASE("An edge that is frozen does not answer, and does when it goes on") {
    probed_edge edge("app", "app-password");
    CHECK(edge.found());
    CHECK_FALSE(edge.known_zone().empty());
    ::kill(edge.server.pid(), SIGSTOP);
    CHECK_FALSE(edge.found());
    ::kill(edge.server.pid(), SIGCONT);
    CHECK(edge.found());
}

TEST_CASE("An edge that is gone does not answer, and does when it is back") {
    probed_edge edge("app", "app-password");
    edge.server.kill();
    CHECK_FALSE(edge.found());
    edge.server.start();
    CHECK(edge.found());
}
