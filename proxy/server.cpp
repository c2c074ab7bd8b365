#include "proxy/server.hpp"

#include <spdlog/spdlog.h>

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <boost/system/system_error.hpp>
#include <future>
#include <iterator>
#include <limits>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

#include "proxy/edge_probes.hpp"
#include "proxy/log.hpp"
#include "proxy/memory_limit.hpp"
#include "proxy/primary_probe.hpp"
#include "proxy/tls_context.hpp"
#include "proxy/user_directory.hpp"
#include "proxy/worker.hpp"

namespace proxy {

class server::impl {
public:
    impl(std::shared_ptr<const config> settings, spdlog::logger& log)
        : settings_(std::move(settings)),
          log_(log),
          memory_(memory_limit(settings_->limits)),
          probe_(
              *settings_,
              [this](const std::string& error, std::shared_ptr<const server_facts> learned) {
                  on_probe(error, std::move(learned));
              },
              [this](const std::string& zone) { on_primary_zone(zone); },
              [this](const position_report& report) {
                  for (const auto& worker : workers_) worker->tell(report);
              },
              [this](std::chrono::milliseconds silence) { on_silence(silence); },
              [this](auto asked_at, std::shared_ptr<const stored_code_report> report) {
                  on_stored_code(asked_at, report.get());
              }),
          edge_probes_(
              *settings_,
              [this](std::size_t edge, bool answers) {
                  for (const auto& worker : workers_) worker->tell_edge_answers(edge, answers);
              },
              [this](std::size_t edge, const std::string& zone) { on_edge_zone(edge, zone); }) {
        edge_zones_.resize(settings_->edges.size());
        for (const edge_config& edge : settings_->edges)
            edges_.push_back({.edge = edge.server.name});
        worker_environment environment;
        environment.settings = settings_;
        environment.users = std::make_shared<const user_directory>(*settings_);
        environment.primary = std::make_shared<const server_facts>();
        environment.log = &log_;
        environment.ask_position = [this] { probe_.ask_position(); };
        environment.ask_globals = [this] { probe_.ask_globals(); };
        environment.ask_stored_code = [this] { probe_.ask_stored_code(); };
        environment.send_kill = [this](kill_order order) {
            const std::size_t owner = connection_ids::worker_of(order.id, workers_.size());
            workers_[owner]->tell(std::move(order));
        };
        environment.clients = &clients_;
        environment.memory = &memory_;
        environment.tls = make_tls_context(settings_->tls);
        environment.rsa_key = make_rsa_key();
        environment.places = make_places();
        environment.share_password = [this](const std::string& user,
                                            const protocol::secret& password) {
            for (const auto& worker : workers_) worker->tell(user, password);
        };
        const std::size_t count = threads();
        for (std::size_t i = 0; i < count; ++i)
            workers_.push_back(std::make_unique<worker>(environment, i, count));
    }

    void start() {
        listen_address where = settings_->mysql;
        for (const auto& worker : workers_) {
            try {
                where.port = worker->listen(where);
            } catch (const boost::system::system_error& failed) {
                throw std::system_error(
                    failed.code(),
                    fmt::format("cannot listen for MySQL clients on {}:{}: another process may "
                                "have the port; change listen.mysql or stop the other",
                                where.host, where.port));
            }
        }
        for (const auto& worker : workers_) worker->start();
        probe_.start();
        edge_probes_.start();
        {
            const std::lock_guard lock(health_mutex_);
            listening_ = true;
        }
        log_.info(log_event("listening")("host", where.host)("port", where.port)("threads",
                                                                                 workers_.size())
                      .text());
    }

    void stop(std::chrono::milliseconds drain) {
        {
            const std::lock_guard lock(health_mutex_);
            listening_ = false;
        }
        for (const auto& worker : workers_) worker->begin_shutdown();
        const auto give_up = std::chrono::steady_clock::now() + drain;
        while (clients_.load() > 0 && std::chrono::steady_clock::now() < give_up)
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        for (const auto& worker : workers_) worker->stop();
        probe_.stop();
        edge_probes_.stop();
    }

