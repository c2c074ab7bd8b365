#include "tests/pool/fake_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <utility>

#include "protocol/capabilities.hpp"
#include "protocol/packet.hpp"
#include "protocol/prepare_ok.hpp"
#include "protocol/server_login.hpp"
#include "protocol/text_result.hpp"

namespace pool_test {
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr auto awaited = asio::as_tuple(asio::use_awaitable);

}  // namespace

/// One connection, from the greeting to its end.
class fake_server::conversation {
public:
    conversation(fake_server& server, tcp::socket& socket) : server_(server), socket_(socket) {}

    asio::awaitable<void> run() {
        if (server_.wants_proxy_header) {
            const bool came = co_await read_proxy_header();
            if (!came) co_return;
        }
        const bool let_in = co_await log_in();
        if (!let_in) co_return;
        for (;;) {
            packets_.next(0);
            const bool came = co_await read();
            if (!came) co_return;
            const std::string payload(protocol::as_text(packets_.payload()));
            if (!input_.empty()) ++server_.came_together;
            const bool told = co_await answer(payload);
            if (!told) co_return;
        }
    }

private:
    asio::awaitable<bool> log_in() {
        protocol::server_login_options options;
        options.capabilities = ~0u & ~(protocol::capability::compress | protocol::capability::ssl |
                                       protocol::capability::zstd_compression |
                                       protocol::capability::optional_resultset_metadata);
        protocol::server_login login(options, [this](std::string_view) {
            return std::optional(protocol::account{
                .verifiers = protocol::password_verifiers::from_password(server_.password)});
        });
        auto step = login.greet(*protocol::random_nonce(), *protocol::random_nonce());
        using action = protocol::server_login::action;
        std::uint8_t sequence = 1;
        while (step.next == action::read) {
            const bool told = co_await write(step.output);
            packets_.next(sequence);
            const bool came = told && co_await read();
            if (!came) co_return false;
            step = login.advance(packets_.payload(), packets_.sequence());
            sequence = static_cast<std::uint8_t>(packets_.sequence() + 2);
        }
        if (step.next == action::authenticated) {
            capabilities_ = login.who().capabilities;
            const bool told = co_await write(step.output);
            const bool let_in =
                told && co_await write(login.accept(protocol::ok_packet{.status = 2}));
            co_return let_in;
        }
        co_await write(step.output);
        co_return false;
    }

