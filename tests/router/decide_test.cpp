#include "router/decide.hpp"

#include <catch2/catch.hpp>

#include "router/edge_report.hpp"

using namespace router;
using namespace std::chrono_literals;

namespace {

std::shared_ptr<const protocol::gtid_set> gtids(const std::string& numbers) {
    return std::make_shared<protocol::gtid_set>(
        protocol::gtid_set::parse("3e11fa47-71ca-11e1-9e33-c80aa9429562:" + numbers).value());
}

std::shared_ptr<const coverage> items() {
    coverage holds;
    holds.tables[{"shop", "items"}] = {};
    holds.tables[{"shop", "customers"}].missing_columns = {"email"};
    return std::make_shared<coverage>(holds);
}

edge_view edge(const std::string& name, const std::string& applied,
               std::chrono::microseconds round_trip = 500us) {
    return {name, true, items(), gtids(applied), round_trip};
}

const std::string simple_read = "SELECT title FROM items WHERE id = 1";

decision route(const topology& cluster, session_view session = {},
               const std::string& sql = simple_read) {
    if (session.schema.empty()) session.schema = "shop";
    return decide(rules::analyze(sql, {}), session, cluster, sql, {});
}

reason why(const std::string& sql, const session_view& session = {}) {
    const decision d = route({{edge("east", "1-10")}}, session, sql);
    CHECK((d.to == target::edge) == (d.why == reason::edge_fresh));
    return d.why;
}

}  // namespace

TEST_CASE("A read goes to an edge that has applied all the session wrote", "[router]") {
    const auto written = gtids("9");
    const topology cluster{{edge("west", "1-8"), edge("east", "1-10")}};
    CHECK(route(cluster, {.must_see = written.get()}) ==
          decision{target::edge, reason::edge_fresh, 1});
}

TEST_CASE("A read of a session that wrote nothing goes to the nearest edge", "[router]") {
    const topology cluster{{edge("far", "1-10", 9ms), edge("near", "1-2", 1ms)}};
    CHECK(route(cluster) == decision{target::edge, reason::edge_fresh, 1});
}

TEST_CASE("A session in the server's own time zone reads where that is the primary's", "[router]") {
    topology cluster{{edge("far", "1-10", 9ms), edge("near", "1-10", 1ms)}};
    cluster.edges[1].other_time_zone = true;
    CHECK(route(cluster, {.in_system_time_zone = true}).edge == 0);
    CHECK(route(cluster).edge == 1);
    cluster.edges[0].other_time_zone = true;
    CHECK(route(cluster, {.in_system_time_zone = true}) ==
          decision{target::primary, reason::edge_time_zone});
}

TEST_CASE("Among equally near edges the first is taken", "[router]") {
    const topology cluster{{edge("a", "1", 1ms), edge("b", "1", 1ms)}};
    CHECK(route(cluster).edge == 0);
}

TEST_CASE("A fresh edge that is far is preferred to waiting for a near one", "[router]") {
    const auto written = gtids("9");
    const topology cluster{{edge("near", "1-8", 1ms), edge("far", "1-9", 9ms)}};
    CHECK(route(cluster, {.must_see = written.get()}) ==
          decision{target::edge, reason::edge_fresh, 1});
}

TEST_CASE("A read waits for the nearest edge while every edge lags behind the session",
          "[router]") {
    const auto written = gtids("9");
    const topology cluster{{edge("far", "1-8", 9ms), edge("near", "1-7", 1ms)}};
    CHECK(route(cluster, {.must_see = written.get()}) ==
          decision{target::wait_for_edge, reason::edge_may_catch_up, 1});
}

TEST_CASE("A read goes to the primary once it may not wait for an edge any more", "[router]") {
    const auto written = gtids("9");
    const topology cluster{{edge("east", "1-8")}};
    CHECK(route(cluster, {.must_see = written.get(), .may_wait = false}) ==
          decision{target::primary, reason::edge_behind});
}

TEST_CASE("An edge whose watermark is not known is behind everything but eventual reads",
          "[router]") {
    edge_view unknown = edge("east", "1");
    unknown.watermark = nullptr;
    const topology cluster{{unknown}};
    CHECK(route(cluster).why == reason::edge_may_catch_up);
    CHECK(route(cluster, {.level = consistency::eventual}).why == reason::edge_fresh);
}

TEST_CASE("An eventual read goes to an edge that lags behind the session", "[router]") {
    const auto written = gtids("99");
    CHECK(why(simple_read, {.must_see = written.get(), .level = consistency::eventual}) ==
          reason::edge_fresh);
}

TEST_CASE("A strong read goes to the primary", "[router]") {
    CHECK(why(simple_read, {.level = consistency::strong}) == reason::strong_consistency);
}

TEST_CASE("A read inside a transaction stays on the primary", "[router]") {
    CHECK(why(simple_read, {.in_transaction = true}) == reason::in_transaction);
}

TEST_CASE("A read of a pinned session stays on its connection", "[router]") {
    CHECK(why(simple_read, {.pinned = true}) == reason::pinned);
}

