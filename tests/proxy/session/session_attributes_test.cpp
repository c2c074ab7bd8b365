// Query attributes and results without metadata, through Tidegate and on the server itself.
#include <catch2/catch.hpp>
#include <future>

#include "protocol/packet.hpp"
#include "tests/proxy/session/one_connection.hpp"
#include "tests/proxy/session/wire_client.hpp"
#include "tests/support/mysql_server.hpp"
#include "tests/support/tidegate_process.hpp"

using namespace session_test;
using protocol::command;
namespace capability = protocol::capability;

namespace {

constexpr std::uint32_t plain = capability::multi_statements | capability::multi_results |
                                capability::plugin_auth_lenenc_data | capability::query_attributes;

support::mysql_server& attribute_server() {
    static support::mysql_server running({.arguments = {"--max-allowed-packet=64M"}});
    static const auto made = running.query(
        "INSTALL COMPONENT 'file://component_query_attributes';"
        "CREATE DATABASE one; CREATE TABLE one.t (id INT PRIMARY KEY, s TEXT);"
        "INSERT INTO one.t VALUES (1, 'one'), (2, 'two')");
    return running;
}

/// One thread and one connection for all sessions.
support::tidegate_process& before_it() {
    static support::tidegate_process running([](support::tidegate_ports ports) {
        return "listen: {mysql: '127.0.0.1:" + std::to_string(ports.mysql) +
               "', http: '127.0.0.1:" + std::to_string(ports.http) + "'}\nthreads: 1\n" +
               "primary: {host: 127.0.0.1, port: " + std::to_string(attribute_server().port()) +
               ", connections_max: 2}\nusers: [{name: app, password: app-password}]\n";
    });
    return running;
}

/// A parameter or an attribute: text, or NULL.
struct value {
    std::string name;
    std::optional<std::string> text;
};

void append_text(bytes& out, const std::string& text) {
    protocol::writer(out).lenenc_text(text);
}

/// The NULL bitmap, the types and names, and the values.
bytes block_of(const std::vector<value>& values, bool with_types = true) {
    bytes out((values.size() + 7) / 8);
    for (std::size_t i = 0; i < values.size(); ++i)
        if (!values[i].text) out[i / 8] = static_cast<std::uint8_t>(out[i / 8] | 1 << (i % 8));
    out.push_back(with_types ? 1 : 0);
    for (const value& one : values) {
        if (!with_types) break;
        out.push_back(254);  // a string
        out.push_back(0);
        append_text(out, one.name);
    }
    for (const value& one : values)
        if (one.text) append_text(out, *one.text);
    return out;
}

wire_command query(const std::string& sql, const std::vector<value>& attributes = {}) {
    bytes out;
    protocol::writer(out).lenenc(attributes.size());
    out.push_back(1);
    if (!attributes.empty()) {
        const bytes block = block_of(attributes);
        out.insert(out.end(), block.begin(), block.end());
    }
    out.insert(out.end(), sql.begin(), sql.end());
    return {command::query, out};
}

wire_command execute(std::uint32_t id, const std::vector<value>& values, bool with_types = true) {
    bytes out;
    protocol::writer to(out);
    to.u32(id);
    to.u8(8);  // the number of parameters follows
    to.u32(1);
    to.lenenc(values.size());
    if (!values.empty()) to.bytes(block_of(values, with_types));
    return {command::stmt_execute, out};
}

std::string attribute(const std::string& name) {
    return "mysql_query_attribute_string('" + name + "')";
}

struct answers {
    bytes directly{}, through{};
};

answers both(std::uint32_t capabilities, const std::vector<wire_command>& conversation) {
    answers told;
    for (const bool direct : {true, false}) {
        wire_client client(direct ? attribute_server().port() : before_it().port(), capabilities,
                           app);
        bytes& all = direct ? told.directly : told.through;
        for (const wire_command& one : conversation) {
            const bytes answer = client.ask(one);
            all.insert(all.end(), answer.begin(), answer.end());
        }
    }
    return told;
}

bool has(const bytes& where, std::string_view text) {
    return protocol::as_text(protocol::bytes_view(where)).find(text) != std::string_view::npos;
}

}  // namespace

