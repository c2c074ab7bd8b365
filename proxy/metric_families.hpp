#pragma once

#include <prometheus/metric_family.h>

#include <vector>

#include "proxy/metrics.hpp"

/// One function for each owner of numbers; scrape() joins them.
namespace proxy {

std::vector<prometheus::MetricFamily> worker_families(
    const std::vector<const worker_counters*>& workers);
std::vector<prometheus::MetricFamily> edge_families(const std::vector<edge_status>& edges);
/// By the names all exporters use, and the limit of the memory for clients.
std::vector<prometheus::MetricFamily> process_families(std::size_t memory_bytes_max);

}  // namespace proxy