    asio::awaitable<bool> answer(const std::string& payload) {
        using protocol::command;
        std::vector<std::uint8_t> bytes;
        bool faulty = false;
        const auto what = static_cast<command>(payload.at(0));
        const std::string text = payload.substr(1);
        // What Tidegate's probes ask is not what tests are about.
        is_probes_ = is_probes_ || text == pool::globals_query() ||
                     text.starts_with(pool::unlimited_statement()) ||
                     text.starts_with("SELECT CONCAT_WS(' ', TIMEDIFF");
        if (what == command::query && text == pool::baseline_query()) {
            rows(bytes);
        } else if (is_probes_ && text.starts_with("SELECT @@sql_mode, ")) {
            table(bytes, {"1", "2", "3", "4", "5"},
                  {{server_.variables["sql_mode"], "16382", "0", "28800", "28800"}});
        } else if (is_probes_ && what == command::query) {
            table(bytes, {"value"}, {{"00:00:00"}});
        } else if (is_probes_ && what == command::reset_connection) {
            ok(bytes);
        } else if (what == command::query && text == pool::tracking_statement()) {
            ok(bytes);
        } else if (what == command::stmt_close) {
            server_.heard.push_back("close " + std::to_string(static_cast<int>(text.at(0))));
        } else {
            const std::string named = what == command::init_db            ? "init_db " + text
                                      : what == command::stmt_prepare     ? "prepare " + text
                                      : what == command::reset_connection ? "reset"
                                                                          : text;
            server_.heard.push_back(named);
            if (const auto later = server_.time_zone_from.find(named);
                later != server_.time_zone_from.end())
                server_.variables["time_zone"] = later->second;
            while (server_.mute.contains(named)) {
                auto [over] = co_await server_.muted_.async_wait(awaited);
                (void)over;
            }
            faulty = server_.is_fault(named);
            if (!named.empty() && named == server_.unanswered) co_return true;
            if (const auto raw = server_.said.find(named); raw != server_.said.end()) {
                bytes.assign(raw->second.begin(), raw->second.end());
            } else if (const auto once = server_.refused_once.find(named);
                       once != server_.refused_once.end()) {
                // In MySQL's words for 1243, which say whose error it is.
                error(bytes, "Unknown prepared statement handler (1) given to mysqld_stmt_execute",
                      once->second);
                server_.refused_once.erase(once);
            } else if (const auto no = server_.refused.find(named); no != server_.refused.end()) {
                error(bytes, no->second);
            } else if (const auto one = server_.known.find(named); one != server_.known.end()) {
                table(bytes, {"value"}, {{one->second}});
            } else if (what == command::stmt_prepare) {
                prepared(bytes);
            } else if (named == "SELECT rows") {
                big_row(bytes);
            } else {
                ok(bytes);
            }
        }
        if (const std::chrono::milliseconds late(server_.fault_after_milliseconds);
            faulty && late.count() > 0) {
            asio::steady_timer timer(socket_.get_executor(), late);
            auto [over] = co_await timer.async_wait(awaited);
            (void)over;
        }
        if (faulty) bytes.resize(server_.fault_is_half_an_answer ? bytes.size() / 2 : 0);
        const bool told = co_await write(bytes);
        co_return told && !faulty;
    }

    void ok(std::vector<std::uint8_t>& out) const {
        const std::size_t header_at = protocol::begin_packet(out);
        protocol::writer packet(out);
        protocol::encode(protocol::ok_packet{.status = 2}, capabilities_, packet);
        finish(out, header_at);
    }
    void error(std::vector<std::uint8_t>& out, const std::string& message,
               std::uint16_t code = 1049) const {
        const std::size_t header_at = protocol::begin_packet(out);
        protocol::writer packet(out);
        protocol::encode(protocol::err_packet{code, "42000", message}, packet);
        finish(out, header_at);
    }
    void prepared(std::vector<std::uint8_t>& out) {
        const std::size_t header_at = protocol::begin_packet(out);
        protocol::writer packet(out);
        protocol::encode(protocol::prepare_ok{.statement_id = ++statements_}, capabilities_,
                         packet);
        finish(out, header_at);
    }
    void rows(std::vector<std::uint8_t>& out) const {
        std::vector<std::vector<std::string>> values;
        for (const auto& [name, value] : server_.variables) values.push_back({name, value});
        table(out, {"Variable_name", "Value"}, values);
    }
    void big_row(std::vector<std::uint8_t>& out) const {
        table(out, {"row"}, {{std::string(server_.row_bytes, 'x')}});
    }
    void table(std::vector<std::uint8_t>& out, const std::vector<std::string>& names,
               const std::vector<std::vector<std::string>>& values) const {
        std::uint8_t sequence = 1;
        protocol::text_result_writer result(out, capabilities_, sequence);
        std::vector<protocol::column_definition> columns(names.size());
        for (std::size_t i = 0; i < names.size(); ++i) columns[i].name = names[i];
        result.columns(columns, 2);
        for (const auto& row : values)
            result.row(std::vector<protocol::text_value>(row.begin(), row.end()));
        result.end(protocol::ok_packet{.status = 2, .warnings = server_.warnings});
    }
    static void finish(std::vector<std::uint8_t>& out, std::size_t header_at) {
        std::uint8_t sequence = 1;
        protocol::finish_packet(out, header_at, sequence);
    }

