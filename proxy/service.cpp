#include "proxy/service.hpp"

#include <spdlog/logger.h>

#include "proxy/config_values.hpp"
#include "proxy/http_routes.hpp"
#include "proxy/log.hpp"
#include "proxy/version.hpp"

namespace proxy {

service::service(std::shared_ptr<const config> settings, spdlog::logger& log)
    : settings_(std::move(settings)), log_(log), server_(settings_, log) {
    for (const edge_config& edge : settings_->edges) {
        replicators_.push_back(
            std::make_unique<replicator::edge_replicator>(edge.replication, server_, log_));
    }
    if (settings_->http.port == 0) return;
    metric_sources sources{.workers = [this] { return server_.counters(); },
                           .edges = [this] { return edge_statuses(); },
                           .memory_bytes_max = server_.health().memory_bytes_max};
    auto routes = make_routes(
        std::move(sources), [this] { return server_.health(); }, [this] { return server_.pins(); });
    http_ = std::make_unique<http_server>(settings_->http, std::move(routes), log_);
}

service::~service() {
    stop();
}

void service::start() {
    if (http_) http_->start();
    server_.start();
    for (const auto& replicator : replicators_) replicator->start();
    log_.info(log_event("started")("version", version)("mysql", format_address(settings_->mysql))(
                  "http", http_ ? format_address(settings_->http) : "off")("edges",
                                                                           settings_->edges.size())
                  .text());
}

void service::stop() {
    server_.stop(settings_->limits.shutdown_timeout);
    for (const auto& replicator : replicators_) replicator->stop();
    if (http_) http_->stop();  // last: probes see the end, too
}

std::vector<edge_status> service::edge_statuses() const {
    std::vector<edge_status> out;
    for (std::size_t i = 0; i < replicators_.size(); ++i)
        out.push_back({settings_->edges[i].server.name, replicators_[i]->status()});
    return out;
}

}  // namespace proxy
