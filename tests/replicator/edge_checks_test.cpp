#include <catch2/catch.hpp>

#include "tests/replicator/edge_fixture.hpp"

// What a person has to put right, and how it is said.

namespace {

using Catch::Contains;

std::string all_of(const std::vector<std::string>& sentences) {
    std::string text;
    for (const auto& sentence : sentences) text += sentence + "\n";
    return text;
}

std::string problems(edges::edge_fixture& pair, std::vector<replicator::table_rule> tables) {
    return all_of(
        replicator::check(edges::spec_between(pair.source, pair.edge, std::move(tables))));
}

}  // namespace

TEST_CASE("Servers and tables that can work have no problems", "[edge][check]") {
    edges::edge_fixture pair;
    pair.source.query("CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY)");
    CHECK(problems(pair, {{.schema = "d", .table = "t"}}).empty());
}

TEST_CASE("A source without GTIDs or with statement format is refused with advice",
          "[edge][check]") {
    edges::edge_fixture pair({"--gtid-mode=OFF", "--enforce-gtid-consistency=OFF",
                              "--binlog-format=STATEMENT", "--binlog-row-metadata=MINIMAL",
                              "--binlog-row-image=MINIMAL"});
    pair.source.query("CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY)");
    const std::string text = problems(pair, {{.schema = "d", .table = "t"}});
    CHECK_THAT(text, Contains("gtid_mode=OFF") && Contains("binlog_format=STATEMENT") &&
                         Contains("binlog_row_metadata=MINIMAL") &&
                         Contains("SET PERSIST binlog_row_metadata=FULL") &&
                         Contains("binlog_row_image=MINIMAL") &&
                         Contains(std::to_string(pair.source.port())));
    pair.start({{.schema = "d", .table = "t"}});
    CHECK_THAT(pair.stopped_message(), Contains("gtid_mode=OFF"));
}

TEST_CASE("Tables that cannot be followed are named with the reason", "[edge][check]") {
    edges::edge_fixture pair;
    pair.source.query(
        "CREATE DATABASE d; CREATE TABLE d.keyless (a INT); CREATE TABLE d.isam (id INT PRIMARY "
        "KEY) "
        "ENGINE=MyISAM; CREATE TABLE d.wide (a INT, b INT, region VARCHAR(5), c FLOAT, PRIMARY KEY "
        "(a, b)); CREATE VIEW d.view AS SELECT 1");
    CHECK_THAT(problems(pair, {{.schema = "d", .table = "keyless"}}), Contains("no primary key"));
    CHECK_THAT(problems(pair, {{.schema = "d", .table = "isam"}}), Contains("engine MyISAM"));
    CHECK_THAT(problems(pair, {{.schema = "d", .table = "nothing"}}), Contains("does not exist"));
    CHECK_THAT(problems(pair, {{.schema = "d", .table = "view"}}), Contains("does not exist"));
    CHECK_THAT(problems(pair, {{.schema = "d", .table = "wide", .exclude_columns = {"b"}}}),
               Contains("drops b, a part of the primary key"));
    CHECK_THAT(problems(pair, {{.schema = "d", .table = "wide", .exclude_columns = {"z"}}}),
               Contains("d.wide.z, which does not exist"));
    CHECK_THAT(problems(pair, {{.schema = "d", .table = "wide"}, {.schema = "D", .table = "wide"}}),
               Contains("configured twice"));
    const auto filtered = [&](const std::string& column, const std::string& value) {
        return problems(pair, {{.schema = "d",
                                .table = "wide",
                                .exclude_columns = {},
                                .where = replicator::row_predicate{column, {value}}}});
    };
    CHECK(filtered("a", "1").empty());
    CHECK_THAT(filtered("a", "one"), Contains("no whole number"));
    CHECK_THAT(filtered("region", "EU"), Contains("ends in _bin"));
    CHECK_THAT(filtered("c", "1"), Contains("type float"));
    CHECK_THAT(filtered("z", "1"), Contains("does not exist"));
    CHECK_THAT(problems(pair, {{.schema = "d",
                                .table = "wide",
                                .exclude_columns = {"region"},
                                .where = replicator::row_predicate{"region", {"EU"}}}}),
               Contains("region"));
    CHECK_THAT(problems(pair, {}), Contains("names no tables"));
}

TEST_CASE("Accounts and servers that do not fit are named", "[edge][check]") {
    edges::edge_fixture pair;
    pair.source.query(
        "CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY);"
        "CREATE USER poor@'%' IDENTIFIED BY 'poor'; GRANT SELECT ON d.* TO poor@'%'");
    auto spec = edges::spec_between(pair.source, pair.edge, {{.schema = "d", .table = "t"}});
    spec.source.user = "poor";
    spec.source.password = "poor";
    CHECK_THAT(all_of(replicator::check(spec)),
               Contains("GRANT REPLICATION SLAVE") && Contains("GRANT REPLICATION CLIENT"));
    spec.source.password = "wrong-secret";
    CHECK_THAT(all_of(replicator::check(spec)),
               Contains("Access denied") && !Contains("wrong-secret"));
    spec = edges::spec_between(pair.source, pair.source, {{.schema = "d", .table = "t"}});
    CHECK_THAT(all_of(replicator::check(spec)), Contains("is the source itself"));
    spec = edges::spec_between(pair.source, pair.edge, {{.schema = "d", .table = "t"}});
    pair.edge.set_read_only(true);
    CHECK_THAT(all_of(replicator::check(spec)), Contains("is read-only"));
    pair.edge.stop();
    CHECK_THAT(all_of(replicator::check(spec)), Contains("edge 127.0.0.1"));
}

TEST_CASE("A row that somebody changes on the edge stops it and names no values", "[edge][check]") {
    const auto what = GENERATE(as<std::string>{}, "insert", "update", "delete");
    edges::followed_edge pair(
        {"CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, v VARCHAR(20))",
         "INSERT INTO d.t VALUES (1, 'secret'), (2, 'secret')"},
        {{.schema = "d", .table = "t"}});
    if (what == "insert") {
        pair.edge.query("INSERT INTO d.t VALUES (12345, 'x')");
        pair.source.query("INSERT INTO d.t VALUES (12345, 'secret')");
    } else {
        pair.edge.query("DELETE FROM d.t WHERE id = 1");
        pair.source.query(what == "update" ? "UPDATE d.t SET v = 'secret2', id = 3 WHERE id = 1"
                                           : "DELETE FROM d.t");
    }
    CHECK_THAT(pair.stopped_message(), Contains("d.t differs") && Contains(what) &&
                                           !Contains("secret") && !Contains("12345"));
    CHECK_FALSE(pair.reports.last().holds);
    CHECK(pair.edge.value("SELECT COUNT(*) FROM d.t WHERE v = 'secret2'") == "0");
}
