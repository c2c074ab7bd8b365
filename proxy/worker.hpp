#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "pool/memory_budget.hpp"
#include "pool/prepared_registry.hpp"
#include "pool/receive_buffer.hpp"
#include "pool/server_pool.hpp"
#include "pool/session_vector.hpp"
#include "protocol/rsa_password.hpp"
#include "protocol/secret.hpp"
#include "protocol/server_login.hpp"
#include "proxy/config.hpp"
#include "proxy/connection_ids.hpp"
#include "proxy/edge_watch.hpp"
#include "proxy/kill_order.hpp"
#include "proxy/learned_answers.hpp"
#include "proxy/pin_ledger.hpp"
#include "proxy/pool_counters.hpp"
#include "proxy/primary_position.hpp"
#include "proxy/response_relay.hpp"
#include "proxy/server_facts.hpp"
#include "proxy/user_directory.hpp"
#include "proxy/worker_counters.hpp"
#include "router/decide.hpp"
#include "router/edge_report.hpp"
#include "rules/facts_cache.hpp"

namespace spdlog {
class logger;
}

namespace proxy {

class client_session;

/// What all workers share: immutable, or made for several threads.
struct worker_environment {
    std::shared_ptr<const config> settings;
    std::shared_ptr<const user_directory> users;
    std::shared_ptr<const server_facts> primary;
    std::shared_ptr<boost::asio::ssl::context> tls{};  // null: no TLS
    spdlog::logger* log = nullptr;
    std::atomic<std::size_t>* clients = nullptr;  // of all workers
    pool::memory_budget* memory = nullptr;        // likewise
    std::function<void()> ask_position{};         // see primary_position; any thread
    std::function<void()> ask_globals{};          // something has set one; any thread
    std::function<void()> ask_stored_code{};      // something has changed it; any thread
    std::function<void(kill_order)> send_kill{};  // to the worker that has the session; any thread
    /// For connections to servers: the primary is number 0, the edges follow.
    std::shared_ptr<pool::connection_places> places{};
    std::shared_ptr<const protocol::rsa_private_key> rsa_key{};  // null: nobody needs one
    /// Tells every worker a user's password; any thread.
    std::function<void(const std::string& user, const protocol::secret& password)> share_password{};
};

/// One thread, its event loop, and everything that its sessions use.  Nothing in here is locked:
/// other threads post values.
class worker {
public:
    /// `share` of `workers`: limits that concern the whole process, such as limits.queue_max, are
    /// divided among the workers.
    worker(worker_environment environment, std::size_t share, std::size_t workers);
    ~worker();
    worker(const worker&) = delete;
    worker& operator=(const worker&) = delete;

    /// Binds the listener; several workers bind one address (SO_REUSEPORT) and the kernel deals the
    /// clients out.  Returns the port.  Throws boost::system::system_error.
    std::uint16_t listen(const listen_address& where);
    void start();
    /// Any thread.  Sessions end as soon as they are between transactions.
    void begin_shutdown();
    /// Any thread.  Closes everything and joins.
    void stop();

    /// Any thread.
    void tell(const router::edge_report& report);
    void tell(std::shared_ptr<const server_facts> primary);
    void tell(const position_report& report);
    void tell(std::shared_ptr<const rules::stored_code> code);
    /// All workers have been told the code that was there at `asked_at`.
    void tell_code_known(std::chrono::steady_clock::time_point asked_at);
    void tell(kill_order order);
    /// The password of a user of whom only a verifier was known.
    void tell(const std::string& user, const protocol::secret& password);
    /// For clients that begin TLS from here on.
    void tell(std::shared_ptr<boost::asio::ssl::context> tls);
    /// Likewise for connections to servers: the primary's, and the edges' in order; null for a
    /// server without TLS.
    void tell_server_tls(const std::vector<std::shared_ptr<boost::asio::ssl::context>>& contexts);
    /// Whether an edge answered its probe.
    void tell_edge_answers(std::size_t i, bool answers);
    /// The primary has been silent for too long: whoever waits for it finds its connection lost.
    void tell_primary_is_silent();
    /// Whether time_zone = SYSTEM is known to mean on an edge what it means on the primary.
    void tell_edge_zone(std::size_t i, bool is_primarys);
    /// Any thread: what pins sessions of this worker now.  Broken if the worker ends meanwhile.
    std::future<std::vector<pin_report>> ask_pins();
    const worker_counters& counters() const noexcept { return counters_; }

