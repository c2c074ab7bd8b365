// What a session's vector, transaction and GTIDs become; session_state_pins_test.cpp has the pins.
#include "proxy/session_state.hpp"

#include <catch2/catch.hpp>

#include "tests/proxy/session/talk.hpp"

using namespace session_test;
namespace server_status = protocol::server_status;

namespace {

constexpr auto source = "3e11fa47-71ca-11e1-9e33-c80aa9429562";

answer wrote(const std::string& gtids) {
    return changed({{change_type::gtids, {}, gtids}});
}

}  // namespace

TEST_CASE("A variable has the value that the server reports", "[proxy]") {
    talk t;
    CHECK(t.value("sql_mode") == "unchanged");
    t.run("SET sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES')",
          changed({variable("sql_mode", "NO_ZERO_DATE,ANSI_QUOTES"), something_changed}));
    CHECK(t.value("sql_mode") == "NO_ZERO_DATE,ANSI_QUOTES");
    CHECK_FALSE(t.state.holds_connection());
    t.run("SET character_set_results = NULL", changed({variable("character_set_results", "")}));
    CHECK(t.value("character_set_results") == "NULL");
}

TEST_CASE("A variable that is not followed is not recorded", "[proxy]") {
    talk t;
    const auto before = t.state.vector();
    t.run("SELECT 1", changed({variable("statement_id", "7")}));
    CHECK(t.state.vector() == before);
}

TEST_CASE("The schema is the one that the server reports", "[proxy]") {
    talk t;
    t.run("USE shop", changed({{change_type::schema, {}, "shop"}, something_changed}));
    CHECK(t.state.vector()->schema() == "shop");
    CHECK(t.state.view(router::consistency::session).schema == "shop");
    CHECK_FALSE(t.state.holds_connection());
    t.run("DROP DATABASE shop", changed({{change_type::schema, {}, ""}, something_changed}));
    CHECK(t.state.vector()->schema().empty());
    CHECK_FALSE(t.state.holds_connection());
}

TEST_CASE("sql_mode and character set decide how the next statement is read", "[proxy]") {
    talk t;
    t.run("SET sql_mode = 'ANSI'",
          changed({variable("sql_mode", "ANSI_QUOTES,IGNORE_SPACE,ANSI")}));
    CHECK(t.state.lexing().ansi_quotes);
    CHECK(t.state.lexing().ignore_space);
    CHECK_FALSE(t.state.lexing().no_backslash_escapes);
    t.run("SET sql_mode = ''", changed({variable("sql_mode", "")}));
    CHECK_FALSE(t.state.lexing().ansi_quotes);
    t.run("SET character_set_client = gbk", changed({variable("character_set_client", "gbk")}));
    CHECK(t.state.lexing().charset == rules::multibyte::gbk);
}

TEST_CASE("The server's own sql_mode counts until the session sets another", "[proxy]") {
    pool::vector_interner vectors;
    rules::lex_options of_server;
    of_server.ansi_quotes = true;
    proxy::session_state state(vectors, {}, of_server);
    CHECK(state.lexing().ansi_quotes);
    state.tell_value(*pool::find_variable("sql_mode"), "");
    CHECK_FALSE(state.lexing().ansi_quotes);
    state.reset({});
    CHECK(state.lexing().ansi_quotes);
}

TEST_CASE("A session's defaults decide what it begins as", "[proxy]") {
    const auto defaults = [](const char* mode, const char* zone, const char* autocommit) {
        pool::session_vector sorted;
        sorted.set(*pool::find_variable("sql_mode"), mode);
        sorted.set(*pool::find_variable("time_zone"), zone);
        sorted.set(*pool::find_variable("autocommit"), autocommit);
        return std::make_shared<const pool::variable_baseline>(sorted.settings().begin(),
                                                               sorted.settings().end());
    };
    constexpr auto level = router::consistency::session;
    pool::vector_interner vectors;
    pool::session_vector initial;
    initial.use_defaults(defaults("ANSI_QUOTES,NO_BACKSLASH_ESCAPES", "+01:00", "OFF"));
    proxy::session_state state(vectors, initial, {});
    CHECK(state.lexing().ansi_quotes);
    CHECK(state.status() == server_status::no_backslash_escapes);
    CHECK_FALSE(state.is_autocommit());
    CHECK_FALSE(state.view(level).in_system_time_zone);
    state.tell_value(*pool::find_variable("time_zone"), "SYSTEM");
    CHECK(state.view(level).in_system_time_zone);

    state.reset(defaults("", "SYSTEM", "ON"));
    CHECK_FALSE(state.lexing().ansi_quotes);
    CHECK(state.status() == server_status::autocommit);
    CHECK(state.view(level).in_system_time_zone);
}

