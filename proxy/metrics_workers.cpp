#include <array>

#include "proxy/metric_families.hpp"

namespace proxy {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using worker = worker_counters;

/// One field of worker_counters as Prometheus shows it.  Rows with one name are one family, and
/// stand together.
struct field {
    const char* name;
    const char* help;
    MetricType type;
    counter worker::* value;
    const char* label = nullptr;
    const char* label_value = nullptr;
    double unit = 1;  // of one count, in the metric's unit
};

constexpr double microsecond = 1e-6;

constexpr auto total = MetricType::Counter;
constexpr auto now = MetricType::Gauge;

constexpr std::array fields{
    field{"tidegate_clients_accepted_total", "Connections of clients that were accepted.", total,
          &worker::clients_accepted},
    field{"tidegate_clients", "Clients connected right now, those logging in included.", now,
          &worker::clients_current},
    field{"tidegate_clients_refused_total",
          "Connections refused because limits.clients_max or limits.memory was reached.", total,
          &worker::clients_refused},
    field{"tidegate_logins_failed_total",
          "Clients turned away with a wrong user or password, or without the TLS asked for.", total,
          &worker::logins_failed},
    field{"tidegate_queries_total",
          "Commands from clients: queries, executions of prepared statements and all others.",
          total, &worker::queries},
    field{"tidegate_reads_total", "Reads answered, by the kind of server that answered.", total,
          &worker::reads_primary, "server", "primary"},
    field{"tidegate_reads_total", "", total, &worker::reads_edge, "server", "edge"},
    field{"tidegate_writes_total", "Statements sent to the primary because they may write.", total,
          &worker::writes},
    field{"tidegate_learned_answers_total",
          "Statements about the session's own state that were answered without a server.", total,
          &worker::learned_answers},
    field{"tidegate_read_retries_total",
          "Times a read was run again because its connection was lost before it answered.", total,
          &worker::read_retries},
    field{"tidegate_prepared_executes_total",
          "Executions of prepared statements in the binary protocol.", total,
          &worker::prepared_executes},
    field{"tidegate_client_received_bytes_total", "Bytes received from clients.", total,
          &worker::bytes_from_clients},
    field{"tidegate_client_sent_bytes_total", "Bytes sent to clients.", total,
          &worker::bytes_to_clients},
    field{"tidegate_edge_waits_total",
          "Reads that waited for an edge to apply what their session wrote.", total,
          &worker::edge_waits},
    field{"tidegate_edge_wait_seconds_total",
          "Time spent in such waits, those that timed out included.", total,
          &worker::edge_wait_microseconds, nullptr, nullptr, microsecond},
    field{"tidegate_edge_wait_timeouts_total",
          "Such waits that lasted routing.wait; the read then went to the primary.", total,
          &worker::edge_wait_timeouts},
    field{"tidegate_coverage_bugs_total",
          "Reads that an edge answered with an unknown table or column although it was thought to "
          "hold them; they were run again on the primary.  Each is a bug: please report it.",
          total, &worker::coverage_bugs},
    field{"tidegate_backend_connects_total", "Connections opened to servers, logins included.",
          total, &worker::backend_connects},
    field{"tidegate_backend_connect_errors_total",
          "Attempts to connect or log in to a server that failed.", total,
          &worker::backend_connect_errors},
    field{"tidegate_backend_connections", "Connections to servers open right now.", now,
          &worker::backend_connections},
    field{"tidegate_backend_connections_in_use",
          "Connections to servers lent to a session right now, or being reset after one.", now,
          &worker::backend_in_use},
    field{"tidegate_backend_borrow_waits_total",
          "Statements that found every connection in use and waited for one.", total,
          &worker::borrow_waits},
    field{"tidegate_backend_borrow_wait_seconds_total",
          "Time spent in such waits, those that timed out included.", total,
          &worker::borrow_wait_microseconds, nullptr, nullptr, microsecond},
    field{"tidegate_backend_borrow_timeouts_total",
          "Such waits that lasted limits.queue_timeout; the client got an error.", total,
          &worker::borrow_timeouts},
    field{"tidegate_backend_borrow_refusals_total",
          "Statements refused because limits.queue_max sessions waited already.", total,
          &worker::borrow_refusals},
    field{"tidegate_backend_resets_total",
          "Connections reset because their session had left a transaction, locks or variables.",
          total, &worker::backend_resets},
    field{"tidegate_backend_reset_errors_total",
          "Such resets that failed or took too long; the connection was closed.", total,
          &worker::backend_reset_errors},
    field{"tidegate_backend_retired_total",
          "Connections closed because of their age, or because nobody had used them for long.",
          total, &worker::backend_retired},
    field{
        "tidegate_backend_moves_total",
        "Connections that went from one thread, which could spare it, to another, which had none.",
        total, &worker::backend_moves},
    field{"tidegate_convoys_total",
          "Times that short reads of several sessions were sent together down one connection.",
          total, &worker::convoys},
    field{"tidegate_convoy_statements_total", "Statements that went in such convoys.", total,
          &worker::convoy_statements},
    field{"tidegate_convoy_overdue_total",
          "Of those, sent again elsewhere: a statement before them took limits.convoy_wait.", total,
          &worker::convoy_overdue},
    field{"tidegate_state_replays_total",
          "Times a connection was brought to a session's state (schema, variables) first.", total,
          &worker::state_replays},
    field{"tidegate_tracker_mismatches_total",
          "Statements whose effect on the session the server reported other than predicted; the "
          "server's report was used.",
          total, &worker::tracker_mismatches},
    field{"tidegate_memory_waits_total",
          "Commands whose reading stopped until there was memory for them.", total,
          &worker::memory_waits},
    field{"tidegate_memory_refusals_total",
          "Commands and statements refused with error 1041 because limits.memory was reached.",
          total, &worker::memory_refusals},
};

ClientMetric metric(MetricType type, double value) {
    ClientMetric out;
    (type == MetricType::Counter ? out.counter.value : out.gauge.value) = value;
    return out;
}

template <typename Enum, std::size_t Count>
MetricFamily family_by(const char* name, const char* help, MetricType type,
                       const std::vector<const worker*>& workers,
                       counters_by<Enum, Count> worker::* values, const char* label = "reason") {
    MetricFamily family{name, help, type, {}};
    for (std::size_t i = 0; i < Count; ++i) {
        const Enum which = static_cast<Enum>(i);
        std::uint64_t sum = 0;
        for (const worker* w : workers) sum += (w->*values)[which].value();
        family.metric.push_back(metric(type, static_cast<double>(sum)));
        family.metric.back().label.push_back({label, std::string(to_string(which))});
    }
    return family;
}

}  // namespace

