#include <catch2/catch.hpp>

#include "protocol/command.hpp"
#include "server_client.hpp"
#include "tests/support/mysql_server.hpp"

/// The wire against a real MySQL server.

using namespace protocol;
using action = client_login::action;
using tls_mode = client_login_options::tls_mode;

namespace {

support::mysql_server& server() {
    static support::mysql_server instance({.arguments = {"--max-allowed-packet=64M"}});
    return instance;
}

client_login_options as(const std::string& user, const std::string& password,
                        tls_mode tls = tls_mode::off) {
    return {.user = user, .password = password, .tls = tls};
}

/// Makes the server forget every password digest, so that the next login is a full one.
void forget_passwords() {
    server().query("FLUSH PRIVILEGES");
}

void create_user(const std::string& user, const std::string& password) {
    server().query("CREATE USER IF NOT EXISTS '" + user +
                   "'@'%' IDENTIFIED WITH caching_sha2_password BY '" + password + "'");
    server().query("GRANT ALL ON *.* TO '" + user + "'@'%'");
}

std::vector<std::uint8_t> with_command(command sent, std::string_view text) {
    std::vector<std::uint8_t> out{static_cast<std::uint8_t>(sent)};
    out.insert(out.end(), text.begin(), text.end());
    return out;
}

}  // namespace

TEST_CASE("A MySQL server that does not know the password yet gets it over TLS or by RSA") {
    const tls_mode tls = GENERATE(tls_mode::off, tls_mode::required);
    create_user("fresh", "pass word");
    forget_passwords();
    server_client first(server().port());
    REQUIRE(first.log_in(as("fresh", "pass word", tls)).value() == action::logged_in);
    CHECK(first.login().full_authentication);
    CHECK(first.login().server_version.starts_with("9."));
    CHECK(first.login().connection_id > 0);

    server_client second(server().port());
    REQUIRE(second.log_in(as("fresh", "pass word", tls)).value() == action::logged_in);
    CHECK_FALSE(second.login().full_authentication);
    CHECK(second.query("SELECT 1").has_value());
}

TEST_CASE("A password of 200 bytes fits the server's RSA key") {
    const std::string password(200, 'p');
    create_user("lengthy", password);
    forget_passwords();
    server_client client(server().port());
    CHECK(client.log_in(as("lengthy", password)).value() == action::logged_in);
}

TEST_CASE("A MySQL server lets an empty password in, and says why it denies") {
    server_client empty(server().port());
    CHECK(empty.log_in(as("root", "")).value() == action::logged_in);

    create_user("denied", "right");
    server_client wrong(server().port());
    CHECK(wrong.log_in(as("denied", "wrong")).value() == action::denied);
    CHECK(wrong.denial().code == 1045);
    CHECK(wrong.denial().sqlstate == "28000");

    client_login_options nowhere = as("root", "");
    nowhere.schema = "nowhere";
    server_client lost(server().port());
    CHECK(lost.log_in(nowhere).value() == action::denied);
    CHECK(lost.denial().code == 1049);
}

TEST_CASE("An account with another plugin than the server's default is switched to its own") {
    server().query("CREATE USER IF NOT EXISTS other@'%' IDENTIFIED WITH sha256_password BY 'x'");
    const tls_mode tls = GENERATE(tls_mode::off, tls_mode::required);
    // Not once is the password's digest enough for sha256_password.
    for (int i = 0; i < 2; ++i) {
        server_client client(server().port());
        CHECK(client.log_in(as("other", "x", tls)).value() == action::logged_in);
        CHECK(client.login().auth_plugin == "sha256_password");
    }
    server_client wrong(server().port());
    CHECK(wrong.log_in(as("other", "y", tls)).value() == action::denied);
}

TEST_CASE("Rows of more than 16 MiB are followed to their end in both protocols") {
    const bool deprecate_eof = GENERATE(false, true);
    client_login_options options = as("root", "");
    if (!deprecate_eof) options.capabilities &= ~capability::deprecate_eof;
    server_client client(server().port());
    REQUIRE(client.log_in(options).value() == action::logged_in);
    // The text row begins with 0xfe; the others are as long as a packet, and one byte less.
    for (const std::string size : {"17000000", "33554432", "16777211", "16777210", "16777205"}) {
        CAPTURE(deprecate_eof, size);
        const std::string sql = "SELECT REPEAT(_binary x'FE', " + size + ") UNION ALL SELECT 'x'";
        const auto text = client.query(sql);
        REQUIRE(text.has_value());
        CHECK(text->roles.back() == packet_role::result_end);
        CHECK(text->row_bytes > std::stoul(size));

        const auto prepared = client.ask(with_command(command::stmt_prepare, sql));
        REQUIRE(prepared.has_value());
        std::vector<std::uint8_t> execute = with_command(command::stmt_execute, {});
        writer out(execute);
        out.u32(prepared->statement_id);
        out.u8(0);
        out.u32(1);
        const auto binary = client.ask(execute);
        REQUIRE(binary.has_value());
        CHECK(binary->roles.back() == packet_role::result_end);
        CHECK(binary->row_bytes > std::stoul(size));
    }
    CHECK(client.query("DO 1")->roles == std::vector{packet_role::ok});
}

TEST_CASE("A query of more than 16 MiB is sent in packets that the server joins") {
    server_client client(server().port());
    REQUIRE(client.log_in(as("root", "")).value() == action::logged_in);
    for (const std::size_t filler : {std::size_t{payload_size_max} - 12, std::size_t{17'000'000}}) {
        const auto answer = client.query("SELECT '" + std::string(filler, 'x') + "'");
        REQUIRE(answer.has_value());
        CHECK(answer->roles.back() == packet_role::result_end);
    }
}
