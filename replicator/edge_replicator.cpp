#include "replicator/edge_replicator.hpp"

#include <atomic>
#include <thread>

#include "replicator/edge_error.hpp"
#include "replicator/edge_session.hpp"
#include "replicator/reconnect_policy.hpp"
#include "replicator/report_board.hpp"
#include "replicator/source_check.hpp"
#include "replicator/sql_connection.hpp"
#include "replicator/stop_signal.hpp"

namespace replicator {

/// The driving thread: does what the policy says, one edge_session after another.
class edge_replicator::impl {
public:
    impl(edge_spec spec, router::edge_observer& observer, spdlog::logger& log)
        : spec_(std::move(spec)), board_(spec_.name, observer, log) {}

    void start() {
        if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
    }

    void stop() {
        stop_.request();
        if (thread_.joinable()) thread_.join();
    }

    replicator_status status() const { return board_.status(); }

private:
    using action = reconnect_policy::action;

    void run() {
        reconnect_policy policy(spec_.reconnect_delay_min, spec_.reconnect_delay_max);
        board_.enter(router::edge_state::connecting);
        while (policy.next() != action::over) {
            if (stop_.requested()) {
                policy.failed(errc::stop_requested);
            } else {
                perform(policy);
            }
        }
        session_.reset();
        mysql_thread_end();
    }

    void perform(reconnect_policy& policy) {
        switch (policy.next()) {
            case action::connect:
            case action::copy:
                return open(policy);
            case action::follow:
                return follow(policy);
            case action::wait:
                session_.reset();
                if (!stop_.wait_for(policy.delay())) policy.succeeded();
                return;
            case action::rest:
                session_.reset();  // and with it the lock: another process may have a try
                static_cast<void>(stop_.wait_for(std::chrono::hours(1)));
                return;
            case action::over:
                return;
        }
    }

    void open(reconnect_policy& policy) {
        session_.reset();
        auto opened = edge_session::open(spec_, policy.next() == action::copy, board_, stop_);
        if (!opened) return end(policy, opened.error());
        session_ = std::move(*opened);
        policy.succeeded();
    }

    void follow(reconnect_policy& policy) {
        const failure why = session_->follow();
        if (session_->has_streamed()) policy.succeeded();
        board_.count([](replicator_status& status) { ++status.reconnects; });
        end(policy, why);
    }

    // Tells people and the router before anything is tried again.
    void end(reconnect_policy& policy, const failure& why) {
        policy.failed(why.code);
        switch (remedy_of(why.code)) {
            case remedy::end:
                return;
            case remedy::retry:
                // A lost source leaves the edge a true copy of a past state.  About an edge that
                // does not answer nothing is known: a crash may have cost it its last commits.
                if (why.code != errc::source_lost && why.code != errc::stream_broken) {
                    board_.withdraw();
                }
                return board_.enter(router::edge_state::connecting, why.message);
            case remedy::recopy:
                board_.withdraw();
                return board_.enter(router::edge_state::copying, why.message);
            case remedy::recheck:
            case remedy::stop:
                board_.withdraw();
                return board_.enter(router::edge_state::stopped, why.message);
        }
    }

    const edge_spec spec_;
    report_board board_;
    stop_signal stop_;
    std::unique_ptr<edge_session> session_;
    std::thread thread_;
};

edge_replicator::edge_replicator(edge_spec spec, router::edge_observer& observer,
                                 spdlog::logger& log)
    : impl_(std::make_unique<impl>(std::move(spec), observer, log)) {}

edge_replicator::~edge_replicator() {
    stop();
}

void edge_replicator::start() {
    impl_->start();
}
void edge_replicator::stop() {
    impl_->stop();
}
replicator_status edge_replicator::status() const {
    return impl_->status();
}

std::vector<std::string> check(const edge_spec& spec) {
    auto source = sql_connection::connect(spec.source, {}, nullptr);
    if (!source) {
        return {"source " + spec.source.host + ":" + std::to_string(spec.source.port) + ": " +
                source.error().message};
    }
    const auto who = identify(*source, errc::source_lost);
    if (!who) return {who.error().message};
    auto problems = check_source(*source, spec);
    if (!problems) return {problems.error().message};

    auto edge = sql_connection::connect(spec.edge, {}, nullptr);
    if (!edge) {
        problems->push_back("edge " + spec.edge.host + ":" + std::to_string(spec.edge.port) + ": " +
                            edge.error().message);
        return *problems;
    }
    const auto at_edge = check_edge(*edge, spec, *who);
    if (!at_edge) {
        problems->push_back(at_edge.error().message);
    } else {
        problems->insert(problems->end(), at_edge->begin(), at_edge->end());
    }
    return *problems;
}

}  // namespace replicator
