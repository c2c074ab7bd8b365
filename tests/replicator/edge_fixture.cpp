#include "tests/replicator/edge_fixture.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <cstdlib>
#include <stdexcept>

#include "tests/replicator/compare_tables.hpp"

namespace edges {

void recorder::edge_changed(const router::edge_report& report) {
    const std::lock_guard lock(mutex_);
    last_ = report;
    changed_.notify_all();
}

router::edge_report recorder::last() const {
    const std::lock_guard lock(mutex_);
    return last_;
}

std::string recorder::last_in_words() const {
    const auto report = last();
    return std::string(router::to_string(report.state)) + " " + report.message;
}

void recorder::forget() {
    const std::lock_guard lock(mutex_);
    last_ = {};
}

std::unique_ptr<spdlog::logger> quiet_logger() {
    // TIDEGATE_TEST_LOG=1 shows what the replicators say.
    if (std::getenv("TIDEGATE_TEST_LOG") != nullptr) {
        return std::make_unique<spdlog::logger>("edge",
                                                std::make_shared<spdlog::sinks::stderr_sink_mt>());
    }
    return std::make_unique<spdlog::logger>("edge",
                                            std::make_shared<spdlog::sinks::null_sink_mt>());
}

replicator::edge_spec spec_between(const support::mysql_server& source,
                                   const support::mysql_server& edge,
                                   std::vector<replicator::table_rule> tables) {
    replicator::edge_spec spec;
    spec.name = "near";
    spec.source = {source.host(), source.port(), "tidegate", "tidegate-password"};
    spec.edge = {edge.host(), edge.port(), "tidegate", "tidegate-password"};
    spec.tables = std::move(tables);
    spec.reconnect_delay_max = std::chrono::seconds(1);
    return spec;
}

edge_fixture::edge_fixture(std::vector<std::string> source_arguments)
    : source({.arguments = std::move(source_arguments)}),
      edge({.edge = true}),
      log_(quiet_logger()) {}

void edge_fixture::start(std::vector<replicator::table_rule> tables) {
    replicator_.reset();
    reports.forget();
    spec_ = spec_between(source, edge, std::move(tables));
    replicator_ = std::make_unique<replicator::edge_replicator>(spec_, reports, *log_);
    replicator_->start();
}

bool edge_fixture::wait_streaming() {
    return reports.wait_for([](const router::edge_report& report) {
        return report.state == router::edge_state::streaming && report.holds && report.applied;
    });
}

bool edge_fixture::wait_caught_up() {
    const auto wanted = protocol::gtid_set::parse(source.gtid_executed()).value();
    return reports.wait_for([&](const router::edge_report& report) {
        return report.state == router::edge_state::streaming && report.holds && report.applied &&
               report.applied->contains(wanted);
    });
}

std::string edge_fixture::stopped_message() {
    // Taken with the state: a stopped edge may soon look again whether it can go on.
    std::string message;
    const bool stopped = reports.wait_for([&](const router::edge_report& report) {
        message = report.message;
        return report.state == router::edge_state::stopped;
    });
    return stopped ? message : "did not stop";
}

std::string edge_fixture::difference() {
    return wait_caught_up() ? edges::difference(spec_)
                            : "not caught up: " + reports.last_in_words();
}

followed_edge::followed_edge(const std::vector<std::string>& on_source,
                             std::vector<replicator::table_rule> tables,
                             std::vector<std::string> source_arguments)
    : edge_fixture(std::move(source_arguments)) {
    for (const auto& statement : on_source) source.query(statement);
    start(std::move(tables));
    if (!wait_caught_up()) {
        throw std::runtime_error("the edge does not follow: " + reports.last_in_words());
    }
}

bool checkpoint_contains(support::mysql_server& edge, const std::string& gtids) {
    const std::string made =
        "SELECT 1 FROM information_schema.tables WHERE table_schema = 'tidegate' AND table_name = "
        "'slot'";
    if (edge.query(made).empty()) return false;
    const auto rows = edge.query("SELECT GTID_SUBSET('" + gtids +
                                 "', CONCAT(low_water, ',', done)) FROM tidegate.stream "
                                 "JOIN tidegate.slot USING (stream) WHERE state = 'following'");
    return rows == support::rows{{"1"}};
}

}  // namespace edges
