// edge_follower SOURCE_PORT EDGE_PORT SCHEMA.TABLE[-EXCLUDED_COLUMN]…
//
// One edge_replicator in a process of its own, to be killed.

#include <signal.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <cstdlib>
#include <string>

#include "replicator/edge_replicator.hpp"

namespace {

class nobody final : public router::edge_observer {
public:
    void edge_changed(const router::edge_report&) override {}
};

replicator::server_address local(const char* port) {
    return {"127.0.0.1", static_cast<std::uint16_t>(std::atoi(port)), "tidegate",
            "tidegate-password"};
}

replicator::table_rule rule(const std::string& text) {
    const auto dot = text.find('.');
    const auto dash = text.find('-');
    replicator::table_rule made{.schema = text.substr(0, dot),
                                .table = text.substr(dot + 1, dash - dot - 1)};
    if (dash != std::string::npos) made.exclude_columns = {text.substr(dash + 1)};
    return made;
}

}  // namespace

int main(int count, char** arguments) {
    if (count < 4) return 2;
    replicator::edge_spec spec;
    spec.name = "near";
    spec.source = local(arguments[1]);
    spec.edge = local(arguments[2]);
    for (int i = 3; i < count; ++i) spec.tables.push_back(rule(arguments[i]));
    spec.reconnect_delay_max = std::chrono::seconds(1);

    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    sigprocmask(SIG_BLOCK, &ending, nullptr);  // before the threads, which inherit it

    nobody observer;
    spdlog::logger log("edge", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    replicator::edge_replicator replicator(spec, observer, log);
    replicator.start();
    int received = 0;
    sigwait(&ending, &received);
}
