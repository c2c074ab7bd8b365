// States brought to real connections, and asked back from the server.
#include <catch2/catch.hpp>

#include "pool/backend_connection.hpp"
#include "tests/pool/pool_fixture.hpp"
#include "tests/support/mysql_server.hpp"
#include "tests/support/wait_until.hpp"

using namespace pool_test;

namespace {

support::mysql_server& server() {
    static support::mysql_server running;
    static const auto made = running.query("CREATE DATABASE IF NOT EXISTS shop");
    return running;
}

struct named_value {
    std::string_view name;
    pool::variable_value value;
};

class replay_fixture {
public:
    replay_fixture() {
        const auto give_up = pool::backend_connection::clock::now() + patience;
        auto opened =
            run(context, pool::backend_connection::open(
                             context.get_executor(), {"primary", server().host(), server().port()},
                             root, blocks, vectors.intern({}), 10, give_up, refusal));
        REQUIRE(opened.has_value());
        connection = std::move(*opened);
    }

    pool::shared_vector state(std::initializer_list<named_value> settings,
                              std::string_view schema = {}) {
        pool::session_vector made;
        made.use_schema(schema);
        for (const named_value& s : settings) made.set(*pool::find_variable(s.name), s.value);
        return vectors.intern(std::move(made));
    }
    bool become(pool::shared_vector wanted) {
        const auto done = run(context, connection->synchronise(std::move(wanted), refusal));
        CAPTURE(refusal.message);
        CHECK(done.has_value());
        return done.has_value();
    }
    std::string value(const std::string& sql) {
        const auto answer = run(context, connection->ask(protocol::command::query, sql));
        REQUIRE(answer.has_value());
        REQUIRE(answer->rows.size() == 1);
        return answer->rows[0][0].value_or("NULL");
    }

    boost::asio::io_context context{1};
    pool::block_pool blocks{1024};
    pool::vector_interner vectors{};
    pool::backend_account root{"root", ""};
    pool::server_refusal refusal{};
    std::unique_ptr<pool::backend_connection> connection{};
};

}  // namespace

TEST_CASE("A state arrives at a real server, and goes again", "[pool]") {
    replay_fixture f;
    const std::string mode = f.value("SELECT @@sql_mode");
    REQUIRE(f.become(f.state({{"sql_mode", "ANSI_QUOTES,NO_BACKSLASH_ESCAPES"},
                              {"time_zone", "+05:30"},
                              {"sql_select_limit", "7"},
                              {"character_set_results", std::nullopt},
                              {"long_query_time", "0.250000"},
                              {"transaction_isolation", "READ-COMMITTED"},
                              {"autocommit", "OFF"}},
                             "shop")));
    CHECK(f.value("SELECT @@sql_mode") == "ANSI_QUOTES,NO_BACKSLASH_ESCAPES");
    CHECK(f.value("SELECT @@time_zone") == "+05:30");
    CHECK(f.value("SELECT @@sql_select_limit") == "7");
    CHECK(f.value("SELECT @@character_set_results") == "NULL");
    CHECK(f.value("SELECT @@long_query_time") == "0.250000");
    CHECK(f.value("SELECT @@transaction_isolation") == "READ-COMMITTED");
    CHECK(f.value("SELECT @@autocommit") == "0");
    CHECK(f.value("SELECT DATABASE()") == "shop");

    REQUIRE(f.become(f.state({}, "shop")));
    CHECK(f.value("SELECT @@sql_mode") == mode);
    CHECK(f.value("SELECT @@time_zone") == "SYSTEM");
    CHECK(f.value("SELECT @@character_set_results") == "utf8mb4");
    CHECK(f.value("SELECT @@autocommit") == "1");
}

TEST_CASE("Every tracked variable goes back to what the connection began with", "[pool]") {
    replay_fixture f;
    const std::string all = std::string(pool::baseline_query());
    const auto before = run(f.context, f.connection->ask(protocol::command::query, all));
    REQUIRE(f.become(f.state({{"foreign_key_checks", "OFF"},
                              {"unique_checks", "OFF"},
                              {"sql_auto_is_null", "ON"},
                              {"big_tables", "ON"},
                              {"max_join_size", "1000"},
                              {"character_set_client", "latin1"},
                              {"character_set_connection", "latin1"},
                              {"collation_connection", "latin1_german2_ci"},
                              {"default_storage_engine", "MEMORY"},
                              {"lc_time_names", "de_DE"},
                              {"optimizer_switch", "index_merge=off"},
                              {"block_encryption_mode", "aes-256-cbc"},
                              {"transaction_read_only", "ON"},
                              {"completion_type", "CHAIN"},
                              {"wait_timeout", "77"}})));
    CHECK(f.value("SELECT @@foreign_key_checks") == "0");
    CHECK(f.value("SELECT @@collation_connection") == "latin1_german2_ci");
    REQUIRE(f.become(f.state({})));
    const auto after = run(f.context, f.connection->ask(protocol::command::query, all));
    REQUIRE(before.has_value());
    REQUIRE(after.has_value());
    CHECK(before->rows == after->rows);
}

