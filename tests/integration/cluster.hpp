#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/mysql_connection.hpp"
#include "tests/support/mysql_server.hpp"
#include "tests/support/tidegate_process.hpp"

namespace integration {

struct cluster_options {
    /// Statements that the primary runs as root before Tidegate is started.
    std::string schema{};
    /// What the edge keeps, as `edges[].replication.tables` says it in YAML; empty: no edge.
    std::vector<std::string> tables{};
    std::size_t primary_connections_max = 100;  // for sessions; Tidegate itself gets one more
    std::size_t edge_connections_max = 100;     // likewise
    /// More of tidegate.yaml: at its top level, and in two of its sections (", key: value").
    std::string settings{};
    std::string listen_settings{};
    std::string primary_settings{};
    /// The items of `users` in YAML, in place of app / app-password.
    std::vector<std::string> users{};
    std::vector<std::string> primary_arguments{};  // of mysqld
    std::vector<std::string> edge_arguments{};
};

/// A primary, perhaps an edge, and Tidegate before them; application account app / app-password.
///
/// The edge's name is `east`.  Tidegate serves when the constructor returns; the edge may still be
/// copying (see wait_until_caught_up).
class cluster {
public:
    explicit cluster(const cluster_options& options);

    support::mysql_server& primary() { return primary_; }
    support::mysql_server& edge() { return *edge_; }
    support::tidegate_process& tidegate() { return *tidegate_; }

    /// A session through Tidegate, and one of the same account on the primary itself.
    support::mysql_connection connect(const std::string& schema = {});
    support::mysql_connection connect_directly(const std::string& schema = {});

    /// Waits until the edge's watermark holds everything that the primary has executed by now.
    /// False if it has not come that far within `deadline`.
    bool wait_until_caught_up(std::chrono::milliseconds deadline = std::chrono::seconds(30));

    /// The value of one line of /metrics, its labels included:
    /// `tidegate_reads_total{server="edge"}`. Throws if there is no such line.
    double metric(const std::string& line);

private:
    std::string configuration(const cluster_options& options, support::tidegate_ports ports) const;

    support::mysql_server primary_;
    std::unique_ptr<support::mysql_server> edge_;
    std::unique_ptr<support::tidegate_process> tidegate_;
};

/// The server that answered the session's last statement: the answer of SHOW TIDEGATE ROUTE.
struct route {
    std::string server;  // its name
    std::string role;    // primary or edge
    std::string reason;
};
route last_route(support::mysql_connection& session);

/// The text of the first JSON member `name` of `json` whose value is a string, or nothing.  Enough
/// for /v1/status.
std::string json_text(const std::string& json, const std::string& name);

}  // namespace integration
