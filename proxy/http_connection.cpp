#include "proxy/http_connection.hpp"

#include <spdlog/logger.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <exception>

#include "proxy/log.hpp"

namespace proxy {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

constexpr auto tuple = asio::as_tuple(asio::use_awaitable);

http_reply plain(unsigned status, std::string text) {
    return {.status = status, .body = std::move(text) + "\n", .content_type = "text/plain"};
}

// Beast's own errors are about the message; what is left is about the connection.
bool is_about_message(beast::error_code error) {
    return error.category() == http::make_error_code(http::error::bad_method).category() &&
           error != http::error::end_of_stream && error != http::error::partial_message;
}

http::response<http::string_body> to_response(http_reply reply, unsigned version, bool keep_alive) {
    http::response<http::string_body> out(http::status{reply.status}, version);
    out.set(http::field::server, "tidegate");
    out.set(http::field::content_type, reply.content_type);
    out.set(http::field::cache_control, "no-store");
    if (reply.status == 405) out.set(http::field::allow, "GET, HEAD");
    out.keep_alive(keep_alive);
    out.body() = std::move(reply.body);
    out.prepare_payload();
    return out;
}

}  // namespace

http_connection::http_connection(asio::ip::tcp::socket socket, http_context& context)
    : stream_(std::move(socket)), context_(context) {
    ++context_.connections;
}

http_connection::~http_connection() {
    --context_.connections;
}

asio::awaitable<void> http_connection::run() {
    for (bool more = true; more;) more = co_await serve_one();
    beast::error_code ignored;
    stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
}

asio::awaitable<bool> http_connection::serve_one() {
    http::request_parser<http::string_body> parser;
    parser.header_limit(context_.limits.header_bytes_max);
    parser.body_limit(context_.limits.body_bytes_max);
    stream_.expires_after(context_.limits.idle_timeout);
    const auto [read_error, size] = co_await http::async_read(stream_, buffer_, parser, tuple);
    if (read_error) {
        if (!is_about_message(read_error)) co_return false;
        response answer = to_response(plain(400, read_error.message()), 11, false);
        co_await send(std::move(answer));
        co_return false;
    }

    const request& message = parser.get();
    response answer = to_response(reply_to(message), message.version(), message.keep_alive());
    if (message.method() == http::verb::head) answer.body().clear();  // its length stays
    co_return co_await send(std::move(answer));
}

asio::awaitable<bool> http_connection::send(response answer) {
    stream_.expires_after(context_.limits.idle_timeout);
    const auto [error, size] = co_await http::async_write(stream_, answer, tuple);
    co_return !error && answer.keep_alive();
}

http_reply http_connection::reply_to(const request& message) const {
    const bool reads = message.method() == http::verb::get || message.method() == http::verb::head;
    if (!reads) return plain(405, "only GET and HEAD");
    const std::string_view target(message.target().data(), message.target().size());
    const std::string_view path = target.substr(0, target.find('?'));
    for (const http_route& route : context_.routes) {
        if (route.path != path) continue;
        try {
            return route.reply();
        } catch (const std::exception& failure) {
            context_.log.error(
                log_event("http_failed")("path", path)("error", failure.what()).text());
            return plain(500, "failed; the log says why");
        }
    }
    return plain(404, "no such path");
}

}  // namespace proxy
