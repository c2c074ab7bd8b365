#include <array>

#include "proxy/metric_families.hpp"

namespace proxy {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using status = replicator::replicator_status;

struct field {
    const char* name;
    const char* help;
    MetricType type;
    std::uint64_t status::* value;
    double unit = 1;
};

constexpr std::array fields{
    field{"tidegate_edge_lag_seconds",
          "From the commit at the source to the commit on the edge, of the newest transaction "
          "applied.",
          MetricType::Gauge, &status::lag_microseconds, 1e-6},
    field{"tidegate_edge_transactions_applied_total",
          "Source transactions applied that had rows for the edge.", MetricType::Counter,
          &status::transactions_applied},
    field{"tidegate_edge_transactions_empty_total",
          "Source transactions of which the filter left nothing.", MetricType::Counter,
          &status::transactions_empty},
    field{"tidegate_edge_rows_applied_total", "Rows inserted, updated or deleted from the stream.",
          MetricType::Counter, &status::rows_applied},
    field{"tidegate_edge_chunks_total",
          "Transactions committed on the edge; each holds one or more of the source.",
          MetricType::Counter, &status::chunks},
    field{"tidegate_edge_reconnects_total", "Times the stream was lost and begun again.",
          MetricType::Counter, &status::reconnects},
    field{"tidegate_edge_rows_copied_total", "Rows of initial copies.", MetricType::Counter,
          &status::rows_copied},
    field{"tidegate_edge_queue_bytes", "Events received and not yet applied, right now.",
          MetricType::Gauge, &status::queue_bytes},
};

ClientMetric metric(MetricType type, const std::string& edge, double value) {
    ClientMetric out;
    out.label.push_back({"edge", edge});
    (type == MetricType::Counter ? out.counter.value : out.gauge.value) = value;
    return out;
}

MetricFamily state_family(const std::vector<edge_status>& edges) {
    using router::edge_state;
    MetricFamily out{"tidegate_edge_state",
                     "1 for the state that the edge is in, else 0.",
                     MetricType::Gauge,
                     {}};
    for (const edge_status& edge : edges) {
        for (const edge_state state : {edge_state::connecting, edge_state::copying,
                                       edge_state::streaming, edge_state::stopped}) {
            out.metric.push_back(
                metric(MetricType::Gauge, edge.edge, edge.status.state == state ? 1 : 0));
            out.metric.back().label.push_back({"state", std::string(to_string(state))});
        }
    }
    return out;
}

}  // namespace

std::vector<MetricFamily> edge_families(const std::vector<edge_status>& edges) {
    std::vector<MetricFamily> out{state_family(edges)};
    for (const field& f : fields) {
        MetricFamily family{f.name, f.help, f.type, {}};
        for (const edge_status& edge : edges) {
            const auto value = static_cast<double>(edge.status.*f.value) * f.unit;
            family.metric.push_back(metric(f.type, edge.edge, value));
        }
        out.push_back(std::move(family));
    }
    return out;
}

}  // namespace proxy
