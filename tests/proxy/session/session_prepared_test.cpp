// Statements of one session that are prepared from the same text, or are many, keep apart what they
// have open on the server.
#include <catch2/catch.hpp>
#include <cstring>

#include "tests/proxy/session/one_connection.hpp"
#include "tests/proxy/session/wire_client.hpp"

using namespace session_test;

namespace {

class statement {
public:
    statement(support::mysql_connection& session, const std::string& sql)
        : handle_(mysql_stmt_init(session.handle()), &mysql_stmt_close) {
        CAPTURE(sql);
        REQUIRE(mysql_stmt_prepare(handle_.get(), sql.data(), sql.size()) == 0);
    }

    void open_cursor() {
        const unsigned long with_cursor = CURSOR_TYPE_READ_ONLY, page = 1;
        mysql_stmt_attr_set(handle_.get(), STMT_ATTR_CURSOR_TYPE, &with_cursor);
        mysql_stmt_attr_set(handle_.get(), STMT_ATTR_PREFETCH_ROWS, &page);
        execute();
        std::memset(&column_, 0, sizeof column_);
        column_.buffer_type = MYSQL_TYPE_LONG;
        column_.buffer = &value_;
        REQUIRE(mysql_stmt_bind_result(handle_.get(), &column_) == 0);
    }
    int next() {
        CAPTURE(mysql_stmt_error(handle_.get()));
        return mysql_stmt_fetch(handle_.get()) == 0 ? value_ : -1;
    }
    void send_long(const std::string& piece) {
        std::memset(&column_, 0, sizeof column_);
        column_.buffer_type = MYSQL_TYPE_BLOB;
        REQUIRE(mysql_stmt_bind_param(handle_.get(), &column_) == 0);
        REQUIRE(mysql_stmt_send_long_data(handle_.get(), 0, piece.data(), piece.size()) == 0);
    }
    void execute() {
        CAPTURE(mysql_stmt_error(handle_.get()));
        REQUIRE(mysql_stmt_execute(handle_.get()) == 0);
    }

private:
    std::unique_ptr<MYSQL_STMT, decltype(&mysql_stmt_close)> handle_;
    MYSQL_BIND column_{};
    int value_ = 0;
};

const std::string one_to_three = "SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3";

}  // namespace

TEST_CASE("Cursors of statements with the same text go on by themselves", "[proxy]") {
    auto session = tidegate().connect(app);
    statement one(session, one_to_three), other(session, one_to_three);
    one.open_cursor();
    CHECK(one.next() == 1);
    other.open_cursor();
    CHECK(other.next() == 1);
    CHECK(one.next() == 2);
    CHECK(other.next() == 2);
    CHECK(one.next() == 3);
    CHECK(one.next() == -1);
    CHECK(other.next() == 3);
}

TEST_CASE("A cursor survives the statements that are prepared after it", "[proxy]") {
    auto session = tidegate().connect(app);
    statement first(session, one_to_three);
    first.open_cursor();
    CHECK(first.next() == 1);
    for (int i = 0; i < 10; ++i) {
        statement more(session, "DO " + std::to_string(i));
        more.execute();
    }
    CHECK(first.next() == 2);
    CHECK(first.next() == 3);
    CHECK(first.next() == -1);
}

TEST_CASE("Long data of statements with the same text do not mix", "[proxy]") {
    auto session = tidegate().connect(app);
    session.query("USE two");
    session.query("CREATE TABLE long_data (a TEXT)");
    const std::string insert = "INSERT INTO long_data VALUES (?)";
    statement one(session, insert), other(session, insert);
    one.send_long("a");
    other.send_long("x");
    one.send_long("b");
    for (int i = 0; i < 10; ++i) statement(session, "DO " + std::to_string(i)).execute();
    other.send_long("y");
    one.execute();
    other.execute();
    CHECK(session.value("SELECT GROUP_CONCAT(a ORDER BY a) FROM long_data") == "ab,xy");
    session.query("DROP TABLE long_data");
}

TEST_CASE("What was open on the connection is given up when it is done", "[proxy]") {
    auto session = tidegate().connect(app);
    {
        statement unfinished(session, one_to_three);
        unfinished.open_cursor();
        CHECK(unfinished.next() == 1);
    }
    // Nobody else would be served otherwise: there is only one connection.
    CHECK(tidegate().connect(app).value("SELECT 1") == "1");
    CHECK(session.value("SELECT 2") == "2");
}

TEST_CASE("After its table has changed, a statement's answer is the server's own, to the byte",
          "[proxy]") {
    using protocol::command;
    namespace c = protocol::capability;
    const std::uint32_t wanted = c::session_track | c::deprecate_eof | c::plugin_auth_lenenc_data;
    const support::login as{app.user, app.password, "one"};
    server().query(
        "CREATE TABLE one.changing (id INT PRIMARY KEY); INSERT INTO one.changing VALUES (1)");
    wire_client direct(server().port(), wanted, as), through(tidegate().port(), wanted, as);
    const wire_command prepare(command::stmt_prepare, "SELECT * FROM changing");
    const wire_command execute(command::stmt_execute, bytes{1, 0, 0, 0, 0, 1, 0, 0, 0});
    CHECK(direct.ask(prepare) == through.ask(prepare));
    CHECK(direct.ask(execute) == through.ask(execute));
    for (const char* change : {"ADD added VARCHAR(9) DEFAULT 'x'", "MODIFY id BIGINT",
                               "RENAME COLUMN added TO renamed", "DROP renamed"}) {
        CAPTURE(change);
        server().query("ALTER TABLE one.changing " + std::string(change));
        CHECK(direct.ask(execute) == through.ask(execute));
    }
    server().query("DROP TABLE one.changing");
    CHECK(direct.ask(execute) == through.ask(execute));
}
