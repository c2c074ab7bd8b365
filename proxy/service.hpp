#pragma once

#include <memory>
#include <vector>

#include "proxy/config.hpp"
#include "proxy/http_server.hpp"
#include "proxy/metrics.hpp"
#include "proxy/server.hpp"
#include "replicator/edge_replicator.hpp"

namespace proxy {

/// All of Tidegate that runs: the MySQL side, one replicator for each edge, and HTTP.
///
/// Wires them and gives them their order; knows no signals and no command line.
class service {
public:
    /// `log` must outlive this object.  Throws std::runtime_error for a TLS file that cannot be
    /// used, whose message says which and what to do.
    service(std::shared_ptr<const config> settings, spdlog::logger& log);
    ~service();

    /// HTTP first, so that a probe sees the start; replicators last, since they never fail.
    /// Throws std::system_error with a message for a person; nothing runs then.
    void start();
    /// See server::reload_certificates().
    void reload_certificates() { server_.reload_certificates(); }
    /// Lets clients finish within limits.shutdown_timeout, then ends everything.  Idempotent.
    void stop();

private:
    std::vector<edge_status> edge_statuses() const;

    std::shared_ptr<const config> settings_;
    spdlog::logger& log_;
    server server_;
    std::vector<std::unique_ptr<replicator::edge_replicator>> replicators_;
    std::unique_ptr<http_server> http_;  // null if not listened on
};

}  // namespace proxy
