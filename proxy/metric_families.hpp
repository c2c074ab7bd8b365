#pragma once

#include <prometheus/metric_family.h>

#include <vector>

#include "proxy/metrics.hpp"

/// One function for each owner of numbers; scrape() joins them.
namespace proxy {

std::vector<prometheus::MetricFamily> worker_families(
    const std::vector<const worker_counters*>& workers);
std::vector<prometheus::MetricFamily> edge_families(const std::vector<edge_status>& edges);
std::vector<prometheus::MetricFamily> process_families();  // by the names all exporters use

}  // namespace proxy
