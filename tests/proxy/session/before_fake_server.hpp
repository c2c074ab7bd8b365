#pragma once

#include <spdlog/logger.h>

#include <memory>
#include <optional>
#include <thread>

#include "proxy/log.hpp"
#include "proxy/server.hpp"
#include "proxy/worker_counters.hpp"
#include "tests/pool/fake_server.hpp"
#include "tests/proxy/session/wire_client.hpp"
#include "tests/support/free_port.hpp"
#include "tests/support/wait_until.hpp"

namespace session_test {

/// Tidegate in this process, of one thread, before a server of a few sentences that has a thread of
/// its own.  A test sets both up, and then start()s them.
class before_fake_server {
public:
    before_fake_server() {
        settings.mysql.port = support::free_port();
        settings.threads = 1;
        settings.primary = {"primary", "127.0.0.1", backend.endpoint().port, 3};
        settings.users.push_back({"app", "secret"});
        settings.limits.queue_timeout = std::chrono::seconds(2);
    }
    ~before_fake_server() { stop(); }
    before_fake_server(const before_fake_server&) = delete;
    before_fake_server& operator=(const before_fake_server&) = delete;

    /// Returns when Tidegate knows its server.
    void start() {
        start_at_once();
        support::wait_until(std::chrono::seconds(10),
                            [&] { return tidegate_->health().primary_up; });
    }
    void start_at_once() {
        tidegate_.emplace(std::make_shared<const proxy::config>(settings), *log_);
        thread_ = std::thread([this] { context_.run(); });
        tidegate_->start();
    }
    /// After this the server may be looked at.
    void stop() {
        tidegate_.reset();
        context_.stop();
        if (thread_.joinable()) thread_.join();
    }

    /// With a schema the login needs a connection to the server.
    wire_client connect(const std::string& schema = "shop") const {
        namespace c = protocol::capability;
        return {settings.mysql.port,
                c::session_track | c::deprecate_eof | c::plugin_auth_lenenc_data,
                {"app", "secret", schema}};
    }
    /// What the first thread counts, and what all of them do.
    const proxy::worker_counters& count() const { return *tidegate_->counters()[0]; }
    std::uint64_t total(proxy::counter proxy::worker_counters::* which) const {
        std::uint64_t sum = 0;
        for (const auto* one : tidegate_->counters()) sum += (one->*which).value();
        return sum;
    }

private:
    boost::asio::io_context context_{1};
    std::shared_ptr<spdlog::logger> log_ = proxy::make_logger({.level = "off"});

public:
    pool_test::fake_server backend{context_};
    proxy::config settings{};

private:
    std::optional<proxy::server> tidegate_{};
    std::thread thread_{};
};

}  // namespace session_test
