#include "tests/integration/cluster.hpp"

#include <stdexcept>

#include "tests/support/http_get.hpp"
#include "tests/support/wait_until.hpp"

namespace integration {
namespace {

support::login application(const std::string& schema) {
    return {.user = "app", .password = "app-password", .schema = schema};
}

std::string address(const support::mysql_server& server) {
    return "host: 127.0.0.1, port: " + std::to_string(server.port());
}

std::string edge_section(const cluster_options& options, const support::mysql_server& edge) {
    std::string text =
        "edges:\n"
        "  - name: east\n"
        "    server: {" +
        address(edge) + ", connections_max: " + std::to_string(options.edge_connections_max + 1) +
        "}\n"
        "    replication:\n"
        "      source: {user: tidegate, password: tidegate-password}\n"
        "      edge: {user: tidegate, password: tidegate-password}\n"
        "      tables:\n";
    for (const std::string& table : options.tables) text += "        - " + table + "\n";
    return text;
}

}  // namespace

cluster::cluster(const cluster_options& options)
    : primary_({.arguments = options.primary_arguments}) {
    if (!options.schema.empty()) primary_.query(options.schema);
    if (!options.tables.empty()) {
        edge_ = std::make_unique<support::mysql_server>(
            support::mysql_server_options{.arguments = options.edge_arguments, .edge = true});
    }
    tidegate_ = std::make_unique<support::tidegate_process>(
        [&](support::tidegate_ports ports) { return configuration(options, ports); });
}

std::string cluster::configuration(const cluster_options& options,
                                   support::tidegate_ports ports) const {
    std::string text = "listen: {mysql: 127.0.0.1:" + std::to_string(ports.mysql) +
                       ", http: 127.0.0.1:" + std::to_string(ports.http) + options.listen_settings +
                       "}\n"
                       "primary: {" +
                       address(primary_) +
                       ", connections_max: " + std::to_string(options.primary_connections_max + 1) +
                       options.primary_settings + "}\nusers:\n";
    for (const std::string& user : options.users) text += "  - " + user + "\n";
    if (options.users.empty()) text += "  - {name: app, password: app-password}\n";
    if (edge_) text += edge_section(options, *edge_);
    return text + options.settings;
}

support::mysql_connection cluster::connect(const std::string& schema) {
    return tidegate_->connect(application(schema));
}

support::mysql_connection cluster::connect_directly(const std::string& schema) {
    return primary_.connect(application(schema));
}

bool cluster::wait_until_caught_up(std::chrono::milliseconds deadline) {
    const std::string wanted = primary_.gtid_executed();
    return support::wait_until(deadline, [&] {
        const std::string applied =
            json_text(support::http_get(tidegate_->http_port(), "/v1/status").body, "watermark");
        return !applied.empty() &&
               primary_.value("SELECT GTID_SUBSET('" + wanted + "', '" + applied + "')") == "1";
    });
}

double cluster::metric(const std::string& line) {
    const std::string text = "\n" + support::http_get(tidegate_->http_port(), "/metrics").body;
    const std::string start = "\n" + line + " ";
    const std::size_t at = text.find(start);
    if (at == std::string::npos) throw std::runtime_error("/metrics has no " + line);
    return std::stod(text.substr(at + start.size()));
}

route last_route(support::mysql_connection& session) {
    const support::rows answer = session.query("SHOW TIDEGATE ROUTE");
    if (answer.size() != 1 || answer.front().size() < 3)
        throw std::runtime_error("SHOW TIDEGATE ROUTE gave no route");
    const support::row& columns = answer.front();
    return {.server = columns[0].value_or(""),
            .role = columns[1].value_or(""),
            .reason = columns[2].value_or("")};
}

std::string json_text(const std::string& json, const std::string& name) {
    const std::string start = "\"" + name + "\":\"";
    const std::size_t at = json.find(start);
    if (at == std::string::npos) return {};
    const std::size_t begin = at + start.size();
    return json.substr(begin, json.find('"', begin) - begin);
}

}  // namespace integration
