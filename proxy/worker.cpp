#include "proxy/worker.hpp"

#include <pthread.h>
#include <sched.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <system_error>

#include "pool/deadline.hpp"
#include "protocol/err_packet.hpp"
#include "protocol/packet.hpp"
#include "proxy/client_session.hpp"
#include "proxy/log.hpp"
#include "proxy/tls_context.hpp"

namespace proxy {
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

// Every idle client is being read into one.  Most commands are shorter; what is longer gets what it
// needs.
constexpr std::size_t client_block_bytes = 256;
constexpr std::size_t backend_block_bytes = 16 * 1024;
constexpr std::chrono::milliseconds sweep_interval{500};  // of idle and login timeouts
constexpr std::chrono::milliseconds accept_pause{50};     // when there are no file descriptors left

/// One worker's part of a number for the whole process.
std::size_t part_of(std::size_t total, std::size_t share, std::size_t workers) {
    return total / workers + (share < total % workers ? 1 : 0);
}

/// Likewise of a limit: never none, or nothing would work.
std::size_t share_of(std::size_t total, std::size_t share, std::size_t workers) {
    return std::max<std::size_t>(1, part_of(total, share, workers));
}

pool::pool_limits limits_of(const config& settings, const server_config& server, std::size_t share,
                            std::size_t workers) {
    pool::pool_limits limits;
    limits.connections_max = server.connections_max - 1;  // one watches; shared by the workers
    limits.connections_warm = part_of(server.connections_warm, share, workers);
    limits.waiters_max = share_of(settings.limits.queue_max, share, workers);
    limits.prepared_max = settings.limits.prepared_per_connection_max;
    limits.connect_timeout = settings.limits.connect_timeout;
    limits.age_max = settings.limits.connection_max_age;
    limits.idle_max = settings.limits.connection_idle_max;
    limits.convoy_max = settings.limits.convoy_max;
    limits.convoy_wait_max = settings.limits.convoy_wait;
    return limits;
}

}  // namespace

worker::worker(worker_environment environment, std::size_t share, std::size_t workers)
    : environment_(std::move(environment)),
      share_(share),
      workers_(workers),
      memory_(*environment_.memory),
      client_blocks_(client_block_bytes),
      backend_blocks_(backend_block_bytes),
      watch_(context_.get_executor()),
      position_(context_.get_executor(), environment_.ask_position),
      code_news_(context_.get_executor(), environment_.ask_stored_code),
      acceptor_(context_),
      sweep_timer_(context_),
      ids_(share, workers) {
    const config& settings = *environment_.settings;
    const pool::shared_vector blank = vectors_.intern({});
    const auto make_pool = [&](const server_config& server, std::size_t number) {
        pool::server_endpoint endpoint = endpoint_of(server);
        endpoint.is_copy = number > 0;
        auto made = std::make_unique<pool::server_pool>(
            context_.get_executor(), std::move(endpoint),
            limits_of(settings, server, share, workers), backend_blocks_, blank, pool_counters_);
        if (environment_.places) made->share_places(environment_.places, number, vectors_);
        return made;
    };
    primary_ = make_pool(settings.primary, 0);
    for (const edge_config& edge : settings.edges) {
        edges_.push_back(make_pool(edge.server, edges_.size() + 1));
        topology_.edges.push_back({.name = edge.server.name, .up = true, .other_time_zone = true});
        edge_news_.push_back({.edge = edge.server.name});
    }
}

worker::~worker() {
    stop();
}

