#include "replicator/report_board.hpp"

#include <spdlog/logger.h>

namespace replicator {

report_board::report_board(std::string edge, router::edge_observer& observer, spdlog::logger& log)
    : observer_(observer), log_(log) {
    report_.edge = std::move(edge);
}

void report_board::enter(router::edge_state state, std::string message) {
    if (report_.state == state && report_.message == message) return;
    report_.state = state;
    report_.message = std::move(message);
    {
        const std::lock_guard lock(mutex_);
        status_.state = report_.state;
        status_.message = report_.message;
    }
    if (report_.message.empty()) {
        log_.info("edge {}: {}", report_.edge, router::to_string(state));
    } else {
        log_.warn("edge {}: {}: {}", report_.edge, router::to_string(state), report_.message);
    }
    tell();
}

void report_board::publish(std::shared_ptr<const router::coverage> holds,
                           const protocol::gtid_set& applied) {
    report_.holds = std::move(holds);
    publish(applied);
}

void report_board::publish(const protocol::gtid_set& applied) {
    report_.applied = std::make_shared<const protocol::gtid_set>(applied);
    {
        const std::lock_guard lock(mutex_);
        status_.applied = applied;
    }
    tell();
}

void report_board::withdraw() {
    if (!report_.holds && !report_.applied) return;
    report_.holds.reset();
    report_.applied.reset();
    tell();
}

void report_board::set_lag(std::chrono::microseconds lag) {
    report_.lag = lag;
    const std::lock_guard lock(mutex_);
    status_.lag_microseconds = static_cast<std::uint64_t>(lag.count());
}

void report_board::count(const std::function<void(replicator_status&)>& change) {
    const std::lock_guard lock(mutex_);
    change(status_);
}

replicator_status report_board::status() const {
    const std::lock_guard lock(mutex_);
    return status_;
}

void report_board::tell() {
    observer_.edge_changed(report_);
}

}  // namespace replicator
