// Prepared statements in the binary protocol, whose ids are Tidegate's own: executions of one
// statement run on whatever connection is free.
#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/cluster.hpp"
#include "tests/support/wait_until.hpp"

using namespace integration;
using namespace std::chrono_literals;

namespace {

cluster& shared() {
    static cluster servers({
        .schema = "CREATE DATABASE shop; CREATE DATABASE other;"
                  "CREATE TABLE shop.t (id INT PRIMARY KEY, a VARCHAR(100), d DOUBLE, b LONGBLOB);"
                  "CREATE TABLE other.t (id INT PRIMARY KEY);"
                  "CREATE TABLE shop.many (id INT PRIMARY KEY);"
                  "CREATE TABLE shop.log (n INT) ENGINE=MyISAM;"
                  "CREATE FUNCTION shop.writes() RETURNS INT DETERMINISTIC BEGIN "
                  "INSERT INTO shop.log VALUES (1); RETURN SLEEP(30); END;"
                  "CREATE PROCEDURE shop.fails() BEGIN INSERT INTO shop.log VALUES (2); "
                  "EXECUTE nothing_like_it; END;"
                  "INSERT INTO shop.many WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL "
                  "SELECT i + 1 FROM n WHERE i < 1000) SELECT i FROM n",
        .primary_connections_max = 3,
        .settings = "threads: 1\n"
                    "limits: {prepared_per_connection_max: 5, prepared_per_session_max: 40}\n",
    });
    return servers;
}

/// A prepared statement of one session.
class statement {
public:
    statement(support::mysql_connection& session, const std::string& sql)
        : handle_(mysql_stmt_init(session.handle()), &mysql_stmt_close) {
        if (mysql_stmt_prepare(handle_.get(), sql.data(), sql.size()) != 0) fail();
    }

    MYSQL_STMT* handle() { return handle_.get(); }

    void bind(std::vector<MYSQL_BIND> parameters) {
        parameters_ = std::move(parameters);
        if (mysql_stmt_bind_param(handle_.get(), parameters_.data()) != 0) fail();
    }
    void execute() {
        if (mysql_stmt_execute(handle_.get()) != 0) fail();
    }
    void bind_columns() {
        const unsigned width = mysql_stmt_field_count(handle_.get());
        columns_.assign(width, {});
        for (unsigned i = 0; i < width; ++i) {
            columns_[i].buffer_type = MYSQL_TYPE_STRING;
            columns_[i].buffer = texts_.at(i).data();
            columns_[i].buffer_length = texts_.at(i).size();
            columns_[i].length = &lengths_.at(i);
            columns_[i].is_null = &nulls_.at(i);
        }
        if (mysql_stmt_bind_result(handle_.get(), columns_.data()) != 0) fail();
    }
    /// The first column of the next row, or nothing behind the last one.
    std::optional<std::string> fetch() {
        const int outcome = mysql_stmt_fetch(handle_.get());
        if (outcome == MYSQL_NO_DATA) return std::nullopt;
        if (outcome != 0) fail();
        if (nulls_[0]) return "NULL";
        return std::string(texts_[0].data(), lengths_[0]);
    }
    std::string value() {
        execute();
        bind_columns();
        const std::string first = fetch().value_or("no row");
        mysql_stmt_free_result(handle_.get());
        return first;
    }

private:
    [[noreturn]] void fail() {
        throw support::server_error(mysql_stmt_errno(handle_.get()),
                                    mysql_stmt_error(handle_.get()));
    }

    std::unique_ptr<MYSQL_STMT, decltype(&mysql_stmt_close)> handle_;
    std::vector<MYSQL_BIND> parameters_{};
    std::vector<MYSQL_BIND> columns_{};
    std::array<std::array<char, 2000>, 4> texts_{};
    std::array<unsigned long, 4> lengths_{};
    std::array<my_bool, 4> nulls_{};
};

MYSQL_BIND number(long long& value) {
    MYSQL_BIND bind{};
    bind.buffer_type = MYSQL_TYPE_LONGLONG;
    bind.buffer = &value;
    return bind;
}

MYSQL_BIND real(double& value) {
    MYSQL_BIND bind{};
    bind.buffer_type = MYSQL_TYPE_DOUBLE;
    bind.buffer = &value;
    return bind;
}

MYSQL_BIND text(std::string& value) {
    MYSQL_BIND bind{};
    bind.buffer_type = MYSQL_TYPE_STRING;
    bind.buffer = value.data();
    bind.buffer_length = value.size();
    return bind;
}

MYSQL_BIND null() {
    MYSQL_BIND bind{};
    bind.buffer_type = MYSQL_TYPE_NULL;
    return bind;
}

support::mysql_connection session(const std::string& schema = "shop") {
    return shared().connect(schema);
}

/// Keeps a connection in a transaction, so that others have to use another one.
class occupied_connection {
public:
    occupied_connection() : session_(session()) { session_.query("BEGIN; SELECT 1"); }

private:
    support::mysql_connection session_;
};

}  // namespace

