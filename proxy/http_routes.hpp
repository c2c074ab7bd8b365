#pragma once

#include <functional>
#include <vector>

#include "proxy/http_server.hpp"
#include "proxy/metrics.hpp"
#include "proxy/server.hpp"

namespace proxy {

/// The paths Tidegate serves (docs/http.md lists them): /metrics, /healthz, /readyz, /v1/status,
/// /v1/memory, /v1/pins.
///
/// `health`, `pins` and what `sources` hold are called on the HTTP server's thread.
std::vector<http_route> make_routes(metric_sources sources, std::function<server_health()> health,
                                    std::function<std::vector<pin_report>()> pins);

/// Why the process should get no clients now, one sentence each; empty if it should.
///
/// Edges are not among the reasons: without them reads go to the primary.
std::vector<std::string> not_ready_because(const server_health& health);

http_reply ready_reply(const server_health& health);
http_reply status_reply(const server_health& health);
http_reply pins_reply(const std::vector<pin_report>& pins);
http_reply memory_reply(const metric_sources& sources);

}  // namespace proxy