TEST_CASE("What the trackers do not tell is asked", "[proxy]") {
    using names = std::vector<std::string>;
    talk t;
    const names character_sets{"character_set_client", "character_set_connection",
                               "character_set_results", "collation_connection"};
    t.run("SET NAMES latin1");
    CHECK(t.asked() == character_sets);
    t.run("SELECT 1");
    CHECK(t.asked().empty());
    t.run("SET collation_connection = latin1_bin, sql_mode = ''");
    CHECK(t.asked() == character_sets);
    t.run("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ ONLY");
    CHECK(t.asked() == names{"transaction_isolation", "transaction_read_only"});
    t.run("SET max_join_size = 1000", changed({variable("max_join_size", "1000")}));
    CHECK(t.asked() == names{"sql_big_selects"});
    t.run("SET GLOBAL max_join_size = 1000");
    CHECK(t.asked().empty());

    t.run("SET NAMES latin1");
    t.state.tell_value(*pool::find_variable("collation_connection"), "latin1_swedish_ci");
    t.state.told_all_values();
    CHECK(t.asked().empty());
    CHECK(t.value("collation_connection") == "latin1_swedish_ci");
    CHECK_FALSE(t.state.holds_connection());
}

TEST_CASE("A transaction keeps the connection from its first statement to its end", "[proxy]") {
    talk t;
    t.run("BEGIN", {.status = server_status::autocommit | server_status::in_transaction});
    CHECK(t.state.holds_connection());
    CHECK(t.state.view(router::consistency::session).in_transaction);
    t.run("COMMIT");
    CHECK_FALSE(t.state.holds_connection());
    CHECK_FALSE(t.state.view(router::consistency::session).in_transaction);
}

TEST_CASE("Without autocommit every statement counts as in a transaction", "[proxy]") {
    talk t;
    auto off = changed({variable("autocommit", "OFF")});
    off.status = 0;
    t.run("SET autocommit = 0", off);
    CHECK_FALSE(t.state.holds_connection());  // nothing has begun
    CHECK(t.state.view(router::consistency::session).in_transaction);
    CHECK(t.value("autocommit") == "OFF");
    t.run("SELECT a FROM t", {.status = server_status::in_transaction});
    CHECK(t.state.holds_connection());
    t.run("COMMIT", {.status = 0});
    CHECK_FALSE(t.state.holds_connection());
}

TEST_CASE("What is set for the next transaction keeps the connection until that has begun",
          "[proxy]") {
    talk t;
    t.run("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
          changed({{change_type::transaction_characteristics,
                    {},
                    "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;"}}));
    CHECK(t.state.holds_connection());
    CHECK(t.state.in_transaction());
    SECTION("and ended") {
        answer begun =
            changed({{change_type::transaction_characteristics,
                      {},
                      "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; START TRANSACTION;"}});
        begun.status = server_status::autocommit | server_status::in_transaction;
        t.run("BEGIN", begun);
        CHECK(t.state.in_transaction());
        t.run("COMMIT", changed({{change_type::transaction_characteristics, {}, ""}}));
    }
    SECTION("or was a single statement") {
        t.run("SELECT 1", changed({{change_type::transaction_characteristics, {}, ""}}));
    }
    CHECK_FALSE(t.state.holds_connection());
}

TEST_CASE("What a session wrote must be seen by its reads", "[proxy]") {
    talk t;
    CHECK(t.state.view(router::consistency::session).must_see == nullptr);
    t.run("INSERT INTO t VALUES (1)", wrote(std::string(source) + ":5"));
    t.run("INSERT INTO t VALUES (2)", wrote(std::string(source) + ":7"));
    REQUIRE(t.state.view(router::consistency::session).must_see != nullptr);
    CHECK(t.state.must_see().to_string() == std::string(source) + ":5:7");
    t.state.forget_must_see();
    CHECK(t.state.view(router::consistency::session).must_see == nullptr);
}

