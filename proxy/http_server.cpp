#include "proxy/http_server.hpp"

#include <spdlog/logger.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <system_error>
#include <thread>

#include "proxy/config_values.hpp"
#include "proxy/http_connection.hpp"
#include "proxy/log.hpp"

namespace proxy {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr auto tuple = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds accept_retry_delay{100};  // out of descriptors, most likely

[[noreturn]] void fail(boost::system::error_code error, const listen_address& address) {
    std::string message = "cannot serve HTTP on " + format_address(address);
    if (error == boost::system::errc::address_in_use)
        message += ": another process listens there; stop it or change 'listen.http'";
    throw std::system_error(std::error_code(error), message);
}

asio::awaitable<void> run(std::unique_ptr<http_connection> connection) {
    co_await connection->run();
}

}  // namespace

class http_server::impl {
public:
    impl(listen_address address, std::vector<http_route> routes, spdlog::logger& log,
         http_limits limits)
        : address_(std::move(address)),
          context_{.routes = std::move(routes), .limits = limits, .log = log} {}

    void start() {
        boost::system::error_code error;
        tcp::resolver resolver(io_);
        const auto found = resolver.resolve(address_.host, std::to_string(address_.port),
                                            tcp::resolver::passive, error);
        if (error) fail(error, address_);
        const tcp::endpoint endpoint = found.begin()->endpoint();
        acceptor_.open(endpoint.protocol(), error);
        if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
        if (!error) acceptor_.bind(endpoint, error);
        if (!error) acceptor_.listen(tcp::acceptor::max_listen_connections, error);
        if (error) fail(error, address_);
        port_ = acceptor_.local_endpoint().port();
        asio::co_spawn(io_, accept_all(), asio::detached);
        thread_ = std::thread([this] { io_.run(); });
    }

    void stop() {
        if (!thread_.joinable()) return;
        io_.stop();
        thread_.join();
    }

    std::uint16_t port() const noexcept { return port_; }

private:
    asio::awaitable<void> accept_all() {
        for (;;) {
            tcp::socket socket(io_);
            const auto [error] = co_await acceptor_.async_accept(socket, tuple);
            if (error) {
                context_.log.warn(log_event("http_accept_failed")("error", error.message()).text());
                asio::steady_timer pause(io_, accept_retry_delay);
                co_await pause.async_wait(tuple);
                continue;
            }
            if (context_.connections >= context_.limits.connections_max) continue;  // closes it
            auto connection = std::make_unique<http_connection>(std::move(socket), context_);
            asio::co_spawn(io_, run(std::move(connection)), asio::detached);
        }
    }

    listen_address address_;
    http_context context_;  // before io_, whose connections refer to it
    asio::io_context io_{1};
    tcp::acceptor acceptor_{io_};
    std::uint16_t port_ = 0;
    std::thread thread_;
};

http_server::http_server(listen_address address, std::vector<http_route> routes,
                         spdlog::logger& log, http_limits limits)
    : impl_(std::make_unique<impl>(std::move(address), std::move(routes), log, limits)) {}

http_server::~http_server() {
    stop();
}

void http_server::start() {
    impl_->start();
}

void http_server::stop() {
    impl_->stop();
}

std::uint16_t http_server::port() const noexcept {
    return impl_->port();
}

}  // namespace proxy
