#include "proxy/edge_probes.hpp"

#include <boost/asio/post.hpp>
#include <utility>

#include "pool/deadline.hpp"
#include "proxy/time_zone.hpp"
#include "proxy/tls_context.hpp"
#include "proxy/user_directory.hpp"

namespace proxy {
namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds interval{1};
constexpr std::chrono::seconds patience{2};  // for a login or a ping; a loaded edge takes its time

}  // namespace

edge_probes::probe::probe(asio::io_context& context, const server_config& edge)
    : server(endpoint_of(edge)), timer(context) {}

edge_probes::edge_probes(const config& settings, listener tell, zone_listener tell_zone)
    : tell_(std::move(tell)), tell_zone_(std::move(tell_zone)) {
    for (const edge_config& edge : settings.edges)
        probes_.push_back(std::make_unique<probe>(context_, edge.server));
    if (const user_config* user = watching_user(settings)) account_ = account_of(*user);
}

edge_probes::~edge_probes() {
    stop();
}

void edge_probes::start() {
    if (probes_.empty()) return;
    for (std::size_t i = 0; i < probes_.size(); ++i) pool::spawn(context_, run(i));
    thread_ = std::thread([this] { context_.run(); });
}

void edge_probes::stop() {
    if (!thread_.joinable()) return;
    asio::post(context_, [this] {
        stopping_ = true;
        boost::system::error_code ignored;
        for (const auto& one : probes_) {
            one->timer.cancel();
            if (one->connection) one->connection->socket().close(ignored);
        }
    });
    thread_.join();
}

void edge_probes::use_tls(std::size_t edge, std::shared_ptr<asio::ssl::context> tls) {
    asio::post(context_, [this, edge, tls = std::move(tls)] {
        if (tls) probes_[edge]->server.tls_context = tls;
    });
}

pool::task<void> edge_probes::run(std::size_t edge) {
    probe& one = *probes_[edge];
    while (!stopping_) {
        const bool alive = co_await answers(edge);
        if (stopping_) co_return;
        if (!alive) one.connection.reset();
        tell_(edge, alive);
        one.timer.expires_after(interval);
        auto [ended] = co_await one.timer.async_wait(pool::awaited);
        if (ended) co_return;
    }
}

pool::task<bool> edge_probes::answers(std::size_t edge) {
    probe& one = *probes_[edge];
    const auto give_up = pool::backend_connection::clock::now() + patience;
    if (!one.connection) {
        pool::server_refusal refusal;
        auto opened = co_await pool::backend_connection::open(
            context_.get_executor(), one.server, account_, blocks_, vectors_.intern({}), 1, give_up,
            refusal);
        // Whoever refuses a login answers: its accounts and its limits are not the probe's
        // business.
        if (!opened) co_return opened.error() == pool::errc::login_denied;
        one.connection = std::move(*opened);
        const pool::deadline guard(one.connection->socket(), give_up);
        const auto zone = co_await ask_system_time_zone(*one.connection);
        if (zone) tell_zone_(edge, *zone);
        co_return zone.has_value();
    }
    const pool::deadline guard(one.connection->socket(), give_up);
    const auto pong = co_await one.connection->ask(protocol::command::ping, {});
    co_return pong.has_value() && !pong->refusal;
}

}  // namespace proxy
