#include "proxy/http_routes.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "proxy/version.hpp"

namespace proxy {
namespace {

namespace json = boost::json;

json::object edge_json(const router::edge_report& edge, std::optional<bool> same_time_zone) {
    json::object out;
    out["name"] = edge.edge;
    out["state"] = router::to_string(edge.state);
    out["readable"] = edge.holds != nullptr;
    out["watermark"] =
        edge.applied == nullptr ? json::value(nullptr) : json::value(edge.applied->to_string());
    out["lag_seconds"] = std::chrono::duration<double>(edge.lag).count();
    out["same_time_zone"] = same_time_zone ? json::value(*same_time_zone) : json::value(nullptr);
    out["message"] = edge.message;
    return out;
}

}  // namespace

std::vector<std::string> not_ready_because(const server_health& health) {
    std::vector<std::string> out;
    if (!health.listening) out.emplace_back("not listening for MySQL clients");
    if (!health.primary_up) {
        out.push_back(health.primary_error.empty() ? "the primary has not answered yet"
                                                   : "primary: " + health.primary_error);
    }
    return out;
}

http_reply ready_reply(const server_health& health) {
    const auto reasons = not_ready_because(health);
    json::object out;
    out["ready"] = reasons.empty();
    if (!reasons.empty()) out["reasons"] = json::array(reasons.begin(), reasons.end());
    return {.status = reasons.empty() ? 200u : 503u, .body = json::serialize(out) + "\n"};
}

http_reply status_reply(const server_health& health) {
    json::object primary;
    primary["up"] = health.primary_up;
    primary["error"] = health.primary_error;
    json::array edges;
    for (std::size_t i = 0; i < health.edges.size(); ++i) {
        const bool asked = i < health.same_time_zone.size();
        edges.push_back(
            edge_json(health.edges[i], asked ? health.same_time_zone[i] : std::nullopt));
    }

    json::object out;
    out["version"] = version;
    out["ready"] = not_ready_because(health).empty();
    out["clients"] = health.clients;
    out["primary"] = std::move(primary);
    out["edges"] = std::move(edges);
    return {.body = json::serialize(out) + "\n"};
}

http_reply pins_reply(const std::vector<pin_report>& pins) {
    json::array out;
    for (const pin_report& pin : pins) {
        json::object one;
        one["connection"] = pin.connection;
        one["user"] = pin.user;
        one["reason"] = to_string(pin.why);
        one["statement"] = pin.statement;
        one["age_seconds"] = std::chrono::duration<double>(pin.age).count();
        one["ended_by"] = ended_by(pin.why);
        out.push_back(std::move(one));
    }
    return {.body = json::serialize(out) + "\n"};
}

http_reply memory_reply(const metric_sources& sources) {
    json::object uses;
    std::uint64_t all = 0, waits = 0, refusals = 0;
    const auto workers = sources.workers();
    for (std::size_t i = 0; i < pool::memory_use_count; ++i) {
        const auto what = static_cast<pool::memory_use>(i);
        std::uint64_t bytes = 0;
        for (const worker_counters* one : workers) bytes += one->memory[what].value();
        uses[to_string(what)] = bytes;
        all += bytes;
    }
    for (const worker_counters* one : workers) {
        waits += one->memory_waits.value();
        refusals += one->memory_refusals.value();
    }
    json::object out;
    out["limit_bytes"] = sources.memory_bytes_max;
    out["used_bytes"] = all;
    out["uses"] = std::move(uses);
    out["waits"] = waits;
    out["refusals"] = refusals;
    return {.body = json::serialize(out) + "\n"};
}

std::vector<http_route> make_routes(metric_sources sources, std::function<server_health()> health,
                                    std::function<std::vector<pin_report>()> pins) {
    return {
        {"/v1/memory", [sources] { return memory_reply(sources); }},
        {"/metrics",
         [sources = std::move(sources)] {
             return http_reply{.body = scrape(sources),
                               .content_type = "text/plain; version=0.0.4; charset=utf-8"};
         }},
        {"/healthz", [] { return http_reply{.body = "ok\n", .content_type = "text/plain"}; }},
        {"/readyz", [health] { return ready_reply(health()); }},
        {"/v1/status", [health] { return status_reply(health()); }},
        {"/v1/pins", [pins] { return pins_reply(pins()); }},
    };
}

}  // namespace proxy