    void reload_certificates() {
        // One for all: OpenSSL locks what they share of it.
        const std::shared_ptr<boost::asio::ssl::context> tls = make_tls_context(settings_->tls);
        std::vector<std::shared_ptr<boost::asio::ssl::context>> servers;
        servers.push_back(endpoint_of(settings_->primary).tls_context);
        for (const edge_config& edge : settings_->edges)
            servers.push_back(endpoint_of(edge.server).tls_context);
        for (const auto& worker : workers_) {
            worker->tell(tls);
            worker->tell_server_tls(servers);
        }
        probe_.use_tls(servers[0]);
        for (std::size_t i = 0; i < settings_->edges.size(); ++i)
            edge_probes_.use_tls(i, servers[i + 1]);
    }

    void edge_changed(const router::edge_report& report) {
        {
            const std::lock_guard lock(health_mutex_);
            for (router::edge_report& known : edges_)
                if (known.edge == report.edge) known = report;
        }
        for (const auto& worker : workers_) worker->tell(report);
    }

    std::vector<const worker_counters*> counters() const {
        std::vector<const worker_counters*> all;
        for (const auto& worker : workers_) all.push_back(&worker->counters());
        return all;
    }

    std::vector<pin_report> pins() const {
        std::vector<std::future<std::vector<pin_report>>> asked;
        for (const auto& worker : workers_) asked.push_back(worker->ask_pins());
        const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(1);
        std::vector<pin_report> all;
        for (auto& answer : asked) {
            if (answer.wait_until(give_up) != std::future_status::ready) continue;
            auto told = answer.get();
            std::move(told.begin(), told.end(), std::back_inserter(all));
        }
        std::sort(all.begin(), all.end(),
                  [](const pin_report& a, const pin_report& b) { return a.age > b.age; });
        return all;
    }

    server_health health() const {
        const std::lock_guard lock(health_mutex_);
        server_health seen;
        seen.listening = listening_;
        seen.primary_up = primary_up_;
        seen.primary_error = primary_error_;
        seen.edges = edges_;
        for (const std::string& zone : edge_zones_)
            seen.same_time_zone.push_back(zone_comparison(zone));
        seen.clients = clients_.load();
        seen.memory_bytes_max = memory_.bytes_max();
        return seen;
    }

private:
    /// Only a password that is not known must come in clear, and without TLS that takes a key.
    std::shared_ptr<const protocol::rsa_private_key> make_rsa_key() const {
        const bool needed = std::ranges::any_of(
            settings_->users, [](const user_config& user) { return !user.verifier.empty(); });
        if (!needed) return nullptr;
        auto made = protocol::rsa_private_key::generate();
        if (!made) throw std::runtime_error("no RSA key: " + made.error().message());
        return std::make_shared<const protocol::rsa_private_key>(std::move(*made));
    }

    /// What all workers may have in connections together; one to each server is its probe's.
    std::shared_ptr<pool::connection_places> make_places() const {
        const std::size_t limit = settings_->limits.connections_max;
        auto places = std::make_shared<pool::connection_places>(
            limit > 0 ? limit : std::numeric_limits<std::size_t>::max());
        places->add_server(settings_->primary.connections_max - 1);
        for (const edge_config& edge : settings_->edges)
            places->add_server(edge.server.connections_max - 1);
        return places;
    }

    std::size_t threads() const {
        return settings_->threads > 0
                   ? settings_->threads
                   : std::max<std::size_t>(1, std::thread::hardware_concurrency());
    }

    void on_probe(const std::string& error, std::shared_ptr<const server_facts> learned) {
        // The workers first: whoever sees that the primary is up is greeted with its version.
        if (learned)
            for (const auto& worker : workers_) worker->tell(learned);
        const std::lock_guard lock(health_mutex_);
        if (primary_up_ && !error.empty())
            log_.warn(log_event("primary_down")("error", error).text());
        if (!primary_up_ && error.empty()) log_.info(log_event("primary_up").text());
        if (!primary_up_ && !error.empty() && error != primary_error_)
            log_.warn(log_event("primary_unreachable")("error", error).text());
        primary_up_ = error.empty();
        primary_error_ = error;
    }

    void on_silence(std::chrono::milliseconds silence) {
        log_.warn(log_event("primary_silent")("seconds", silence.count() / 1000).text());
        for (const auto& worker : workers_) worker->tell_primary_is_silent();
    }

