#pragma once

#include <functional>
#include <string>
#include <vector>

#include "proxy/worker_counters.hpp"
#include "replicator/edge_replicator.hpp"

namespace proxy {

/// An edge's name and what its replicator says now.
struct edge_status {
    std::string edge;
    replicator::replicator_status status{};
};

/// Where the numbers are.  Asked at each scrape, on the scraper's thread.
struct metric_sources {
    std::function<std::vector<const worker_counters*>()> workers;
    std::function<std::vector<edge_status>()> edges;
    std::size_t memory_bytes_max = 0;  // for all clients
};

/// All metrics in Prometheus' text form, as `/metrics` serves them.
///
/// docs/metrics.md lists them; a test compares.  Durations are seconds, sizes bytes.  The counters
/// of all workers are added up: which worker serves a client says nothing to an operator.
std::string scrape(const metric_sources& sources);

}  // namespace proxy
