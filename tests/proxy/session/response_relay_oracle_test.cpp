// A response relayed is byte for byte what the server itself sends to a client of those
// capabilities.  Both are asked of a real server: once as Tidegate's connections are, once as the
// client is.
#include <catch2/catch.hpp>

#include "pool/tracked_variables.hpp"
#include "protocol/execute.hpp"
#include "protocol/packet.hpp"
#include "protocol/prepare_ok.hpp"
#include "protocol/response_reader.hpp"
#include "protocol/server_status.hpp"
#include "proxy/session_state.hpp"
#include "tests/proxy/session/relayed.hpp"
#include "tests/support/mysql_server.hpp"

using namespace session_test;
using protocol::command;

namespace {

namespace capability = protocol::capability;

constexpr std::uint32_t common = capability::long_password | capability::long_flag |
                                 capability::transactions | capability::multi_statements |
                                 capability::multi_results | capability::ps_multi_results |
                                 capability::plugin_auth_lenenc_data;
constexpr std::uint32_t backend = common | capability::session_track | capability::deprecate_eof;

support::mysql_server& server() {
    static support::mysql_server running;
    static const auto made = running.query(
        "CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY, a VARCHAR(20));"
        "INSERT INTO shop.t VALUES (1, 'one'), (2, NULL), (3, ''), (4, REPEAT('x', 20));"
        "CREATE PROCEDURE shop.three(IN n INT) BEGIN SELECT n; SELECT id FROM shop.t; DO 1; END;"
        "CREATE PROCEDURE shop.fails() BEGIN SELECT 1; SELECT nothing; END");
    return running;
}

/// The trackers' news for a client, as a session tells them.
class session_observer final : public proxy::response_observer {
public:
    protocol::bytes_view on_ok(const protocol::ok_packet& ok) override { return state_.on_ok(ok); }
    void on_err(const protocol::err_packet&) override {}

private:
    pool::vector_interner vectors_{};
    proxy::session_state state_{vectors_, {}, {}};
};

/// The response without the status of the EOF packets in front of rows.  There the server says what
/// it has learned while planning (no index used, more results to come), of which the connection
/// that the rows come from says nothing before their end.
bytes without_early_status(bytes response, command sent, std::uint32_t capabilities) {
    protocol::response_reader reader(sent, capabilities);
    for (std::size_t at = 0; at < response.size() && !reader.done();) {
        const auto rest = std::span(response).subspan(at);
        const auto header = protocol::decode_header(rest.first<protocol::header_size>());
        const auto body = rest.subspan(protocol::header_size, header.payload_size);
        const auto role =
            reader.classify(header.payload_size, body.empty() ? std::uint8_t{0} : body[0]);
        if (!reader.advance(role, header.payload_size, body)) return {};
        if (role == protocol::packet_role::eof_after_columns) body[3] = body[4] = 0;
        at += protocol::header_size + header.payload_size;
    }
    return response;
}

/// The same conversation twice: as a backend connection and as the client would have it.
class two_views {
public:
    explicit two_views(std::uint32_t client)
        : backend_(server().port(), backend), client_(server().port(), client) {
        backend_.ask(std::string(pool::tracking_statement()));
    }

    /// Sends both views of the server one command and compares what the client gets.
    void check(const wire_command& sent) {
        const bytes response = backend_.ask(sent);
        const bytes expected = client_.ask(sent);
        proxy::response_relay::options how;
        how.sent = sent.what;
        how.backend_capabilities = backend_.capabilities();
        how.client_capabilities = client_.capabilities();
        how.status = protocol::server_status::autocommit;

        session_observer observer;
        const relayed whole = relay(how, observer, response);
        CAPTURE(std::string(sent.argument.begin(), sent.argument.end()));
        const auto comparable = [&](const bytes& all) {
            return without_early_status(all, sent.what, client_.capabilities());
        };
        CHECK(comparable(whole.told) == comparable(expected));
        CHECK(whole.done);
        CHECK(whole.unused == 0);
        if (response.size() > 4096) return;
        for (std::size_t cut = 0; cut <= response.size(); ++cut) {
            session_observer again;
            const auto pieces = [cut](std::size_t n) {
                return n == 0 ? cut : std::size_t{1} << 20;
            };
            const bool same = relay(how, again, response, pieces) == whole;
            if (!same) FAIL_CHECK("cut at " << cut);
        }
        session_observer again;
        const bool same = relay(how, again, response, [](std::size_t) { return 1; }) == whole;
        CHECK(same);
    }

private:
    wire_client backend_;
    wire_client client_;
};

bytes execute(std::uint8_t flags, bytes parameters = {}) {
    bytes body{1, 0, 0, 0, flags, 1, 0, 0, 0};
    body.insert(body.end(), parameters.begin(), parameters.end());
    return body;
}

const bytes one_integer{0x00, 0x01, 0x03, 0x00, 0x02, 0x00, 0x00, 0x00};  // LONG 2

std::uint32_t some_client() {
    const bool deprecate_eof = GENERATE(false, true);
    const bool session_track = GENERATE(false, true);
    CAPTURE(deprecate_eof, session_track);
    return common | (deprecate_eof ? capability::deprecate_eof : 0u) |
           (session_track ? capability::session_track : 0u);
}

}  // namespace

