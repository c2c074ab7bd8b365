#pragma once

#include "pool/server_pool.hpp"
#include "proxy/worker_counters.hpp"

namespace proxy {

/// Counts what a worker's pools do.
class pool_counters final : public pool::pool_observer {
public:
    explicit pool_counters(worker_counters& count) : count_(&count) {}

    void opened(bool success) override {
        if (success) {
            count_->backend_connects.add();
            count_->backend_connections.add();
        } else {
            count_->backend_connect_errors.add();
        }
    }
    void closed() override { count_->backend_connections.subtract(); }
    void lent(std::chrono::microseconds waited, bool had_to_wait) override {
        count_->backend_in_use.add();
        if (!had_to_wait) return;
        count_->borrow_waits.add();
        count_->borrow_wait_microseconds.add(static_cast<std::uint64_t>(waited.count()));
    }
    void taken_back() override { count_->backend_in_use.subtract(); }
    void rode(std::size_t statements) override {
        count_->convoys.add();
        count_->convoy_statements.add(statements);
    }
    void wait_timed_out() override { count_->borrow_timeouts.add(); }
    void line_was_full() override { count_->borrow_refusals.add(); }
    void reset(bool success) override {
        (success ? count_->backend_resets : count_->backend_reset_errors).add();
    }
    void retired() override { count_->backend_retired.add(); }
    void departed() override { count_->backend_connections.subtract(); }
    void arrived() override {
        count_->backend_connections.add();
        count_->backend_moves.add();
    }

private:
    worker_counters* count_;
};

}  // namespace proxy
