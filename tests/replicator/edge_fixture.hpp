#pragma once

#include <spdlog/logger.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "replicator/edge_replicator.hpp"
#include "router/edge_report.hpp"
#include "tests/support/mysql_server.hpp"

namespace edges {

/// Keeps the reports of a replicator, and waits for those that a test hopes for.
class recorder final : public router::edge_observer {
public:
    void edge_changed(const router::edge_report& report) override;

    router::edge_report last() const;
    std::string last_in_words() const;  // its state and message
    void forget();

    /// True if a report comes, or was the last one, that `wanted` accepts.
    template <class Condition>
    bool wait_for(Condition wanted, std::chrono::seconds deadline = std::chrono::seconds(60)) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, deadline, [&] { return wanted(last_); });
    }

private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    router::edge_report last_;
};

std::unique_ptr<spdlog::logger> quiet_logger();

/// The specification of an edge between two servers, as the account `tidegate`.
replicator::edge_spec spec_between(const support::mysql_server& source,
                                   const support::mysql_server& edge,
                                   std::vector<replicator::table_rule> tables);

/// A source, an edge, and a replicator between them.
class edge_fixture {
public:
    explicit edge_fixture(std::vector<std::string> source_arguments = {});

    /// Starts to replicate these tables.  Call after they exist on the source.
    void start(std::vector<replicator::table_rule> tables);
    void stop() { replicator_.reset(); }

    bool wait_streaming();
    /// Waits until the edge has everything that the source has now.
    bool wait_caught_up();
    /// Waits until the edge needs a person, and returns what it tells them.
    std::string stopped_message();
    /// Waits for that and compares all tables; empty if they are equal.
    std::string difference();

    replicator::edge_replicator& replicator() { return *replicator_; }
    const replicator::edge_spec& spec() const { return spec_; }

    support::mysql_server source;
    support::mysql_server edge;
    recorder reports;

private:
    replicator::edge_spec spec_;
    std::unique_ptr<spdlog::logger> log_;
    std::unique_ptr<replicator::edge_replicator> replicator_;
};

/// A pair whose edge has all that the statements of its constructor made on the source, and
/// streams.
class followed_edge final : public edge_fixture {
public:
    /// Runs the statements on the source, replicates these tables and waits until the edge has
    /// caught up.  Throws std::runtime_error with the replicator's last report if it does not.
    followed_edge(const std::vector<std::string>& on_source,
                  std::vector<replicator::table_rule> tables,
                  std::vector<std::string> source_arguments = {});
};

/// Whether the edge's own checkpoint, which outlives its process, contains these transactions.
bool checkpoint_contains(support::mysql_server& edge, const std::string& gtids);

}  // namespace edges