std::vector<MetricFamily> worker_families(const std::vector<const worker*>& workers) {
    std::vector<MetricFamily> out;
    for (const field& f : fields) {
        std::uint64_t sum = 0;
        for (const worker* w : workers) sum += (w->*f.value).value();
        if (out.empty() || out.back().name != f.name) out.push_back({f.name, f.help, f.type, {}});
        out.back().metric.push_back(metric(f.type, static_cast<double>(sum) * f.unit));
        if (f.label != nullptr) out.back().metric.back().label.push_back({f.label, f.label_value});
    }
    out.push_back(family_by("tidegate_memory_bytes",
                            "Memory in use for clients, by what for; /v1/memory has the same.", now,
                            workers, &worker::memory, "use"));
    out.push_back(family_by("tidegate_pins_total",
                            "Times a session began to keep its connection between statements.",
                            total, workers, &worker::pins));
    out.push_back(family_by("tidegate_pinned_sessions",
                            "Sessions that keep their connection right now; /v1/pins lists them.",
                            now, workers, &worker::pinned));
    out.push_back(family_by("tidegate_disconnects_total", "Connections of clients that ended.",
                            total, workers, &worker::disconnects));
    out.push_back(family_by("tidegate_decisions_total",
                            "Statements routed, by the reason that decided.", total, workers,
                            &worker::decisions));
    return out;
}

}  // namespace proxy
