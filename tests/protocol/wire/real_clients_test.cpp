#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>
#include <thread>

#include "protocol/capabilities.hpp"
#include "protocol/command.hpp"
#include "protocol/packet.hpp"
#include "protocol/server_login.hpp"
#include "tests/support/mysql_connection.hpp"

/// The server's side of a login against the system's client library.

using namespace protocol;
namespace asio = boost::asio;

namespace {

const rsa_private_key& test_key() {
    static const rsa_private_key key = rsa_private_key::generate().value();
    return key;
}

/// Lets one client log in and answers each of its commands with OK, on a thread of its own.
class one_client_server {
public:
    explicit one_client_server(const server_login_options& options)
        : login_(options, find), thread_([this] { serve(); }) {}

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

    /// Waits for the client to leave; who it was.
    const login& join() {
        thread_.join();
        return login_.who();
    }

private:
    static std::optional<account> find(std::string_view user) {
        if (user != "app") return std::nullopt;
        return account{.verifiers = password_verifiers::from_password("secret")};
    }

    void serve() {
        acceptor_.accept(socket_);
        converse(login_.greet(random_nonce().value(), random_nonce().value()));
        for (packets_.next(0); read(); packets_.next(0)) {
            const bytes_view asked = packets_.payload();
            if (asked[0] == static_cast<std::uint8_t>(command::quit)) return;
            if (asked[0] == static_cast<std::uint8_t>(command::change_user))
                converse(login_.change_user(asked, 0, random_nonce().value()));
            else
                answer_ok();
        }
    }

    /// Carries a login to its end.
    void converse(server_login::step step) {
        while (step.next == server_login::action::read) {
            write(step.output);
            packets_.next(static_cast<std::uint8_t>(step.output[3] + 1));
            if (!read()) return;
            step = login_.advance(packets_.payload(), packets_.sequence());
        }
        const bool welcome = step.next == server_login::action::authenticated;
        write(welcome ? login_.accept({.status = 2}) : step.output);
    }

    void answer_ok() {
        std::vector<std::uint8_t> wire;
        writer out(wire);
        const std::size_t header_at = begin_packet(wire);
        encode(ok_packet{.status = 2}, login_.who().capabilities, out);
        std::uint8_t sequence = 1;
        finish_packet(wire, header_at, sequence);
        write(wire);
    }

    void write(bytes_view bytes) { asio::write(socket_, asio::buffer(bytes.data(), bytes.size())); }

    bool read() {
        while (!packets_.complete()) {
            std::vector<std::uint8_t> piece(packets_.wanted());
            boost::system::error_code lost;
            asio::read(socket_, asio::buffer(piece), lost);
            if (lost || !packets_.feed(piece)) return false;
        }
        return !packets_.payload().empty();
    }

    asio::io_context context_;
    asio::ip::tcp::acceptor acceptor_{context_, {asio::ip::make_address("127.0.0.1"), 0}};
    asio::ip::tcp::socket socket_{context_};
    packet_assembler packets_{server_login::payload_bytes_max};
    server_login login_;
    std::thread thread_;
};

constexpr std::uint32_t offered = capability::connect_with_db | capability::connect_attrs |
                                  capability::session_track | capability::deprecate_eof |
                                  capability::plugin_auth_lenenc_data | capability::transactions;

}  // namespace

TEST_CASE("A real client logs in by the fast path, or by RSA where the password is demanded") {
    const bool full = GENERATE(false, true);
    one_client_server server(
        {.capabilities = offered, .full_authentication = full, .rsa_key = &test_key()});
    {
        support::mysql_connection client("127.0.0.1", server.port(), {"app", "secret", "shop"});
    }
    const login& who = server.join();
    CHECK(who.user == "app");
    CHECK(who.schema == "shop");
    CHECK(who.full_authentication == full);
    CHECK(who.auth_plugin == "caching_sha2_password");
    CHECK_FALSE(who.attributes.empty());
}

TEST_CASE("A real client with a wrong password is told so by number") {
    one_client_server server({.capabilities = offered});
    unsigned number = 0;
    try {
        support::mysql_connection client("127.0.0.1", server.port(), {"app", "wrong", ""});
    } catch (const support::server_error& error) {
        number = error.number();
    }
    server.join();
    CHECK(number == 1045);
}

TEST_CASE("A real client changes its user and proves itself anew") {
    one_client_server server({.capabilities = offered});
    {
        support::mysql_connection client("127.0.0.1", server.port(), {"app", "secret", "shop"});
        const int changed = mysql_change_user(client.handle(), "app", "secret", "other");
        CAPTURE(mysql_error(client.handle()));
        CHECK(changed == 0);
    }
    CHECK(server.join().schema == "other");
}

TEST_CASE("A real client cannot change to a user whose password it does not know") {
    one_client_server server({.capabilities = offered});
    unsigned number = 0;
    {
        support::mysql_connection client("127.0.0.1", server.port(), {"app", "secret", "shop"});
        mysql_change_user(client.handle(), "app", "wrong", "other");
        number = mysql_errno(client.handle());
    }
    server.join();
    CHECK(number == 1045);
}