    asio::awaitable<bool> read_proxy_header() {
        for (;;) {
            const auto decoded = protocol::decode_proxy_header(input_);
            if (!decoded) co_return false;
            if (*decoded) {
                server_.introduced.push_back((*decoded)->header);
                input_.erase(input_.begin(),
                             input_.begin() + static_cast<std::ptrdiff_t>((*decoded)->size));
                co_return true;
            }
            std::uint8_t byte = 0;
            auto [failed, count] =
                co_await socket_.async_read_some(asio::buffer(&byte, 1), awaited);
            if (failed) co_return false;
            input_.push_back(byte);
        }
    }

    asio::awaitable<bool> read() {
        while (!packets_.complete()) {
            if (input_.empty()) {
                input_.resize(4096);
                auto [failed, count] =
                    co_await socket_.async_read_some(asio::buffer(input_), awaited);
                if (failed) co_return false;
                input_.resize(count);
            }
            const auto taken = packets_.feed(input_);
            if (!taken) co_return false;
            input_.erase(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(*taken));
        }
        co_return true;
    }

    asio::awaitable<bool> write(protocol::bytes_view bytes) {
        if (bytes.empty()) co_return true;
        auto [failed, count] =
            co_await asio::async_write(socket_, asio::buffer(bytes.data(), bytes.size()), awaited);
        co_return !failed;
    }

    fake_server& server_;
    tcp::socket& socket_;
    protocol::packet_assembler packets_{1 << 20};
    std::vector<std::uint8_t> input_;
    std::uint32_t capabilities_ = 0;
    bool is_probes_ = false;
    std::uint32_t statements_ = 0;
};

fake_server::fake_server(asio::io_context& context)
    : acceptor_(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
      muted_(context, asio::steady_timer::time_point::max()),
      port_(acceptor_.local_endpoint().port()) {
    asio::co_spawn(context, accept(), asio::detached);
}

/// Coroutines that still wait find their sockets closed; the test's context runs them to the end.
fake_server::~fake_server() {
    stop_listening();
    hang_up();
    auto& context = static_cast<asio::io_context&>(acceptor_.get_executor().context());
    context.restart();
    context.poll();
}

pool::server_endpoint fake_server::endpoint() const {
    return {"fake", "127.0.0.1", port_};
}

asio::awaitable<void> fake_server::accept() {
    for (;;) {
        auto [failed, socket] = co_await acceptor_.async_accept(awaited);
        if (failed) co_return;
        ++accepted;
        sockets_.push_back(std::move(socket));
        asio::co_spawn(acceptor_.get_executor(), serve(std::prev(sockets_.end())), asio::detached);
    }
}

asio::awaitable<void> fake_server::serve(std::list<tcp::socket>::iterator self) {
    if (!greeting_bytes.empty()) {
        auto [failed, count] =
            co_await asio::async_write(*self, asio::buffer(greeting_bytes), awaited);
        (void)failed;
    } else if (silent) {
        char byte = 0;
        auto [failed, count] = co_await self->async_read_some(asio::buffer(&byte, 1), awaited);
        (void)failed;
    } else {
        conversation talk(*this, *self);
        co_await talk.run();
    }
    sockets_.erase(self);
}

/// Probes do not count: they come when they like.
bool fake_server::is_fault(std::string_view command) {
    if (command.empty() || command.starts_with("SELECT @@GLOBAL")) return false;
    if (faults_left > 0) {
        --faults_left;
        return true;
    }
    if (commands_until_fault < 0) return false;
    return commands_until_fault-- == 0;
}

void fake_server::unmute() {
    mute.clear();
    muted_.cancel();
}

void fake_server::hang_up() {
    unmute();
    boost::system::error_code ignored;
    for (tcp::socket& socket : sockets_) socket.close(ignored);
}

void fake_server::hang_up_last() {
    boost::system::error_code ignored;
    if (!sockets_.empty()) sockets_.back().close(ignored);
}

void fake_server::blurt(std::string_view bytes) {
    boost::system::error_code ignored;
    for (tcp::socket& socket : sockets_) socket.send(asio::buffer(bytes), 0, ignored);
}

void fake_server::stop_listening() {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
}

}  // namespace pool_test