TEST_CASE("A query's attributes reach the server", "[proxy]") {
    const std::string both_of = "SELECT " + attribute("a") + ", " + attribute("b");
    const auto told = both(
        plain | capability::deprecate_eof,
        {query(both_of, {{"a", "first attribute"}, {"b", std::nullopt}}), query(both_of),
         query("SET @x = 'y'", {{"a", "of a SET"}}),
         query("SELECT @x, " + attribute("a"), {{"a", std::string(300, 'z')}}), query("BEGIN"),
         query("SELECT CONNECTION_ID() > 0 AS c, " + attribute("a"), {{"a", "beside"}}),
         query("COMMIT"),
         query("SELECT " + attribute("a") + "; SELECT " + attribute("a"), {{"a", "of several"}}),
         query("SELECT " + attribute("a") + ", '" + std::string(17'000'000, 'l') + "'",
               {{"a", "of a long one"}}),
         query("SELECT id FROM one.nothing", {{"a", "of an error"}})});
    CHECK(difference(told.directly, told.through) == "");
    for (const auto* text : {"first attribute", "beside", "of several", "of a long one"})
        CHECK(has(told.through, text));
}

TEST_CASE("Attributes with other types than text, and more of them than MySQL takes", "[proxy]") {
    const auto raw = [](const bytes& before, std::string_view sql) {
        bytes out = before;
        out.insert(out.end(), sql.begin(), sql.end());
        return wire_command(command::query, out);
    };
    // A signed byte, a datetime without a time, and a NULL by its type.
    const bytes three{3,   1, 0, 1, 1,   0,    1, 'a',  12, 0, 1,
                      'b', 6, 0, 1, 'c', 0xff, 4, 0xea, 7,  1, 2};
    std::vector<value> many;
    for (int i = 0; i < 1000; ++i) many.push_back({"n" + std::to_string(i), std::to_string(i)});
    const auto told =
        both(plain, {raw(three, "SELECT " + attribute("a") + ", " + attribute("b")),
                     query("SELECT " + attribute("n999"), many), raw({0, 1}, "SELECT 'after'")});
    CHECK(difference(told.directly, told.through) == "");
    CHECK(has(told.through, "after"));
}

TEST_CASE("Attributes that are none are refused as the server refuses them", "[proxy]") {
    for (const bytes& sent :
         std::vector<bytes>{{},
                            {0},
                            {1},
                            {1, 1},
                            {1, 1, 0},
                            {1, 1, 0, 1, 254, 0, 200, 'a'},
                            {0, 2, 'D', 'O', ' ', '1'},
                            {1, 1, 0, 0, 'D', 'O', ' ', '1'},
                            // Texts that are longer than what follows, one before another value,
                            // and lengths that are none.
                            {1, 1, 0, 1, 254, 0, 1, 'a', 200, 'D', 'O', ' ', '1'},
                            {1, 1, 0, 1, 254, 0, 1, 'a', 0xfb, 'D', 'O', ' ', '1'},
                            {1, 1, 0, 1, 254, 0, 1, 'a', 0xff, 'D', 'O', ' ', '1'},
                            {1, 1, 0, 1, 254, 0, 1, 'a', 0xfc, 9},
                            {2, 1, 0, 1, 254, 0, 1, 'a', 254, 0, 1, 'b', 200, 'D', 'O', 1, 'x'},
                            {1, 1, 0, 1, 12, 0, 1, 'a', 200, 'D', 'O', ' ', '1'},
                            {0xfe, 255, 255, 255, 255, 255, 255, 255, 255, 1}}) {
        CAPTURE(sent);
        const auto told = both(plain, {{command::query, sent}, query("SELECT 'after'")});
        CHECK(difference(told.directly, told.through) == "");
    }
}

