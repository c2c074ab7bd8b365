#include "bench/mysql_client.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <stdexcept>
#include <utility>

#include "protocol/response_reader.hpp"

namespace bench {
namespace asio = boost::asio;

namespace {

constexpr std::size_t input_bytes = 2048;

std::string words_of(std::uint16_t code, std::string_view message) {
    return "the server refused: " + std::to_string(code) + " " + std::string(message);
}

}  // namespace

mysql_client::mysql_client(asio::any_io_executor executor, asio::ssl::context* tls)
    : socket_(std::move(executor)), tls_(tls), input_(input_bytes) {}

void mysql_client::bind(const asio::ip::address& from) {
    socket_.open(from.is_v6() ? tcp::v6() : tcp::v4());
    socket_.bind({from, 0});
}

asio::awaitable<void> mysql_client::connect(tcp::endpoint server, std::string schema) {
    co_await socket_.async_connect(server, asio::use_awaitable);
    socket_.set_option(tcp::no_delay(true));
    co_await log_in(std::move(schema));
}

asio::awaitable<void> mysql_client::log_in(std::string schema) {
    using action = protocol::client_login::action;
    protocol::client_login_options options;
    options.user = "app";
    options.password = "app-password";
    options.schema = std::move(schema);
    if (tls_ != nullptr) options.tls = protocol::client_login_options::tls_mode::required;
    protocol::client_login login(std::move(options));
    for (;;) {
        co_await read_packet();
        auto step = login.advance(packets_.payload(), packets_.sequence());
        if (step && step->next == action::start_tls) {
            co_await write(step->output);
            secure_.emplace(socket_, *tls_);
            co_await secure_->async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);
            step = login.tls_established();
        }
        if (!step) throw boost::system::system_error(step.error(), "login");
        if (!step->output.empty()) co_await write(step->output);
        if (step->next == action::logged_in) break;
        if (step->next == action::denied)
            throw std::runtime_error(words_of(login.denial().code, login.denial().message));
        const unsigned last = step->output.empty() ? packets_.sequence() : step->output[3];
        packets_.next(static_cast<std::uint8_t>(last + 1));
    }
    capabilities_ = login.outcome().capabilities;
    full_authentication_ = login.outcome().full_authentication;
}

asio::awaitable<void> mysql_client::query(std::string_view sql) {
    const std::vector<std::uint8_t> sent = framed(protocol::command::query, sql);
    co_await write(sent);
    protocol::response_reader answer(protocol::command::query, capabilities_);
    packets_.next(1);
    while (!answer.done()) {
        co_await read_packet();
        const protocol::bytes_view payload = packets_.payload();
        const auto size = static_cast<std::uint32_t>(payload.size());
        const protocol::packet_role role = answer.classify(size, payload.empty() ? 0 : payload[0]);
        const auto moved = answer.advance(role, size, payload);
        if (!moved) throw boost::system::system_error(moved.error(), "answer");
        if (const protocol::err_packet* const error = answer.last_err())
            throw std::runtime_error(words_of(error->code, error->message));
        packets_.next();
    }
}

asio::awaitable<void> mysql_client::quit() {
    const std::vector<std::uint8_t> sent = framed(protocol::command::quit, {});
    co_await write(sent);
    std::uint8_t nothing = 0;
    const auto to_the_end = asio::as_tuple(asio::use_awaitable);
    co_await socket_.async_read_some(asio::buffer(&nothing, 1), to_the_end);
    socket_.close();
}

asio::awaitable<void> mysql_client::read_packet() {
    while (!packets_.complete()) {
        if (begin_ == end_) {
            begin_ = 0;
            end_ = co_await read_some();
        }
        const protocol::bytes_view there(input_.data() + begin_, end_ - begin_);
        const auto taken = packets_.feed(there);
        if (!taken) throw boost::system::system_error(taken.error(), "packet");
        begin_ += *taken;
    }
}

asio::awaitable<std::size_t> mysql_client::read_some() {
    const asio::mutable_buffer room = asio::buffer(input_);
    if (secure_) co_return co_await secure_->async_read_some(room, asio::use_awaitable);
    co_return co_await socket_.async_read_some(room, asio::use_awaitable);
}

asio::awaitable<void> mysql_client::write(protocol::bytes_view bytes) {
    const asio::const_buffer all(bytes.data(), bytes.size());
    if (secure_) {
        co_await asio::async_write(*secure_, all, asio::use_awaitable);
    } else {
        co_await asio::async_write(socket_, all, asio::use_awaitable);
    }
}

std::vector<std::uint8_t> mysql_client::framed(protocol::command what, std::string_view argument) {
    std::vector<std::uint8_t> bytes;
    protocol::append_command(bytes, what, argument);
    return bytes;
}

}  // namespace bench
