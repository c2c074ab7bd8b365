// What a connection makes of a server's answers.
#include "pool/backend_connection.hpp"

#include <catch2/catch.hpp>

#include "protocol/auth_packets.hpp"
#include "protocol/packet.hpp"
#include "protocol/server_login.hpp"
#include "tests/pool/pool_fixture.hpp"

using namespace pool_test;
using heard = std::vector<std::string>;

namespace {

pool::result<pool::small_answer> ask(pool_fixture& f, pool::backend_connection& connection,
                                     const std::string& sql) {
    return run(f.context, connection.ask(protocol::command::query, sql));
}

pool::result<void> synchronise(pool_fixture& f, pool::backend_connection& connection,
                               pool::shared_vector wanted) {
    return run(f.context, connection.synchronise(std::move(wanted), f.refusal));
}

pool::result<void> make_ready(pool_fixture& f, pool::backend_connection& connection,
                              const pool::shared_prepared_text& key) {
    return run(f.context, connection.make_ready(key, f.vectors, f.refusal));
}

}  // namespace

TEST_CASE("A small answer is read whole", "[pool]") {
    pool_fixture f;
    pool::lease loan = f.lend();
    f.server.row_bytes = 100'000;  // more than a block
    const auto answer = ask(f, *loan, "SELECT rows");
    REQUIRE(answer.has_value());
    REQUIRE(answer->rows.size() == 1);
    CHECK(answer->rows[0][0] == std::string(100'000, 'x'));
    CHECK_FALSE(answer->refusal);
    CHECK(loan->input().empty());
    loan.give_back();
}

TEST_CASE("An answer that is not small is a bad answer", "[pool]") {
    pool_fixture f;
    pool::lease loan = f.lend();
    f.server.row_bytes = pool::backend_connection::small_answer_bytes_max + 1;
    const auto answer = ask(f, *loan, "SELECT rows");
    CHECK(answer.error() == pool::errc::bad_answer);
}

TEST_CASE("A refusal is an answer", "[pool]") {
    pool_fixture f;
    pool::lease loan = f.lend();
    f.server.refused["SELECT x"] = "Unknown column 'x'";
    const auto answer = ask(f, *loan, "SELECT x");
    REQUIRE(answer.has_value());
    REQUIRE(answer->refusal);
    CHECK(answer->refusal->message == "Unknown column 'x'");
    CHECK(ask(f, *loan, "SELECT 1").has_value());
    loan.give_back();
}

TEST_CASE("An answer that the protocol does not allow is a bad answer", "[pool]") {
    pool_fixture f;
    const std::vector<std::string> answers{
        std::string("\x01\x00\x00\x01\xfb", 5),                       // "send me a file"
        std::string("\x01\x00\x00\x01\x00", 5),                       // an OK cut short
        std::string("\x02\x00\x00\x01\xfc\xff", 6),                   // a column count cut short
        std::string("\x00\x00\x00\x01", 4),                           // an empty packet
        std::string("\xff\xff\xff\x01\x00", 5),                       // an OK of 16 MiB
        std::string("\x01\x00\x00\x01\x01\xff\xff\xff\x02\x00", 10),  // a definition of 16 MiB
    };
    for (const std::string& bytes : answers) {
        CAPTURE(bytes);
        f.server.said["SELECT odd"] = bytes;
        pool::lease loan = f.lend();
        const auto answer = ask(f, *loan, "SELECT odd");
        CHECK(answer.error() == pool::errc::bad_answer);
    }
}

TEST_CASE("A connection that ends in an answer is lost", "[pool]") {
    pool_fixture f;
    pool::lease loan = f.lend();
    f.server.said["SELECT 1"] = std::string("\x07\x00\x00", 3);
    const auto answer = start(f.context, loan->ask(protocol::command::query, "SELECT 1"));
    REQUIRE(run_until(f.context, [&] { return !f.server.heard.empty(); }));
    f.server.hang_up();
    REQUIRE(run_until(f.context, [&] { return answer->has_value(); }));
    CHECK((*answer)->error() == pool::errc::lost);
}

TEST_CASE("A state is reached with the fewest words", "[pool]") {
    pool_fixture f;
    pool::lease loan = f.lend();
    CHECK(synchronise(f, *loan, f.state()).has_value());
    CHECK(f.server.heard.empty());
    CHECK(synchronise(f, *loan, f.state("shop")).has_value());
    CHECK(synchronise(f, *loan, f.state("shop", "+01:00")).has_value());
    CHECK(synchronise(f, *loan, f.state("other")).has_value());
    CHECK(f.server.heard == heard{"init_db shop", "SET SESSION time_zone='+01:00'", "init_db other",
                                  "SET SESSION time_zone='SYSTEM'"});
    CHECK(loan->state() == f.state("other"));
    loan.give_back();
}

TEST_CASE("Another schema and other variables cost one round trip", "[pool]") {
    pool_fixture f;
    pool::lease loan = f.lend();
    CHECK(synchronise(f, *loan, f.state("shop", "+01:00")).has_value());
    CHECK(f.server.heard == heard{"init_db shop", "SET SESSION time_zone='+01:00'"});
    CHECK(f.server.came_together == 1);
    loan.give_back();
}

TEST_CASE("A move goes out in one write with the command behind it", "[pool]") {
    pool_fixture f;
    pool::lease loan = f.lend();
    const auto moved = loan->queue_move(f.state("shop", "+01:00"));
    std::vector<std::uint8_t> question;
    protocol::append_command(question, protocol::command::query, "SELECT rows");
    REQUIRE(run(f.context, loan->send(question)).has_value());
    CHECK(loan->state() == f.state());
    REQUIRE(run(f.context, loan->end_move(moved, f.refusal)).has_value());
    CHECK(loan->state() == f.state("shop", "+01:00"));
    const auto answer = run(f.context, loan->take_small_answer(protocol::command::query));
    REQUIRE(answer.has_value());
    CHECK(answer->rows.size() == 1);
    CHECK(f.server.came_together == 2);
    CHECK(loan->queued().empty());
    loan.give_back();
}

TEST_CASE("A refused state leaves the connection in the state it says", "[pool]") {
    pool_fixture f;
    pool::lease loan = f.lend();
    f.server.refused["init_db gone"] = "Unknown database 'gone'";
    f.server.refused["SET SESSION time_zone='nowhere'"] = "Unknown or incorrect time zone";

    CHECK(synchronise(f, *loan, f.state("gone")).error() == pool::errc::state_refused);
    CHECK(f.refusal.message == "Unknown database 'gone'");
    CHECK(loan->state() == f.state());
    // What was sent behind it has been done.
    CHECK(synchronise(f, *loan, f.state("gone", "+01:00")).error() == pool::errc::state_refused);
    CHECK(*loan->state() == *f.state("", "+01:00"));

    const auto refused = synchronise(f, *loan, f.state("shop", "nowhere"));
    CHECK(refused.error() == pool::errc::state_refused);
    CHECK(*loan->state() == *f.state("shop", "+01:00"));
    loan.give_back();
}

TEST_CASE("A statement is prepared once on a connection, in the state it was written in",
          "[pool]") {
    pool_fixture f;
    pool::prepared_registry registry;
    pool::lease loan = f.lend();
    const auto key = registry.intern("SELECT ?", f.state("shop"));
    REQUIRE(make_ready(f, *loan, key).has_value());
    REQUIRE(make_ready(f, *loan, key).has_value());
    CHECK(f.server.heard == heard{"init_db shop", "prepare SELECT ?"});
    REQUIRE(loan->prepared.find(*key) != nullptr);
    CHECK(loan->prepared.find(*key)->id == 1);
    loan.give_back();
}

TEST_CASE("A statement that was written without a schema is prepared in any", "[pool]") {
    pool_fixture f;
    pool::prepared_registry registry;
    pool::lease loan = f.lend();
    REQUIRE(synchronise(f, *loan, f.state("shop")).has_value());
    const auto key = registry.intern("SELECT 1", f.state());
    REQUIRE(make_ready(f, *loan, key).has_value());
    CHECK(f.server.heard == heard{"init_db shop", "prepare SELECT 1"});
    loan.give_back();
}

TEST_CASE("A refused statement costs no connection", "[pool]") {
    pool_fixture f;
    pool::prepared_registry registry;
    pool::lease loan = f.lend();
    f.server.refused["prepare SELECT gone"] = "Unknown column 'gone'";
    const auto key = registry.intern("SELECT gone", f.state());
    CHECK(make_ready(f, *loan, key).error() == pool::errc::statement_refused);
    CHECK(f.refusal.message == "Unknown column 'gone'");
    CHECK(loan->prepared.find(*key) == nullptr);
    CHECK(ask(f, *loan, "SELECT 1").has_value());
    loan.give_back();
}

TEST_CASE("A statement that made room is closed in front of the next command", "[pool]") {
    pool_fixture f({.connections_max = 1, .prepared_max = 1});
    pool::prepared_registry registry;
    pool::lease loan = f.lend();
    REQUIRE(make_ready(f, *loan, registry.intern("SELECT 1", f.state())).has_value());
    REQUIRE(make_ready(f, *loan, registry.intern("SELECT 2", f.state())).has_value());
    CHECK(f.server.heard == heard{"prepare SELECT 1", "prepare SELECT 2"});
    REQUIRE(ask(f, *loan, "SELECT 3").has_value());
    CHECK(f.server.heard == heard{"prepare SELECT 1", "prepare SELECT 2", "close 1", "SELECT 3"});
    CHECK(loan->queued().empty());
    loan.give_back();
}

TEST_CASE("An aborted connection is not connected any more", "[pool]") {
    pool_fixture f;
    pool::backend_connection connection(f.context.get_executor(), f.app, f.blocks, f.state(), 10);
    connection.abort();
    const auto give_up = pool::backend_connection::clock::now() + patience;
    const auto done = run(f.context, connection.establish(f.server.endpoint(), give_up, f.refusal));
    CHECK_FALSE(done.has_value());
    CHECK(f.server.accepted == 0);
}

TEST_CASE("A PROXY header in front of the login names both ends of the connection", "[pool]") {
    pool_fixture f;
    f.server.wants_proxy_header = true;
    pool::server_endpoint endpoint = f.server.endpoint();
    endpoint.proxy_header = true;
    pool::backend_connection connection(f.context.get_executor(), f.app, f.blocks, f.state(), 10);
    const auto give_up = pool::backend_connection::clock::now() + patience;
    REQUIRE(run(f.context, connection.establish(endpoint, give_up, f.refusal)).has_value());
    REQUIRE(f.server.introduced.size() == 1);
    REQUIRE(f.server.introduced[0].passed_on);
    const protocol::connection_ends& ends = *f.server.introduced[0].passed_on;
    CHECK(ends.source.port == connection.socket().local_endpoint().port());
    CHECK(ends.destination.port == endpoint.port);
    CHECK_FALSE(ends.source.is_v6);
    CHECK(ends.source.address[0] == 127);
}

TEST_CASE("A server that refuses one password gets the other, which is then tried first",
          "[pool]") {
    pool_fixture f;
    pool::backend_account both{
        .user = "app", .password = "old", .other_password = protocol::secret("secret")};
    const auto connect = [&] {
        pool::backend_connection connection(f.context.get_executor(), both, f.blocks, f.state(),
                                            10);
        const auto give_up = pool::backend_connection::clock::now() + patience;
        return run(f.context, connection.establish(f.server.endpoint(), give_up, f.refusal));
    };
    CHECK(connect().has_value());
    CHECK(f.server.accepted == 2);
    CHECK(connect().has_value());
    CHECK(f.server.accepted == 3);
    f.server.password = "old";
    CHECK(connect().has_value());
    CHECK(f.server.accepted == 5);
    f.server.password = "another";
    CHECK(connect().error() == pool::errc::login_denied);
    CHECK(f.refusal.code == 1045);
}

TEST_CASE("An account of a plugin that Tidegate lacks is refused, not taken for a dead server",
          "[pool]") {
    pool_fixture f;
    protocol::server_login greeter({}, [](std::string_view) { return std::nullopt; });
    const auto hello = greeter.greet(*protocol::random_nonce(), *protocol::random_nonce());
    f.server.greeting_bytes = protocol::as_text(hello.output);
    protocol::writer request;
    encode(protocol::auth_switch_request{"dialog", {}}, request);
    std::vector<std::uint8_t> wire;
    std::uint8_t sequence = 2;  // behind the response
    protocol::append_packet(wire, request.view(), sequence);
    f.server.greeting_bytes += protocol::as_text(wire);

    pool::backend_connection connection(f.context.get_executor(), f.app, f.blocks, f.state(), 10);
    const auto give_up = pool::backend_connection::clock::now() + patience;
    const auto done = run(f.context, connection.establish(f.server.endpoint(), give_up, f.refusal));
    CHECK(done.error() == pool::errc::login_denied);
    CHECK(f.refusal.code == 1045);
    CHECK(f.refusal.message.find("authentication plugin") != std::string::npos);
}
