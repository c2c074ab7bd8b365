#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proxy/config.hpp"
#include "proxy/pin_ledger.hpp"
#include "router/edge_report.hpp"

namespace spdlog {
class logger;
}

namespace proxy {

struct worker_counters;

/// What /readyz and /v1/status tell.  A copy.
struct server_health {
    bool listening = false;
    bool primary_up = false;      // the last probe of the primary succeeded
    std::string primary_error{};  // of the last probe; empty if it succeeded
    std::vector<router::edge_report> edges{};
    /// Of each edge: whether its system's time zone is the primary's; nothing while not known.
    std::vector<std::optional<bool>> same_time_zone{};
    std::size_t clients = 0;
    std::size_t memory_bytes_max = 0;  // for all clients
};

/// The MySQL side of the process: the workers, their listeners and the probes.
///
/// One worker per thread; a client lives and dies on the worker that accepted it.
class server : public router::edge_observer {
public:
    /// `log` must outlive this object.  Throws std::runtime_error for a TLS file that cannot be
    /// used; its message says which and what to do.
    server(std::shared_ptr<const config> settings, spdlog::logger& log);
    ~server() override;  // stop()s at once
    server(const server&) = delete;
    server& operator=(const server&) = delete;

    /// Binds and starts the workers.  Throws std::system_error whose message names the address that
    /// cannot be listened on and what to do.
    void start();

    /// Stops accepting, lets statements and transactions end for at most `drain`, then closes all
    /// and joins the threads.  Idempotent.
    void stop(std::chrono::milliseconds drain);

    /// Reads the files of `tls`, and those of the servers' `tls`, again, for clients that begin TLS
    /// from here on and for connections to servers opened from here on.
    /// Throws std::runtime_error as the constructor does; then nothing has changed.
    void reload_certificates();

    /// Hands an edge's news to every worker.  Any thread.
    void edge_changed(const router::edge_report& report) override;

    std::vector<const worker_counters*> counters() const;  // valid as long as this object
    server_health health() const;                          // any thread
    /// What pins sessions now, oldest first.  Any thread; waits for the workers, a second at most,
    /// and leaves out those that do not answer.
    std::vector<pin_report> pins() const;

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace proxy