TEST_CASE("A statement runs on connections that have never seen it, with the types last bound",
          "[prepared_statements]") {
    auto own = session();
    statement sum(own, "SELECT ? + ?");
    long long two = 2;
    double half = 0.5;
    sum.bind({number(two), real(half)});
    CHECK(sum.value() == "2.5");
    for (int i = 0; i < 3; ++i) {
        const occupied_connection first;
        CHECK(sum.value() == "2.5");  // the client does not send the types again
        const occupied_connection second;
        CHECK(sum.value() == "2.5");
    }
    std::string words = "7 days";
    sum.bind({text(words), number(two)});
    CHECK(sum.value() == "9");
    const occupied_connection third;
    CHECK(sum.value() == "9");
    sum.bind({null(), number(two)});
    CHECK(sum.value() == "NULL");
}

TEST_CASE("Two sessions' statements of equal text and different schema are different",
          "[prepared_statements]") {
    shared().primary().query("REPLACE INTO shop.t (id) VALUES (1), (2); DELETE FROM other.t");
    auto first = session("shop");
    auto second = session("other");
    statement in_shop(first, "SELECT COUNT(*) FROM t");
    statement in_other(second, "SELECT COUNT(*) FROM t");
    for (int i = 0; i < 4; ++i) {
        CHECK(in_shop.value() == "2");
        CHECK(in_other.value() == "0");
    }
    // A statement keeps the schema it was prepared in.
    first.query("USE other");
    CHECK(in_shop.value() == "2");
}

TEST_CASE("A statement keeps the sql_mode it was prepared with", "[prepared_statements]") {
    auto own = session();
    statement as_text(own, "SELECT \"id\" FROM many WHERE id = 5");
    own.query("SET sql_mode = 'ANSI_QUOTES'");
    statement as_name(own, "SELECT \"id\" FROM many WHERE id = 5");
    for (int i = 0; i < 3; ++i) {
        const occupied_connection elsewhere;
        CHECK(as_text.value() == "id");
        CHECK(as_name.value() == "5");
    }
}

TEST_CASE("More statements than a connection may hold take turns", "[prepared_statements]") {
    auto own = session();
    std::vector<std::unique_ptr<statement>> statements;
    for (int i = 0; i < 20; ++i)
        statements.push_back(
            std::make_unique<statement>(own, "SELECT " + std::to_string(i) + " + 100"));
    for (int round = 0; round < 3; ++round)
        for (std::size_t i = 0; i < statements.size(); ++i)
            CHECK(statements[i]->value() == std::to_string(100 + i));
    const std::string open =
        shared().primary().value("SHOW GLOBAL STATUS LIKE 'Prepared_stmt_count'");
    CHECK(open == "Prepared_stmt_count");
    const support::rows status =
        shared().primary().query("SHOW GLOBAL STATUS LIKE 'Prepared_stmt_count'");
    CHECK(std::stoi(status.at(0).at(1).value()) <= 3 * 5);
}

TEST_CASE("A session may prepare no more statements than limits.prepared_per_session_max",
          "[prepared_statements]") {
    auto own = session();
    std::vector<std::unique_ptr<statement>> statements;
    for (int i = 0; i < 40; ++i)
        statements.push_back(std::make_unique<statement>(own, "SELECT " + std::to_string(i)));
    try {
        statement one_more(own, "SELECT 'one more'");
        FAIL("was prepared");
    } catch (const support::server_error& error) {
        CHECK(error.number() == 1461);  // ER_MAX_PREPARED_STMT_COUNT_REACHED
    }
    statements.pop_back();
    CHECK(statement(own, "SELECT 'one more'").value() == "one more");
}

