#include <chrono>
#include <optional>
#include <ostream>
#include <sstream>
#include <stdexcept>

#include "proxy/cli/command_line.hpp"
#include "proxy/cli/commands.hpp"
#include "proxy/cli/edge_inquiry.hpp"
#include "proxy/tls_context.hpp"
#include "replicator/edge_replicator.hpp"
#include "replicator/sql_connection.hpp"

namespace proxy::cli {
namespace {

constexpr unsigned first_server_number = 1000;  // below are the operating system's
constexpr unsigned first_client_number = 2000;  // the client library's: no answer from a server
constexpr unsigned last_client_number = 2999;

bool is_from_server(const replicator::sql_error& error) {
    return error.number >= first_server_number &&
           !(error.number >= first_client_number && error.number <= last_client_number);
}

std::string where(const server_config& server) {
    return server.name + " (" + server.host + ":" + std::to_string(server.port) + ")";
}

// A line for each user that cannot log in, or one line if the server does not answer at all.
void check_logins(const config& settings, const server_config& server,
                  std::vector<std::string>& problems) {
    replicator::sql_connection::options how;
    how.connect_timeout =
        std::max(std::chrono::seconds{1},
                 std::chrono::ceil<std::chrono::seconds>(settings.limits.connect_timeout));
    for (const user_config& user : settings.users) {
        if (!user.verifier.empty()) continue;  // only its clients know the password
        const auto connection =
            replicator::sql_connection::connect({.host = server.host,
                                                 .port = server.port,
                                                 .user = user.name,
                                                 .password = user.password.text()},
                                                how, nullptr);
        if (connection) continue;
        if (!is_from_server(connection.error())) {
            problems.push_back(where(server) + " cannot be reached: " + connection.error().message +
                               "; is it running, and do host and port point to it?");
            return;
        }
        problems.push_back(where(server) + ": user '" + user.name +
                           "' cannot log in: " + connection.error().message +
                           "; clients of this user would be served by no connection there");
    }
}

void check_time_zone(const edge_config& edge, std::vector<std::string>& problems) {
    auto source = replicator::sql_connection::connect(edge.replication.source, {}, nullptr);
    auto copy = replicator::sql_connection::connect(edge.replication.edge, {}, nullptr);
    if (!source || !copy) return;  // which is said already
    if (!differs_in_time_zone(*source, *copy)) return;
    problems.push_back("edge " + edge.server.name +
                       ": its system's time zone is not the primary's, so sessions whose time_zone "
                       "is SYSTEM would not read there; start both mysqld with the same TZ, or set "
                       "time_zone to an offset on the primary");
}

std::vector<std::string> ask_servers(const config& settings) {
    std::vector<std::string> problems;
    check_logins(settings, settings.primary, problems);
    for (const edge_config& edge : settings.edges) {
        check_logins(settings, edge.server, problems);
        for (std::string& problem : replicator::check(edge.replication))
            problems.push_back("edge " + edge.server.name + ": " + std::move(problem));
        check_time_zone(edge, problems);
    }
    return problems;
}

/// Certificates and keys, as the start will read them; what is wrong with the first that is.
std::optional<std::string> tls_problem(const config& settings) {
    try {
        (void)make_tls_context(settings.tls);
        (void)endpoint_of(settings.primary);
        for (const edge_config& edge : settings.edges) (void)endpoint_of(edge.server);
    } catch (const std::runtime_error& refused) {
        return refused.what();
    }
    return std::nullopt;
}

}  // namespace

int check(const check_options& options, std::ostream& out) {
    const auto settings = load_or_complain(options.config, out);
    if (!settings) return exit_problem;
    for (const std::string& warning : settings->warnings) out << "warning: " << warning << '\n';

    if (const auto problem = tls_problem(*settings)) {
        out << *problem << '\n';
        return exit_problem;
    }
    if (!options.offline) {
        const auto problems = ask_servers(*settings);
        for (const std::string& problem : problems) out << problem << '\n';
        if (!problems.empty()) return exit_problem;
    }
    out << options.config.string() << ": ok, " << settings->users.size() << " users, "
        << settings->edges.size() << " edges" << (options.offline ? " (no server was asked)" : "")
        << '\n';
    return exit_ok;
}

}  // namespace proxy::cli