std::uint16_t worker::listen(const listen_address& where) {
    const tcp::endpoint endpoint(asio::ip::make_address(where.host), where.port);
    acceptor_.open(endpoint.protocol());
    acceptor_.set_option(tcp::acceptor::reuse_address(true));
    const int on = 1;
    ::setsockopt(acceptor_.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    acceptor_.bind(endpoint);
    acceptor_.listen(asio::socket_base::max_listen_connections);
    return acceptor_.local_endpoint().port();
}

void worker::start() {
    pool::spawn(context_, accept_clients());
    pool::spawn(context_, sweep());
    thread_ = std::thread([this] { run(); });
}

void worker::run() {
    if (settings().scheduling == thread_scheduling::batch) {
        const sched_param lowest{};  // the only one there is
        const int failed = ::pthread_setschedparam(::pthread_self(), SCHED_BATCH, &lowest);
        if (failed != 0) {
            const std::string why = std::generic_category().message(failed);
            log().warn(log_event("not_scheduled_as_batch")("error", why).text());
        }
    }
    context_.run();
}

pool::task<void> worker::accept_clients() {
    asio::steady_timer pause(context_);
    for (;;) {
        auto [failed, socket] = co_await acceptor_.async_accept(pool::awaited);
        if (failed == asio::error::operation_aborted || !acceptor_.is_open()) co_return;
        if (failed) {
            pause.expires_after(accept_pause);
            auto [ended] = co_await pause.async_wait(pool::awaited);
            if (ended) co_return;
            continue;
        }
        pool::spawn(context_, serve(std::move(socket)));
    }
}

pool::task<void> worker::serve(tcp::socket socket) {
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    socket.set_option(tcp::socket::keep_alive(true), ignored);  // as MySQL does
    const std::size_t clients = environment_.clients->fetch_add(1) + 1;
    if (clients > settings().limits.clients_max) {
        environment_.clients->fetch_sub(1);
        counters_.clients_refused.add();
        counters_.disconnects[disconnect_reason::too_many_clients].add();
        co_await refuse_client(std::move(socket), "Too many connections");
        co_return;
    }
    pool::memory_share memory(&memory_, pool::memory_use::clients);
    if (!memory.resize(client_session::client_bytes)) {
        environment_.clients->fetch_sub(1);
        counters_.clients_refused.add();
        counters_.disconnects[disconnect_reason::no_memory].add();
        co_await refuse_client(std::move(socket),
                               "Too many connections: there is no memory for one more "
                               "(limits.memory)");
        co_return;
    }
    counters_.clients_accepted.add();
    counters_.clients_current.add();
    {
        std::uint32_t id = ids_.next();
        while (sessions_.contains(id)) id = ids_.next();
        client_session session(*this, std::move(socket), id);
        sessions_.emplace(id, &session);
        try {
            co_await session.run();
        } catch (const std::exception& bug) {
            // Out of memory, or a bug: it costs this client its connection, nobody else.
            counters_.disconnects[disconnect_reason::internal_error].add();
            log().error(log_event("session_failed")("error", bug.what()).text());
        }
        sessions_.erase(id);
    }
    counters_.clients_current.subtract();
    environment_.clients->fetch_sub(1);
}

/// "Too many connections" in the form that a client takes before it has logged in.
pool::task<void> worker::refuse_client(tcp::socket socket, std::string_view why) {
    std::vector<std::uint8_t> bytes;
    std::uint8_t sequence = 0;
    const std::size_t header_at = protocol::begin_packet(bytes);
    protocol::writer packet(bytes);
    protocol::encode(protocol::err_packet{1040, "08004", why}, packet);
    protocol::finish_packet(bytes, header_at, sequence);
    auto [failed, count] = co_await socket.async_write_some(asio::buffer(bytes), pool::awaited);
    (void)failed;
    (void)count;
}

pool::task<void> worker::sweep() {
    for (;;) {
        sweep_timer_.expires_after(sweep_interval);
        auto [ended] = co_await sweep_timer_.async_wait(pool::awaited);
        if (ended) co_return;
        check_sessions();
        sweep_pools();
    }
}

void worker::give_up_prepared() {
    primary_->give_up_prepared();
    for (const auto& edge : edges_) edge->give_up_prepared();
}

void worker::sweep_pools() {
    const auto now = pool::server_pool::clock::now();
    primary_->sweep(now);
    for (const auto& edge : edges_) edge->sweep(now);
}

void worker::check_sessions() {
    const auto now = client_session::clock::now();
    std::array<std::uint64_t, pin_reason_count> pinned{};
    for (const auto& [id, session] : sessions_) {
        session->check_time(now);
        for (const pin_ledger::entry& pin : session->pins().entries())
            ++pinned[static_cast<std::size_t>(pin.why)];
    }
    for (std::size_t i = 0; i < pin_reason_count; ++i)
        counters_.pinned[static_cast<pin_reason>(i)].set(pinned[i]);
    for (std::size_t i = 0; i < pool::memory_use_count; ++i) {
        const auto what = static_cast<pool::memory_use>(i);
        counters_.memory[what].set(memory_.used(what));
    }
}

std::future<std::vector<pin_report>> worker::ask_pins() {
    auto promise = std::make_shared<std::promise<std::vector<pin_report>>>();
    auto answer = promise->get_future();
    asio::post(context_, [this, promise] { promise->set_value(pins()); });
    return answer;
}

std::vector<pin_report> worker::pins() const {
    std::vector<pin_report> all;
    const auto now = pin_ledger::clock::now();
    for (const auto& [id, session] : sessions_)
        for (const pin_ledger::entry& pin : session->pins().entries())
            all.push_back({id, std::string(session->user()), pin.why, pin.statement,
                           std::chrono::duration_cast<std::chrono::milliseconds>(now - pin.since)});
    return all;
}

void worker::begin_shutdown() {
    asio::post(context_, [this] {
        shutting_down_ = true;
        boost::system::error_code ignored;
        acceptor_.close(ignored);
        check_sessions();
    });
}

void worker::stop() {
    if (!thread_.joinable()) return;
    asio::post(context_, [this] {
        shutting_down_ = true;
        boost::system::error_code ignored;
        acceptor_.close(ignored);
        // Every coroutine finds its socket closed or its timer cancelled, and ends; then the loop
        // has no work left and returns.
        for (const auto& [id, session] : sessions_) session->end_now(disconnect_reason::shutdown);
        primary_->shut_down();
        for (std::size_t i = 0; i < edges_.size(); ++i) {
            edges_[i]->shut_down();
            watch_.give_up(i);
        }
        position_.shut_down();
        code_news_.shut_down();
        sweep_timer_.cancel();
    });
    thread_.join();
}

void worker::tell(const router::edge_report& report) {
    asio::post(context_, [this, report] { on_report(report); });
}

void worker::tell(std::shared_ptr<const server_facts> primary) {
    asio::post(context_, [this, primary] { on_facts(primary); });
}

/// Sessions that are there keep the defaults that they have.
void worker::on_facts(std::shared_ptr<const server_facts> primary) {
    environment_.primary = std::move(primary);
    defaults_ = vectors_.intern_defaults(primary_facts().defaults);
    pool::session_vector fresh;
    fresh.use_defaults(defaults_);
    const pool::shared_vector blank = vectors_.intern(std::move(fresh));
    primary_->set_blank(blank);
    primary_->note_init_connect(primary_facts().runs_init_connect);
    limit_prepared(*primary_, settings().primary);
    for (std::size_t i = 0; i < edges_.size(); ++i) {
        edges_[i]->set_blank(blank);
        limit_prepared(*edges_[i], settings().edges[i].server);
    }
}

void worker::limit_prepared(pool::server_pool& servers, const server_config& server) {
    servers.limit_prepared(prepared_per_connection(primary_facts(), server.connections_max,
                                                   settings().limits.prepared_per_connection_max));
}

void worker::tell(const std::string& user, const protocol::secret& password) {
    asio::post(context_, [this, user, password] { remember_password(user, password); });
}

void worker::tell(std::shared_ptr<asio::ssl::context> tls) {
    asio::post(context_, [this, tls] { environment_.tls = tls; });
}

void worker::tell_server_tls(const std::vector<std::shared_ptr<asio::ssl::context>>& contexts) {
    asio::post(context_, [this, contexts] {
        if (contexts[0]) primary_->use_tls(contexts[0]);
        for (std::size_t i = 0; i < edges_.size(); ++i)
            if (contexts[i + 1]) edges_[i]->use_tls(contexts[i + 1]);
    });
}

void worker::tell(const position_report& report) {
    asio::post(context_, [this, report] { position_.tell(report.asked_at, report.seen); });
}

void worker::tell(std::shared_ptr<const rules::stored_code> code) {
    asio::post(context_, [this, code] { facts_.use(code); });
}

void worker::tell_code_known(std::chrono::steady_clock::time_point asked_at) {
    asio::post(context_, [this, asked_at] { code_news_.tell(asked_at, true); });
}

void worker::tell(kill_order order) {
    asio::post(context_, [this, order = std::move(order)] { order.tell(on_kill(order)); });
}

kill_outcome worker::on_kill(const kill_order& order) {
    const auto found = sessions_.find(order.id);
    if (found == sessions_.end()) return kill_outcome::unknown_id;
    client_session& session = *found->second;
    if (!order.privileged && session.user() != order.user) return kill_outcome::not_owner;
    session.interrupt(order.query_only);
    return kill_outcome::done;
}

pool::task<kill_outcome> worker::kill(kill_order order) {
    const auto [told] = co_await asio::async_initiate<const pool::awaited_t, void(kill_outcome)>(
        [this](auto handler, kill_order sent) {
            auto waiting = std::make_shared<decltype(handler)>(std::move(handler));
            sent.tell = [this, waiting](kill_outcome outcome) {
                asio::post(context_, [waiting, outcome] { std::move (*waiting)(outcome); });
            };
            environment_.send_kill(std::move(sent));
        },
        pool::awaited, std::move(order));
    co_return told;
}

void worker::kill_on_server(const pool::server_endpoint& server,
                            const pool::backend_account& account, std::uint32_t connection_id,
                            bool query_only) {
    pool::spawn(context_, run_kill(server, account, connection_id, query_only));
}

pool::task<void> worker::run_kill(pool::server_endpoint server,
                                  const pool::backend_account& account, std::uint32_t connection_id,
                                  bool query_only) {
    const auto give_up = client_session::clock::now() + settings().limits.connect_timeout;
    pool::server_refusal refusal;
    auto connection = co_await pool::backend_connection::open(
        context_.get_executor(), server, account, backend_blocks_, vectors_.intern({}), 1, give_up,
        refusal);
    if (!connection) {
        log().warn(
            log_event("kill_failed")("server", server.name)("error", connection.error().message())
                .text());
        co_return;
    }
    const pool::deadline guard((*connection)->socket(), give_up);
    const std::string statement =
        (query_only ? "KILL QUERY " : "KILL ") + std::to_string(connection_id);
    const auto done = co_await (*connection)->ask(protocol::command::query, statement);
    (void)done;  // refused: it has ended meanwhile
}

void worker::tell_edge_answers(std::size_t i, bool answers) {
    asio::post(context_, [this, i, answers] {
        if (answers) {
            topology_.edges[i].up = true;
            return;
        }
        edge_failed(i);
        // Reads that it has not begun to answer go to the primary, instead of waiting for ever.
        edges_[i]->drop_connections();
    });
}

void worker::tell_primary_is_silent() {
    asio::post(context_, [this] { primary_->drop_connections(); });
}

void worker::tell_edge_zone(std::size_t i, bool is_primarys) {
    asio::post(context_,
               [this, i, is_primarys] { topology_.edges[i].other_time_zone = !is_primarys; });
}

void worker::on_report(const router::edge_report& report) {
    for (std::size_t i = 0; i < edge_news_.size(); ++i) {
        if (edge_news_[i].edge != report.edge) continue;
        edge_news_[i] = report;
        topology_.edges[i].holds = report.holds;
        topology_.edges[i].watermark = report.applied;
        if (report.holds && report.applied) {
            watch_.advance(i, *report.applied);
        } else {
            watch_.give_up(i);
        }
    }
}

const pool::backend_account& worker::account(const user_config& user, std::uint32_t capabilities) {
    auto& known = accounts_[{user.name, capabilities}];
    if (!known) {
        known = std::make_unique<pool::backend_account>(account_of(user, capabilities));
        if (user.connections_max > 0)
            known->connections_max = share_of(user.connections_max, share_, workers_);
        const auto learned = learned_.find(user.name);
        if (learned != learned_.end()) known->password = learned->second.clear;
    }
    return *known;
}

std::optional<protocol::account> worker::login_account(const std::string& name) const {
    const user_directory::entry* const user = users().find(name);
    if (user == nullptr) return std::nullopt;
    const auto learned = learned_.find(name);
    if (learned != learned_.end()) return protocol::account{.verifiers = learned->second.verifiers};
    return protocol::account{.verifiers = user->verifiers,
                             .other_verifiers = user->other_verifiers,
                             .capture_password = !user->settings.verifier.empty()};
}

void worker::learn_password(const std::string& user, const protocol::secret& password) {
    if (password.empty()) return;
    remember_password(user, password);  // at once: this session needs it
    environment_.share_password(user, password);
}

void worker::remember_password(const std::string& user, const protocol::secret& password) {
    learned_.insert_or_assign(
        user, learned_password{password, protocol::password_verifiers::from_password(password)});
    for (auto at = accounts_.lower_bound({user, 0}); at != accounts_.end(); ++at) {
        if (at->first.first != user) break;
        at->second->password = password;
    }
}

void worker::edge_failed(std::size_t i) {
    if (!topology_.edges[i].up) return;
    topology_.edges[i].up = false;
    watch_.give_up(i);
    log().warn(log_event("edge_unreachable")("edge", topology_.edges[i].name).text());
}

void worker::edge_answered(std::size_t i, std::chrono::microseconds took) {
    std::chrono::microseconds& smoothed = topology_.edges[i].round_trip;
    smoothed = smoothed.count() == 0 ? took : (smoothed * 7 + took) / 8;
}

bool worker::all_edges_have(const protocol::gtid_set& written) const {
    return std::all_of(topology_.edges.begin(), topology_.edges.end(),
                       [&](const router::edge_view& edge) {
                           return edge.watermark && edge.watermark->contains(written);
                       });
}

}  // namespace proxy