    /// On the probe's thread.  Nobody goes on who waits before all workers have been told.
    void on_stored_code(std::chrono::steady_clock::time_point asked_at,
                        const stored_code_report* report) {
        if (report != nullptr) {
            for (const auto& worker : workers_) worker->tell(report->code);
            log_stored_code(*report);
        }
        for (const auto& worker : workers_) worker->tell_code_known(asked_at);
    }

    void log_stored_code(const stored_code_report& report) {
        if (report.code->size() != last_code_.code->size() || last_code_.objects == 0)
            log_.info(log_event("stored_code")("objects", report.objects)("names_with_effects",
                                                                          report.code->size())
                          .text());
        if (!report.refusal.empty() && report.refusal != last_code_.refusal)
            log_.warn(log_event("stored_code_unreadable")("error", report.refusal).text());
        if (report.unread > last_code_.unread)
            log_.warn(log_event("stored_code_too_large")("unread", report.unread)(
                          "effect", "what is unread counts as doing everything to a session")
                          .text());
        const bool shown = last_code_.hidden >= report.hidden &&
                           last_code_.triggers_hidden >= report.triggers_hidden;
        if (!shown)
            log_.warn(log_event("stored_code_hidden")("bodies", report.hidden)(
                          "triggers", report.triggers_hidden ? "perhaps" : "seen")(
                          "grant",
                          "GRANT SHOW_ROUTINE, TRIGGER, SHOW VIEW, SELECT ON *.* TO the account "
                          "of the first user")
                          .text());
        last_code_ = report;
    }

    void on_primary_zone(const std::string& zone) {
        const std::lock_guard lock(health_mutex_);
        primary_zone_ = zone;
        for (std::size_t i = 0; i < edge_zones_.size(); ++i) compare_zone(i);
    }

    void on_edge_zone(std::size_t edge, const std::string& zone) {
        const std::lock_guard lock(health_mutex_);
        edge_zones_[edge] = zone;
        compare_zone(edge);
    }

    /// Nothing if one of them is not known.
    std::optional<bool> zone_comparison(const std::string& of_edge) const {
        if (primary_zone_.empty() || of_edge.empty()) return std::nullopt;
        return primary_zone_ == of_edge;
    }

    void compare_zone(std::size_t edge) {
        const std::optional<bool> same = zone_comparison(edge_zones_[edge]);
        if (!same) return;
        for (const auto& worker : workers_) worker->tell_edge_zone(edge, *same);
        if (!*same) {
            log_.warn(log_event("edge_time_zone_differs")("edge", edges_[edge].edge)(
                          "effect", "sessions whose time_zone is SYSTEM do not read there")
                          .text());
        }
    }

    std::shared_ptr<const config> settings_;
    spdlog::logger& log_;
    pool::memory_budget memory_;
    std::atomic<std::size_t> clients_{0};
    std::vector<std::unique_ptr<worker>> workers_;

    mutable std::mutex health_mutex_;  // never taken on the query path
    bool listening_ = false;
    bool primary_up_ = false;
    std::string primary_error_ = "not asked yet";
    std::vector<router::edge_report> edges_;
    std::string primary_zone_;  // what time_zone = SYSTEM means; empty: not known
    std::vector<std::string> edge_zones_;
    stored_code_report last_code_;  // of the probe's thread

    primary_probe probe_;  // last, these two: their threads use the rest
    edge_probes edge_probes_;
};

server::server(std::shared_ptr<const config> settings, spdlog::logger& log)
    : impl_(std::make_unique<impl>(std::move(settings), log)) {}

server::~server() {
    stop(std::chrono::milliseconds(0));
}

void server::start() {
    impl_->start();
}

void server::stop(std::chrono::milliseconds drain) {
    impl_->stop(drain);
}

void server::reload_certificates() {
    impl_->reload_certificates();
}

void server::edge_changed(const router::edge_report& report) {
    impl_->edge_changed(report);
}

std::vector<const worker_counters*> server::counters() const {
    return impl_->counters();
}

server_health server::health() const {
    return impl_->health();
}

std::vector<pin_report> server::pins() const {
    return impl_->pins();
}

}  // namespace proxy