TEST_CASE("Many gaps between the writes of a session become one run", "[proxy]") {
    talk t;
    for (int i = 1; i <= 1000; i += 2)
        t.run("DO 1", wrote(std::string(source) + ":" + std::to_string(i)));
    std::size_t intervals = 0;
    for (const auto& run : t.state.must_see().runs()) intervals += run.numbers.size();
    CHECK(intervals <= 65);
    for (int i = 1; i <= 999; i += 2) {
        const auto one = protocol::gtid_set::parse(std::string(source) + ":" + std::to_string(i));
        CHECK(t.state.must_see().contains(*one));
    }
}

TEST_CASE("News that is no GTID set is no reason to wait", "[proxy]") {
    talk t;
    t.run("DO 1", wrote("nonsense"));
    CHECK(t.state.must_see().empty());
}

TEST_CASE("A read from the primary is remembered until a GTID follows it", "[proxy]") {
    talk t;
    CHECK_FALSE(t.state.has_read_primary());
    t.state.note_primary_read();
    CHECK(t.state.has_read_primary());
    t.run("INSERT INTO t VALUES (1)", wrote(std::string(source) + ":5"));
    CHECK_FALSE(t.state.has_read_primary());
}

TEST_CASE("LAST_INSERT_ID is that of the last statement that made one", "[proxy]") {
    talk t;
    t.run("INSERT INTO t VALUES ()", {.last_insert_id = 42});
    CHECK(t.state.last_insert_id() == 42);
    t.run("UPDATE t SET a = 1");
    CHECK(t.state.last_insert_id() == 42);
    t.run("SELECT a FROM t",
          {.last_insert_id = 7, .header = protocol::ok_packet::result_end_header});
    CHECK(t.state.last_insert_id() == 42);
}

TEST_CASE("LAST_INSERT_ID is asked for when it was set to an expression", "[proxy]") {
    const char* sql = GENERATE("SELECT LAST_INSERT_ID(5)", "DO LAST_INSERT_ID(5)",
                               "UPDATE t SET a = LAST_INSERT_ID(a + 1)", "SET last_insert_id = 5",
                               "SET @@identity = 5");
    CAPTURE(sql);
    talk t;
    t.run(sql);
    CHECK(t.state.must_ask_last_insert_id());
    t.state.tell_last_insert_id(5);
    CHECK_FALSE(t.state.must_ask_last_insert_id());
    CHECK(t.state.last_insert_id() == 5);
    CHECK_FALSE(t.state.holds_connection());
    t.run("SELECT LAST_INSERT_ID()");
    CHECK_FALSE(t.state.must_ask_last_insert_id());
}

TEST_CASE("What a statement that failed has changed is asked for where it may have", "[proxy]") {
    const auto owes = [](const char* sql) {
        return proxy::session_state::may_owe_news(rules::analyze(sql, {}));
    };
    CHECK(owes("CALL p()"));
    CHECK(owes("INSERT INTO t VALUES (1)"));
    CHECK(owes("EXECUTE s"));
    CHECK(owes("SELECT my_function(1)"));
    CHECK(owes("DO 1; CALL p(); DO 2"));
    CHECK_FALSE(owes("SELECT nothing FROM t"));
    CHECK(owes("SET sql_mode = '', time_zone = 'x'"));
    CHECK_FALSE(owes("SET time_zone = 'x'"));
    CHECK_FALSE(owes("CREATE TABLE t (a INT)"));
}

TEST_CASE("A client that switches trackers off does not blind Tidegate", "[proxy]") {
    talk t;
    t.run("SET session_track_schema = OFF");
    CHECK(t.state.must_restore_tracking());
    t.state.tracking_restored();
    CHECK_FALSE(t.state.must_restore_tracking());
    const auto news = t.run("USE shop", changed({{change_type::schema, {}, "shop"}}));
    CHECK(news.empty());
    CHECK(t.state.vector()->schema() == "shop");
}

TEST_CASE("The client is told what it asked for", "[proxy]") {
    talk t;
    const auto news = t.run("SET time_zone = '+01:00', sql_mode = ''",
                            changed({variable("time_zone", "+01:00"), variable("sql_mode", "")}));
    protocol::session_track_reader in(news);
    REQUIRE(in.next());
    CHECK(in.change().name == "time_zone");
    CHECK_FALSE(in.next());
}