TEST_CASE("Long data arrives whole and in order on the connection that executes",
          "[prepared_statements]") {
    shared().primary().query("DELETE FROM shop.t");
    auto own = session();
    statement insert(own, "INSERT INTO t (id, a, b) VALUES (?, ?, ?)");
    long long id = 1;
    std::string name = "long";
    MYSQL_BIND blob{};
    blob.buffer_type = MYSQL_TYPE_LONG_BLOB;
    insert.bind({number(id), text(name), blob});
    const std::string piece(500'000, 'p');
    for (int i = 0; i < 4; ++i) {
        REQUIRE(mysql_stmt_send_long_data(insert.handle(), 2, piece.data(), piece.size()) == 0);
        const occupied_connection elsewhere;
    }
    insert.execute();
    CHECK(own.value("SELECT LENGTH(b) FROM t WHERE id = 1") == "2000000");
    // Long data counts for one execution; the next one has none.
    id = 2;
    REQUIRE(mysql_stmt_send_long_data(insert.handle(), 2, "x", 1) == 0);
    REQUIRE(mysql_stmt_reset(insert.handle()) == 0);
    REQUIRE(mysql_stmt_send_long_data(insert.handle(), 2, "yz", 2) == 0);
    insert.execute();
    CHECK(own.value("SELECT b FROM t WHERE id = 2") == "yz");
}

TEST_CASE("A cursor's rows come page by page while other sessions go on", "[prepared_statements]") {
    auto own = session();
    statement select(own, "SELECT id FROM many ORDER BY id");
    const unsigned long with_cursor = CURSOR_TYPE_READ_ONLY;
    const unsigned long page = 100;
    mysql_stmt_attr_set(select.handle(), STMT_ATTR_CURSOR_TYPE, &with_cursor);
    mysql_stmt_attr_set(select.handle(), STMT_ATTR_PREFETCH_ROWS, &page);
    select.execute();
    select.bind_columns();
    auto other = session();
    int rows = 0;
    while (const auto id = select.fetch()) {
        CHECK(*id == std::to_string(++rows));
        if (rows % 150 == 0) CHECK(other.value("SELECT 1") == "1");
    }
    CHECK(rows == 1000);
    mysql_stmt_free_result(select.handle());
    CHECK(own.value("SELECT 2") == "2");
    CHECK(support::wait_until(
        5s, [] { return shared().metric("tidegate_backend_connections_in_use") == 0; }));
}

TEST_CASE("A statement survives a change of its table and the loss of its connection",
          "[prepared_statements]") {
    shared().primary().query(
        "DROP TABLE IF EXISTS shop.changed;"
        "CREATE TABLE shop.changed (id INT); INSERT INTO shop.changed VALUES (1)");
    auto own = session();
    statement select(own, "SELECT * FROM changed");
    CHECK(select.value() == "1");
    shared().primary().query(
        "ALTER TABLE shop.changed CHANGE id name VARCHAR(20); UPDATE shop.changed SET name = '9'");
    CHECK(select.value() == "9");
    for (const support::row& process : shared().primary().query(
             "SELECT id FROM information_schema.processlist WHERE user = 'app'"))
        shared().primary().query("KILL " + process.at(0).value());
    CHECK(select.value() == "9");
}

TEST_CASE("After its table has changed, a statement in text has the columns that it has now",
          "[prepared_statements]") {
    shared().primary().query(
        "DROP TABLE IF EXISTS shop.wider; CREATE TABLE shop.wider (id INT);"
        "INSERT INTO shop.wider VALUES (1)");
    auto own = session();
    own.query("PREPARE p FROM 'SELECT * FROM wider'");
    CHECK(own.query("EXECUTE p").at(0).size() == 1);
    shared().primary().query("ALTER TABLE shop.wider ADD added INT DEFAULT 7");
    const support::rows answer = own.query("EXECUTE p");
    REQUIRE(answer.at(0).size() == 2);
    CHECK(answer[0][1] == "7");
}

TEST_CASE("A server without room for more statements has a connection's oldest replaced",
          "[prepared_statements]") {
    auto own = session();
    statement first(own, "SELECT 'first'");
    const support::rows status =
        shared().primary().query("SHOW GLOBAL STATUS LIKE 'Prepared_stmt_count'");
    shared().primary().query("SET GLOBAL max_prepared_stmt_count = " + status[0][1].value());
    std::vector<std::unique_ptr<statement>> more;
    for (int i = 0; i < 10; ++i)
        CHECK_NOTHROW(more.push_back(
            std::make_unique<statement>(own, "SELECT 'more', " + std::to_string(i))));
    CHECK(first.value() == "first");
    for (const auto& one : more) CHECK(one->value() == "more");
    shared().primary().query("SET GLOBAL max_prepared_stmt_count = 16382");
}

TEST_CASE("Tidegate's statements take half of the server's room at most", "[prepared_statements]") {
    cluster small({
        .primary_connections_max = 1,
        .settings = "threads: 1\n",
        .primary_arguments = {"--max-prepared-stmt-count=16"},
    });
    auto own = small.connect();
    std::vector<std::unique_ptr<statement>> many;
    for (int i = 0; i < 12; ++i)
        many.push_back(std::make_unique<statement>(own, "SELECT " + std::to_string(i)));
    for (std::size_t i = 0; i < many.size(); ++i) CHECK(many[i]->value() == std::to_string(i));
    const support::rows status =
        small.primary().query("SHOW GLOBAL STATUS LIKE 'Prepared_stmt_count'");
    CHECK(status[0][1] == "4");  // 16 / 2, of two connections
}

TEST_CASE("A statement's errors are the server's own", "[prepared_statements]") {
    auto own = session();
    try {
        statement broken(own, "SELEC 1");
        FAIL("was prepared");
    } catch (const support::server_error& error) {
        CHECK(error.number() == 1064);
    }
    statement duplicate(own, "INSERT INTO many VALUES (?)");
    long long one = 1;
    duplicate.bind({number(one)});
    try {
        duplicate.execute();
        FAIL("was inserted");
    } catch (const support::server_error& error) {
        CHECK(error.number() == 1062);
    }
    CHECK(own.value("SELECT 1") == "1");
}

TEST_CASE("A closed statement is unknown, and its neighbours are not", "[prepared_statements]") {
    auto own = session();
    auto first = std::make_unique<statement>(own, "SELECT 1");
    statement second(own, "SELECT 2");
    CHECK(first->value() == "1");
    first.reset();
    CHECK(second.value() == "2");
    REQUIRE(mysql_reset_connection(own.handle()) == 0);
    CHECK_THROWS_AS(second.value(), support::server_error);
    CHECK(statement(own, "SELECT 3").value() == "3");
}

TEST_CASE("An execution that calls a function is not repeated when its connection is lost",
          "[prepared]") {
    cluster& servers = shared();
    auto session = servers.connect("shop");
    statement writing(session, "SELECT writes()");
    std::jthread killer([&] {
        auto& primary = servers.primary();
        const std::string sleeping =
            "FROM information_schema.processlist WHERE state = 'User sleep'";
        support::wait_until(20s,
                            [&] { return primary.value("SELECT COUNT(*) " + sleeping) == "1"; });
        primary.query("KILL " + primary.value("SELECT id " + sleeping));
    });
    CHECK_THROWS(writing.execute());
    killer.join();
    CHECK(servers.primary().value("SELECT COUNT(*) FROM shop.log WHERE n = 1") == "1");
}

TEST_CASE("A routine's own error about an unknown statement does not repeat its execution",
          "[prepared]") {
    cluster& servers = shared();
    auto session = servers.connect("shop");
    statement failing(session, "CALL fails()");
    CHECK_THROWS_AS(failing.execute(), support::server_error);
    CHECK(servers.primary().value("SELECT COUNT(*) FROM shop.log WHERE n = 2") == "1");
}

TEST_CASE("Prepared named locks are not taken in convoys", "[prepared]") {
    cluster& servers = shared();
    constexpr int takers = 8;
    {
        auto warm = servers.connect("shop");
        for (int i = 0; i < 10; ++i) warm.query("SELECT GET_LOCK('ridden_by_none', 0)");
        std::vector<std::jthread> threads;
        for (int i = 0; i < takers; ++i)
            threads.emplace_back([&, i] {
                try {
                    auto own = servers.connect("shop");
                    statement taking(own, "SELECT GET_LOCK('ridden_" + std::to_string(i) + "', 0)");
                    for (int n = 0; n < 20; ++n) {
                        taking.execute();
                        taking.bind_columns();
                        while (taking.fetch()) {
                        }
                    }
                } catch (const support::server_error&) {
                    // With three connections not everybody gets one in time.
                }
            });
    }
    // Every lock went with its session.
    for (int i = 0; i < takers; ++i)
        CHECK(support::wait_until(10s, [&] {
            return servers.primary().value("SELECT IS_FREE_LOCK('ridden_" + std::to_string(i) +
                                           "')") == "1";
        }));
}