TEST_CASE("An execution's attributes reach the server, on whatever connection it is prepared",
          "[proxy]") {
    const std::string sql = "SELECT ?, " + attribute("a");
    const std::vector<wire_command> conversation{
        {command::stmt_prepare, sql},
        execute(1, {{"", "one"}, {"a", "with it"}}),
        execute(1, {{"", "two"}}, false),  // the types are known
        execute(1, {{"", "three"}, {"a", "again"}, {"c", std::nullopt}}),
        execute(1, {{"", std::nullopt}}, false),
        execute(1, {}),  // too few
        execute(1, {{"", "four"}, {"a", "last"}}),
    };
    const auto told = both(plain, conversation);
    CHECK(difference(told.directly, told.through) == "");
    for (const auto* text : {"with it", "again", "last"}) CHECK(has(told.through, text));

    const auto without = both(plain, {{command::stmt_prepare, "SELECT " + attribute("a")},
                                      execute(1, {{"a", "no parameters"}}),
                                      execute(1, {})});
    CHECK(difference(without.directly, without.through) == "");
    CHECK(has(without.through, "no parameters"));

    // Prepared again, on a connection that has not been told the types.
    wire_client session(before_it().port(), plain, app);
    session.ask({command::stmt_prepare, sql});
    const bytes first = session.ask(execute(1, {{"", "x"}, {"a", "known"}}));
    CHECK(has(first, "known"));
    attribute_server().query("FLUSH PRIVILEGES");
    for (const auto& row : attribute_server().query(
             "SELECT id FROM information_schema.processlist WHERE user = 'app'"))
        attribute_server().query("KILL " + row.at(0).value());
    const bytes second = session.ask(execute(1, {{"", "y"}}, false));
    CHECK(second.size() > 5);
    CHECK_FALSE(has(second, "known"));
}

TEST_CASE("Sessions with and without attributes are served side by side", "[proxy]") {
    wire_client with(before_it().port(), plain, app);
    wire_client without(before_it().port(), plain & ~capability::query_attributes, app);
    for (int i = 0; i < 5; ++i) {
        CHECK(
            has(with.ask(query("SELECT " + attribute("a"), {{"a", "it is here"}})), "it is here"));
        CHECK_FALSE(has(without.ask("SELECT " + attribute("a")), "it is here"));
        CHECK(has(without.ask("SELECT 'plain'"), "plain"));
    }
    // In line for the one connection.
    std::vector<std::future<bool>> busy;
    for (int session = 0; session < 8; ++session)
        busy.push_back(std::async(std::launch::async, [session] {
            const bool mine = session % 2 == 0;
            wire_client client(before_it().port(), plain, app);
            bool right = true;
            for (int i = 0; i < 100; ++i) {
                const std::string own = std::to_string(session) + "-" + std::to_string(i);
                const auto sent = mine ? query("SELECT 's', " + attribute("a"), {{"a", own}})
                                       : query("SELECT s FROM one.t WHERE id = 1");
                right = has(client.ask(sent), mine ? own : "one") && right;
            }
            return right;
        }));
    for (auto& one : busy) CHECK(one.get());
}

TEST_CASE("Results come without metadata where a client does without", "[proxy]") {
    const auto more = GENERATE(0u, capability::deprecate_eof);
    const std::uint32_t flags =
        (plain & ~capability::query_attributes) | capability::optional_resultset_metadata | more;
    const auto told = both(flags, {"SELECT id, s FROM one.t",
                                   "SET resultset_metadata = NONE",
                                   "SELECT id, s FROM one.t",
                                   "SELECT 1; SELECT s FROM one.t WHERE id = 3",
                                   {command::stmt_prepare, "SELECT s FROM one.t WHERE id = ?"},
                                   {command::stmt_execute, bytes{1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1,
                                                                 8, 0, 2, 0, 0, 0, 0, 0, 0, 0}},
                                   {command::stmt_prepare, "DO ?"},
                                   {command::stmt_prepare, "SELECT 1"},
                                   "SELECT @@resultset_metadata",
                                   "SHOW WARNINGS",
                                   "SET resultset_metadata = FULL",
                                   "SELECT s FROM one.t WHERE id = 1"});
    // The EOF packets in between say other things.
    if (more == 0)
        CHECK(told.through.size() == told.directly.size());
    else
        CHECK(difference(told.directly, told.through) == "");

    // It is the session's own: others that share the connection have theirs.
    wire_client one(before_it().port(), flags, app), other(before_it().port(), flags, app);
    const bytes full = other.ask("SELECT id, s FROM one.t");
    one.ask("SET resultset_metadata = NONE");
    const bytes none = one.ask("SELECT id, s FROM one.t");
    CHECK(none.size() < full.size());
    CHECK(other.ask("SELECT id, s FROM one.t") == full);
    CHECK(one.ask("SELECT id, s FROM one.t") == none);
    CHECK(one.ask({command::reset_connection, ""}).size() > 5);
    CHECK(one.ask("SELECT id, s FROM one.t") == full);
    // Who has not asked for it cannot choose it.
    const auto refused = both(plain & ~capability::query_attributes,
                              {"SET resultset_metadata = NONE", "SELECT id FROM one.t"});
    CHECK(difference(refused.directly, refused.through) == "");
}