TEST_CASE("News that nothing could carry are told with the next OK", "[proxy]") {
    talk t;
    const auto told = [](change c) {
        std::vector<std::uint8_t> news;
        protocol::writer out(news);
        protocol::encode(c, out);
        return news;
    };
    const std::vector<std::uint8_t> schema = told({change_type::schema, {}, "shop"});
    protocol::ok_packet in_eof{.header = protocol::ok_packet::result_end_header, .status = 2};
    in_eof.session_state = schema;
    CHECK(t.state.on_ok(in_eof, false).empty());
    CHECK(t.state.vector()->schema() == "shop");
    CHECK(t.run("DO 1") == schema);
    CHECK(t.run("DO 1").empty());

    t.state.on_owed_news(schema);
    const auto newer = t.run("USE fair", changed({{change_type::schema, {}, "fair"}}));
    CHECK(newer == told({change_type::schema, {}, "fair"}));

    t.state.on_owed_news(schema);
    t.state.reset({});
    CHECK(t.run("DO 1").empty());
}

TEST_CASE("SET NAMES chooses the collation of results, or its character set's own", "[proxy]") {
    talk t;
    const auto now = [&] { return t.state.vector()->results_collation(); };
    t.run("SET NAMES latin1 COLLATE Latin1_German1_CI");
    CHECK(now() == "latin1_german1_ci");
    t.run("SET time_zone = '+01:00', character_set_client = utf8mb4");
    CHECK(now() == "latin1_german1_ci");
    t.run("SET NAMES latin1 COLLATE utf8mb4_bin", {.failed = true});
    CHECK(now() == "latin1_german1_ci");
    const char* const back = GENERATE("SET NAMES latin1", "SET CHARACTER SET latin1",
                                      "SET character_set_results = latin1");
    t.run(back);
    CHECK(now() == "");
}

TEST_CASE("What was true of one answer only does not last", "[proxy]") {
    talk t;
    namespace s = server_status;
    const std::uint16_t lasting =
        s::in_transaction | s::autocommit | s::no_backslash_escapes | s::in_transaction_readonly;
    answer all;
    all.status = 0xffff;
    t.run("SELECT 1", all);
    CHECK(t.state.status() == 0xffff);
    CHECK(t.state.lasting_status() == lasting);
    t.run("SELECT 1");
    CHECK(t.state.lasting_status() == s::autocommit);
}

TEST_CASE("Session state that is cut short is taken as far as it goes", "[proxy]") {
    std::vector<std::uint8_t> all;
    protocol::writer out(all);
    protocol::encode(variable("sql_mode", "ANSI_QUOTES"), out);
    protocol::encode({change_type::schema, {}, "shop"}, out);
    for (std::size_t size = 0; size < all.size(); ++size) {
        CAPTURE(size);
        const std::vector<std::uint8_t> cut(all.data(), all.data() + size);  // its own block
        talk t;
        protocol::ok_packet ok{.status = 2};
        ok.session_state = cut;
        t.state.on_ok(ok);
        CHECK(t.state.vector()->schema().empty());
    }
}

TEST_CASE("A reset leaves the schema, and what the session must see", "[proxy]") {
    talk t;
    t.run("USE shop", changed({{change_type::schema, {}, "shop"}}));
    t.run("SET sql_mode = ''", changed({variable("sql_mode", "")}));
    t.run("SET session_track_schema = OFF");
    t.run("INSERT INTO t VALUES ()",
          {.changes = {{change_type::gtids, {}, std::string(source) + ":1"}},
           .status = 1,
           .last_insert_id = 3});
    t.state.pin(proxy::pin_reason::temporary_table);
    t.state.reset({});
    CHECK(t.state.vector()->schema() == "shop");
    CHECK(t.value("sql_mode") == "unchanged");
    CHECK_FALSE(t.state.holds_connection());
    CHECK(t.state.last_insert_id() == 0);
    CHECK(t.state.status() == server_status::autocommit);
    CHECK_FALSE(t.state.must_see().empty());
    CHECK_FALSE(t.run("USE other", changed({{change_type::schema, {}, "other"}})).empty());
}