TEST_CASE("What is not a plain read goes to the primary, with its reason", "[router]") {
    const std::pair<const char*, reason> table[] = {
        {"INSERT INTO items (id) VALUES (1)", reason::not_a_read},
        {"UPDATE items SET title = 'x' WHERE id = 1", reason::not_a_read},
        {"DELETE FROM items", reason::not_a_read},
        {"CREATE TABLE t (id INT PRIMARY KEY)", reason::not_a_read},
        {"CALL refresh()", reason::not_a_read},
        {"SHOW TABLES", reason::not_a_read},
        {"EXPLAIN SELECT title FROM items", reason::not_a_read},
        {"DO 1", reason::not_a_read},
        {"BEGIN", reason::not_a_read},
        {"no statement at all", reason::not_a_read},
        {"", reason::not_a_read},
        {"SELECT title FROM items INTO OUTFILE 'x'", reason::not_a_read},
        {"SELECT GET_LOCK('x', 1) FROM items", reason::not_a_read},
        {"SELECT title FROM items FOR UPDATE", reason::locks_rows},
        {"SELECT title FROM items LOCK IN SHARE MODE", reason::locks_rows},
        {"SELECT title FROM items; SELECT title FROM items", reason::several_statements},
        {"SELECT @x, title FROM items", reason::session_state},
        {"SELECT LAST_INSERT_ID() FROM items", reason::session_state},
        {"SELECT SQL_CALC_FOUND_ROWS title FROM items", reason::session_state},
        {"SELECT FOUND_ROWS() FROM items", reason::session_state},
        {"SELECT ROW_COUNT() FROM items", reason::session_state},
        {"SELECT @@hostname, title FROM items", reason::server_specific},
        {"SELECT CONNECTION_ID(), title FROM items", reason::server_specific},
        {"SELECT SLEEP(1) FROM items", reason::server_specific},
        {"SELECT UUID(), title FROM items", reason::server_specific},
    };
    for (const auto& [sql, expected] : table) {
        CAPTURE(sql);
        CHECK(to_string(why(sql)) == to_string(expected));
    }
}

TEST_CASE("A read that no edge covers goes to the primary and says which name is missing",
          "[router]") {
    const decision d = route({{edge("east", "1-10")}}, {}, "SELECT email FROM customers");
    CHECK(d == decision{target::primary,
                        reason::not_covered,
                        0,
                        {coverage_reason::column_missing, "shop.customers.email"}});
}

TEST_CASE("A read that one edge does not cover goes to one that does", "[router]") {
    edge_view empty = edge("empty", "1-10", 1us);
    empty.holds = std::make_shared<coverage>();
    CHECK(route({{empty, edge("east", "1-10")}}) == decision{target::edge, reason::edge_fresh, 1});
}

TEST_CASE("Edges that are down or hold nothing are as good as none", "[router]") {
    CHECK(route({}).why == reason::no_edge);
    edge_view down = edge("down", "1-10");
    down.up = false;
    edge_view copying = edge("copying", "1-10");
    copying.holds = nullptr;
    CHECK(route({{down, copying}}) == decision{target::primary, reason::no_edge});
}

TEST_CASE("A decision does not depend on where the nearest edge stands in the list", "[router]") {
    const auto seed = GENERATE(take(50, random(0u, ~0u)));
    CAPTURE(seed);
    std::uint32_t state = seed | 1;
    const auto next = [&] { return state = state * 1664525u + 1013904223u, state >> 16; };
    topology cluster;
    for (unsigned i = 0; i < 4; ++i) {
        const std::string name(1, "abcd"[i]);
        cluster.edges.push_back(edge(name, "1-" + std::to_string(5 + next() % 6),
                                     std::chrono::microseconds(100 * (i + 1) + next() % 100)));
        cluster.edges.back().up = next() % 4 != 0;
    }
    const auto written = gtids("8");
    const session_view session{.must_see = written.get()};
    const decision first = route(cluster, session);
    topology reversed{{cluster.edges.rbegin(), cluster.edges.rend()}};
    const decision second = route(reversed, session);
    CHECK(first.why == second.why);
    if (first.to != target::primary)
        CHECK(cluster.edges[first.edge].name == reversed.edges[second.edge].name);
}

TEST_CASE("A decision is explained in one sentence", "[router]") {
    const topology cluster{{edge("east", "1-8")}};
    const auto written = gtids("9");
    const auto told = [&](const session_view& session, const std::string& sql) {
        return explain(route(cluster, session, sql), cluster);
    };
    CHECK(told({}, "SELECT email FROM customers") ==
          "primary: column shop.customers.email is not on the edge");
    CHECK(told({}, simple_read) ==
          "edge east: it holds all the statement names and all the session has seen");
    CHECK(told({.must_see = written.get()}, simple_read) ==
          "edge east: it does not yet hold what the session has seen; wait for it");
    CHECK(told({}, "DELETE FROM items") == "primary: it is not a plain read");
    CHECK(explain({target::edge, reason::edge_fresh, 7}, cluster).rfind("edge ?: ", 0) == 0);
}

TEST_CASE("Every reason, target, level and state has a name of its own", "[router]") {
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < reason_count; ++i) names.insert(to_string(static_cast<reason>(i)));
    CHECK(names.size() == reason_count);
    for (int i = 0; i < 3; ++i) {
        names.insert(to_string(static_cast<target>(i)));
        names.insert(to_string(static_cast<consistency>(i)));
    }
    for (int i = 0; i < 4; ++i) names.insert(to_string(static_cast<edge_state>(i)));
    CHECK(names.size() == reason_count + 3 + 3 + 4);
    CHECK_FALSE(names.contains("invalid"));
}