TEST_CASE("A connection that was opened after SET GLOBAL takes older defaults over", "[pool]") {
    replay_fixture before;
    pool::session_vector made;
    made.use_defaults(before.connection->own_defaults());
    const pool::shared_vector old = before.vectors.intern(std::move(made));
    server().query(
        "CREATE USER plain@'%' IDENTIFIED WITH caching_sha2_password BY '';"
        "SET GLOBAL div_precision_increment = 9; SET GLOBAL sql_require_primary_key = ON");
    const pool::backend_account plain{"plain", ""};
    for (const pool::backend_account* who :
         std::initializer_list<const pool::backend_account*>{&before.root, &plain}) {
        CAPTURE(who->user);
        const auto give_up = pool::backend_connection::clock::now() + patience;
        auto opened = run(before.context, pool::backend_connection::open(
                                              before.context.get_executor(),
                                              {"primary", server().host(), server().port()}, *who,
                                              before.blocks, old, 10, give_up, before.refusal));
        REQUIRE(opened.has_value());
        before.connection = std::move(*opened);
        CHECK(before.connection->state() != old);
        CHECK(before.value("SELECT 1/3") == "0.333333333");
        REQUIRE(before.become(old));
        CHECK(before.value("SELECT 1/3") == "0.3333");
        // Only root may set it for itself.
        const bool is_root = who == &before.root;
        CHECK(before.value("SELECT @@sql_require_primary_key") == (is_root ? "0" : "1"));
    }
    before.connection.reset();
    server().query(
        "SET GLOBAL div_precision_increment = 4; SET GLOBAL sql_require_primary_key = OFF;"
        "DROP USER plain@'%'");
}

TEST_CASE("Every tracked variable can be set to its own initial value in one SET", "[pool]") {
    replay_fixture f;
    const std::string all = std::string(pool::baseline_query());
    const auto initial = run(f.context, f.connection->ask(protocol::command::query, all));
    REQUIRE(initial.has_value());
    std::string set;
    for (const auto& row : initial->rows) {
        set.append(set.empty() ? "SET " : ", ");
        const auto id = *pool::find_variable(*row[0]);
        pool::append_assignment(set, id, pool::value_from_tracker(id, *row[1]));
    }
    const auto done = run(f.context, f.connection->ask(protocol::command::query, set));
    REQUIRE(done.has_value());
    CAPTURE(done->refusal ? done->refusal->message : "");
    CHECK_FALSE(done->refusal);
    const auto after = run(f.context, f.connection->ask(protocol::command::query, all));
    CHECK(after->rows == initial->rows);
}

TEST_CASE("A collation survives the character set that is set before it", "[pool]") {
    replay_fixture f;
    REQUIRE(f.become(
        f.state({{"character_set_connection", "latin1"}, {"collation_connection", "latin1_bin"}})));
    CHECK(f.value("SELECT COLLATION('a')") == "latin1_bin");
    REQUIRE(f.become(f.state(
        {{"character_set_connection", "utf8mb4"}, {"collation_connection", "utf8mb4_bin"}})));
    CHECK(f.value("SELECT COLLATION('a')") == "utf8mb4_bin");
    REQUIRE(f.become(f.state({})));
    CHECK(f.value("SELECT COLLATION('a')") == "utf8mb4_0900_ai_ci");
}

TEST_CASE("A schema that is not there refuses the state, and nothing else", "[pool]") {
    replay_fixture f;
    REQUIRE(f.become(f.state({}, "shop")));
    const auto refused =
        run(f.context, f.connection->synchronise(f.state({}, "no_such_schema"), f.refusal));
    CHECK(refused.error() == pool::errc::state_refused);
    CHECK(f.refusal.code == 1049);
    CHECK(f.value("SELECT DATABASE()") == "shop");
    CHECK(*f.connection->state() == *f.state({}, "shop"));
}

TEST_CASE("A real server's end is noticed on an idle connection", "[pool]") {
    replay_fixture f;
    CHECK_FALSE(f.connection->is_dead());
    server().query("KILL " + std::to_string(f.connection->connection_id()));
    CHECK(run_until(f.context, [&] { return f.connection->is_dead(); }));
}

TEST_CASE("A connection that is closed says so to the server", "[pool]") {
    const auto aborted = [] {
        return server().query("SHOW GLOBAL STATUS LIKE 'Aborted_clients'")[0][1];
    };
    const auto connected = [](std::uint32_t id) {
        return server().value("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE ID = " +
                              std::to_string(id)) == "1";
    };
    const auto others = [] {
        return server().value(
            "SELECT COUNT(*) FROM information_schema.PROCESSLIST "
            "WHERE COMMAND <> 'Daemon' AND ID <> CONNECTION_ID()");
    };
    // Those of other tests may still be on their way out.
    REQUIRE(support::wait_until(patience, [&] { return others() == "0"; }));
    const auto before = aborted();
    std::uint32_t id = 0;
    {
        const replay_fixture f;
        id = f.connection->connection_id();
        CHECK(connected(id));
    }
    CHECK(support::wait_until(patience, [&] { return !connected(id); }));
    CHECK(aborted() == before);
}

TEST_CASE("An account whose password has expired is told so", "[pool]") {
    server().query(
        "CREATE USER late@'%' IDENTIFIED WITH caching_sha2_password BY 'late' PASSWORD EXPIRE");
    boost::asio::io_context context{1};
    pool::block_pool blocks{1024};
    pool::vector_interner vectors;
    const pool::backend_account late{"late", "late"};
    pool::server_refusal refusal;
    const auto give_up = pool::backend_connection::clock::now() + patience;
    const auto opened =
        run(context, pool::backend_connection::open(
                         context.get_executor(), {"primary", server().host(), server().port()},
                         late, blocks, vectors.intern({}), 10, give_up, refusal));
    REQUIRE_FALSE(opened.has_value());
    CHECK(opened.error() == pool::errc::login_denied);
    CAPTURE(refusal.message);
    const bool expired = refusal.code == 1820 || refusal.code == 1862;  // by its own words
    CHECK(expired);
}