    // The rest is for sessions, on the worker's own thread.
    const config& settings() const noexcept { return *environment_.settings; }
    const user_directory& users() const noexcept { return *environment_.users; }
    const server_facts& primary_facts() const noexcept { return *environment_.primary; }
    /// What a session that logs in now begins with; null: not known yet.
    const pool::shared_baseline& defaults() const noexcept { return defaults_; }
    void ask_globals() { environment_.ask_globals(); }
    boost::asio::ssl::context* tls() const noexcept { return environment_.tls.get(); }
    spdlog::logger& log() const noexcept { return *environment_.log; }
    boost::asio::io_context& context() noexcept { return context_; }
    worker_counters& count() noexcept { return counters_; }
    /// For what is relayed and used up before anybody else runs.
    relay_output& relayed_at_once() noexcept { return relayed_at_once_; }
    pool::memory_ledger& memory() noexcept { return memory_; }
    /// Memory is short: idle server connections forget prepared statements.
    void give_up_prepared();
    pool::block_pool& client_blocks() noexcept { return client_blocks_; }
    pool::vector_interner& vectors() noexcept { return vectors_; }
    pool::prepared_registry& statements() noexcept { return statements_; }
    rules::facts_cache& facts() noexcept { return facts_; }
    learned_answers& answers() noexcept { return answers_; }
    pool::server_pool& primary() noexcept { return *primary_; }
    pool::server_pool& edge(std::size_t i) noexcept { return *edges_[i]; }
    const router::topology& topology() const noexcept { return topology_; }
    const router::edge_report& edge_news(std::size_t i) const noexcept { return edge_news_[i]; }
    edge_watch& watch() noexcept { return watch_; }
    primary_position& position() noexcept { return position_; }
    /// Where sessions wait until a change of the primary's stored code is known to all workers:
    /// everybody may run it as soon as its author has been told that it is there.
    awaited_news<bool>& code_news() noexcept { return code_news_; }
    bool shutting_down() const noexcept { return shutting_down_; }

    const protocol::rsa_private_key* rsa_key() const noexcept { return environment_.rsa_key.get(); }
    /// What a login as `name` is checked against; nothing if there is no such user.
    std::optional<protocol::account> login_account(const std::string& name) const;
    /// To be called with what server_login::take_password() gave; empty means nothing.
    void learn_password(const std::string& user, const protocol::secret& password);

    /// The account that sessions of `user` with these capabilities share connections of.
    const pool::backend_account& account(const user_config& user, std::uint32_t capabilities);
    /// Kills a session of any worker, or its statement.
    pool::task<kill_outcome> kill(kill_order order);
    /// Kills on a server what one of the pool's connections is doing, from a connection of its own;
    /// in the background.
    void kill_on_server(const pool::server_endpoint& server, const pool::backend_account& account,
                        std::uint32_t connection_id, bool query_only);
    /// An edge's connections fail: nothing is sent there until a probe is answered.
    void edge_failed(std::size_t i);
    /// A read took this long on an edge; smoothed for the choice of the nearest.
    void edge_answered(std::size_t i, std::chrono::microseconds took);
    /// True if every edge has everything in `written`.
    bool all_edges_have(const protocol::gtid_set& written) const;

private:
    void run();
    pool::task<void> accept_clients();
    pool::task<void> serve(boost::asio::ip::tcp::socket socket);
    pool::task<void> refuse_client(boost::asio::ip::tcp::socket socket, std::string_view why);
    pool::task<void> sweep();
    void check_sessions();
    void sweep_pools();
    void limit_prepared(pool::server_pool& servers, const server_config& server);
    void on_facts(std::shared_ptr<const server_facts> primary);
    void on_report(const router::edge_report& report);
    std::vector<pin_report> pins() const;
    kill_outcome on_kill(const kill_order& order);
    pool::task<void> run_kill(pool::server_endpoint server, const pool::backend_account& account,
                              std::uint32_t connection_id, bool query_only);
    void remember_password(const std::string& user, const protocol::secret& password);

    worker_environment environment_;
    std::size_t share_;
    std::size_t workers_;
    pool::memory_ledger memory_;  // before all that takes from it
    // Sockets and timers belong to this thread alone; others only post.
    boost::asio::io_context context_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
    worker_counters counters_;
    pool_counters pool_counters_{counters_};
    pool::block_pool client_blocks_;
    pool::block_pool backend_blocks_;
    pool::vector_interner vectors_;
    pool::shared_baseline defaults_;
    pool::prepared_registry statements_;
    rules::facts_cache facts_;
    relay_output relayed_at_once_;
    learned_answers answers_;  // of the primary
    std::map<std::pair<std::string, std::uint32_t>, std::unique_ptr<pool::backend_account>>
        accounts_;  // by user and capabilities; bounded by the configuration's users
    struct learned_password {
        protocol::secret clear;
        protocol::password_verifiers verifiers;
    };
    std::unordered_map<std::string, learned_password> learned_;  // bounded likewise
    std::unique_ptr<pool::server_pool> primary_;
    std::vector<std::unique_ptr<pool::server_pool>> edges_;
    router::topology topology_;
    std::vector<router::edge_report> edge_news_;
    edge_watch watch_;
    primary_position position_;
    awaited_news<bool> code_news_;
    boost::asio::ip::tcp::acceptor acceptor_;
    boost::asio::steady_timer sweep_timer_;
    connection_ids ids_;
    std::unordered_map<std::uint32_t, client_session*> sessions_;  // by connection id
    bool shutting_down_ = false;
    std::thread thread_;
};

}  // namespace proxy