TEST_CASE("A relayed text response is what the server sends to such a client", "[proxy]") {
    const std::uint32_t client = some_client();
    two_views views(client);
    // MySQL 9.7 tells a client that tracks how its transaction begins and ends even where
    // session_track_transaction_info is OFF; Tidegate, as the manual has it, does not.
    if (!capability::has(client, capability::session_track)) {
        views.check("BEGIN");
        views.check("SELECT id FROM shop.t");
        views.check("ROLLBACK");
    }
    for (const char* sql : {
             "SELECT 1",
             "SELECT * FROM shop.t",
             "SELECT * FROM shop.t WHERE id < 0",
             "SELECT NULL, '', 'x'",
             "DO 1",
             "USE shop",
             "SELECT * FROM t",
             "SET time_zone = '+01:00'",
             "SET NAMES latin1",
             "SET NAMES utf8mb4",
             "SET sql_mode = 'ANSI_QUOTES'",  // a tracker that no client gets unasked
             "SET @x = 1",
             "SELECT nothing",
             "not SQL",
             "",
             "SELECT CAST('x' AS SIGNED)",  // with a warning
             "SHOW WARNINGS",
             "SELECT id, IF(id = 3, (SELECT id FROM t), 0) FROM t",  // an error behind rows
             "SELECT 1; SELECT 2, 3; DO 0",
             "SELECT 1; USE shop; SELECT 2",
             "SELECT 1; SELECT nothing; SELECT 3",
             "CALL shop.three(7)",
             "CALL shop.fails()",
             "CREATE TEMPORARY TABLE x (a INT)",
             "DROP TEMPORARY TABLE x",
             "SHOW TABLES",
             "EXPLAIN SELECT 1",
         })
        views.check(sql);
    // 300 columns: sequence ids come round.
    std::string wide = "SELECT 1";
    for (int i = 2; i <= 300; ++i) wide += "," + std::to_string(i);
    views.check(wide);
}

TEST_CASE("A relayed response to another command is what the server sends, too", "[proxy]") {
    two_views views(some_client());
    views.check({command::init_db, "shop"});
    views.check({command::init_db, "no_such_schema"});
    views.check({command::field_list, std::string_view("t\0", 2)});
    views.check({command::field_list, std::string_view("no_such_table\0", 14)});
    views.check({command::ping, ""});
    views.check({command::reset_connection, ""});
}

TEST_CASE("A relayed prepared statement looks as the server's own", "[proxy]") {
    two_views views(some_client());
    SECTION("with parameters and columns") {
        views.check({command::stmt_prepare, "SELECT id, a FROM shop.t WHERE id >= ?"});
        views.check({command::stmt_execute, execute(0, one_integer)});
        views.check({command::stmt_execute, execute(0, {0x01, 0x01, 0x03, 0x00})});
    }
    SECTION("with columns only") {
        views.check({command::stmt_prepare, "SELECT 1, 2"});
        views.check({command::stmt_execute, execute(0)});
    }
    SECTION("with parameters only") {
        views.check({command::stmt_prepare, "DO ?"});
        views.check({command::stmt_execute, execute(0, one_integer)});
    }
    SECTION("with neither") {
        views.check({command::stmt_prepare, "SET time_zone = '+02:00'"});
        views.check({command::stmt_execute, execute(0)});
    }
    SECTION("of a procedure") {
        views.check({command::stmt_prepare, "CALL shop.three(?)"});
        views.check({command::stmt_execute, execute(0, one_integer)});
    }
    SECTION("that the server refuses") {
        views.check({command::stmt_prepare, "SELECT nothing"});
        views.check({command::stmt_execute, execute(0)});
    }
    SECTION("that fails behind its rows") {
        views.check({command::stmt_prepare,
                     "SELECT id, IF(id = 3, (SELECT id FROM shop.t), 0) FROM shop.t"});
        views.check({command::stmt_execute, execute(0)});
    }
    SECTION("with a cursor") {
        views.check({command::stmt_prepare, "SELECT id, a FROM shop.t"});
        views.check({command::stmt_execute, execute(1)});
        views.check({command::stmt_fetch, bytes{1, 0, 0, 0, 3, 0, 0, 0}});
        views.check({command::stmt_fetch, bytes{1, 0, 0, 0, 3, 0, 0, 0}});
        views.check({command::stmt_fetch, bytes{1, 0, 0, 0, 3, 0, 0, 0}});
        views.check({command::stmt_reset, bytes{1, 0, 0, 0}});
    }
    SECTION("with a cursor over nothing") {
        views.check({command::stmt_prepare, "SELECT id FROM shop.t WHERE id < 0"});
        views.check({command::stmt_execute, execute(1)});
        views.check({command::stmt_fetch, bytes{1, 0, 0, 0, 1, 0, 0, 0}});
    }
    SECTION("with a cursor that a statement without rows does not open") {
        views.check({command::stmt_prepare, "DO 1"});
        views.check({command::stmt_execute, execute(1)});
    }
}

TEST_CASE("Rows of 16 MiB and more are relayed as they come", "[proxy]") {
    two_views views(common);
    for (const char* bytes : {"16777206", "16777210", "16777211", "16777212", "17000000"})
        views.check("SELECT REPEAT('x', " + std::string(bytes) + "), 1");
}
