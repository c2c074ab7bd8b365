#include <catch2/catch.hpp>

#include "tests/replicator/edge_fixture.hpp"
#include "tests/replicator/every_type.hpp"

namespace {

const replicator::table_rule every{.schema = "types", .table = "every"};

}  // namespace

TEST_CASE("A copy has every value of every type as the source stores it", "[edge][copy]") {
    edges::followed_edge pair({edges::every_type_table, edges::every_type_rows(0)}, {every});
    CHECK(pair.difference() == "");
    CHECK(pair.edge.value("SELECT COUNT(*) FROM types.every") == "4");
}

TEST_CASE("The stream brings every value of every type as the source stores it", "[edge][copy]") {
    edges::followed_edge pair({edges::every_type_table, edges::every_type_rows(0)}, {every});
    pair.source.query(edges::every_type_rows(1));
    CHECK(pair.difference() == "");

    pair.source.query(
        "UPDATE types.every SET t = NULL, v = CONCAT(v, 'x'), j = JSON_SET(j, '$.c', 1), f = f / "
        "3, "
        "part = part + 0.01, e = 'two', st = 'y', bn = X'FF00', ti = NULL WHERE id >= X'0400'");
    CHECK(pair.difference() == "");
    pair.source.query("UPDATE types.every SET id = X'7F000000' WHERE id = X'04000000'");
    pair.source.query("DELETE FROM types.every WHERE id < X'0300'");
    CHECK(pair.difference() == "");
}

TEST_CASE("An excluded column never exists on the edge", "[edge][copy]") {
    edges::followed_edge pair(
        {"CREATE DATABASE shop; CREATE TABLE shop.parents (id INT PRIMARY KEY);"
         "CREATE TABLE shop.customers (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(50), email "
         "VARCHAR(50), parent INT, age INT CHECK (age > 0), UNIQUE KEY (email), KEY both_of (name, "
         "email), KEY (name), KEY low ((LOWER(email))), CONSTRAINT fk FOREIGN KEY (parent) "
         "REFERENCES shop.parents (id), CONSTRAINT sane CHECK (CHAR_LENGTH(email) > age))",
         "INSERT INTO shop.parents VALUES (1)",
         "INSERT INTO shop.customers (name, email, parent, age) VALUES ('a', 'secret@one', 1, 3)"},
        {{.schema = "shop", .table = "customers", .exclude_columns = {"EMAIL"}}});
    pair.source.query(
        "INSERT INTO shop.customers (name, email, parent, age) VALUES "
        "('b', 'secret@two', 1, 4)");
    pair.source.query("UPDATE shop.customers SET email = 'secret@three' WHERE id = 1");
    pair.source.query("UPDATE shop.customers SET email = 'secret@four', name = 'c' WHERE id = 2");
    CHECK(pair.difference() == "");
    const auto definition = pair.edge.query("SHOW CREATE TABLE shop.customers").at(0).at(1).value();
    CHECK(definition.find("email") == std::string::npos);
    CHECK(definition.find("FOREIGN KEY") == std::string::npos);
    CHECK(definition.find("CHECK") == std::string::npos);
    CHECK(definition.find("KEY `name` (`name`)") != std::string::npos);

    const auto holds = pair.reports.last().holds;
    REQUIRE(holds);
    CHECK(holds->tables.at({"shop", "customers"}).missing_columns ==
          std::vector<std::string>{"email"});
    CHECK(holds->missing_names.contains("parents"));
    CHECK_FALSE(holds->missing_names.contains("customers"));
    CHECK_FALSE(holds->missing_names.contains("shop"));
}

TEST_CASE("A row filter copies and follows its rows, also those that move", "[edge][copy]") {
    edges::followed_edge pair(
        {"CREATE DATABASE shop; CREATE TABLE shop.orders (id INT PRIMARY KEY, "
         "shop_id BIGINT, note VARCHAR(20))",
         "INSERT INTO shop.orders VALUES (1, 42, 'in'), (2, 7, 'out'), (3, NULL, "
         "'out'), (4, -1, 'in')"},
        {{.schema = "shop",
          .table = "orders",
          .where = replicator::row_predicate{"shop_id", {"42", "-1"}}}});
    CHECK(pair.difference() == "");
    CHECK(pair.edge.value("SELECT COUNT(*) FROM shop.orders") == "2");

    pair.source.query("UPDATE shop.orders SET shop_id = 42 WHERE id = 2");    // in
    pair.source.query("UPDATE shop.orders SET shop_id = NULL WHERE id = 1");  // out
    pair.source.query("UPDATE shop.orders SET id = 40, shop_id = 42 WHERE id = 4");
    pair.source.query("UPDATE shop.orders SET note = 'x'");
    pair.source.query("DELETE FROM shop.orders WHERE id = 3");
    pair.source.query("INSERT INTO shop.orders VALUES (5, 42, 'in'), (6, 43, 'out')");
    CHECK(pair.difference() == "");
    CHECK(pair.edge.query("SELECT id FROM shop.orders ORDER BY id") ==
          support::rows{{"2"}, {"5"}, {"40"}});
    const auto rows = pair.reports.last().holds->tables.at({"shop", "orders"}).rows;
    REQUIRE(rows);
    CHECK(*rows == router::row_filter{"shop_id", {"42", "-1"}, true});
}

TEST_CASE("A string column whose collation compares bytes may filter rows", "[edge][copy]") {
    edges::followed_edge pair(
        {"CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY, region "
         "VARCHAR(10) COLLATE utf8mb4_bin)",
         "INSERT INTO shop.t VALUES (1, 'EU'), (2, 'eu'), (3, 'EU ')"},
        {{.schema = "shop", .table = "t", .where = replicator::row_predicate{"region", {"EU"}}}});
    pair.source.query("INSERT INTO shop.t VALUES (4, 'EU'), (5, 'eu'), (6, 'EU  ')");
    CHECK(pair.difference() == "");
    CHECK(pair.edge.value("SELECT COUNT(*) FROM shop.t") == "4");
}

TEST_CASE("Other rules make a new copy, without the tables they no longer name", "[edge][copy]") {
    edges::followed_edge pair(
        {"CREATE DATABASE shop; CREATE TABLE shop.a (id INT PRIMARY KEY, x INT, y INT);"
         "CREATE TABLE shop.b (id INT PRIMARY KEY)",
         "INSERT INTO shop.a VALUES (1, 2, 3); INSERT INTO shop.b VALUES (1)"},
        {{.schema = "shop", .table = "a", .exclude_columns = {"x"}},
         {.schema = "shop", .table = "b"}});
    CHECK(pair.difference() == "");
    pair.stop();
    pair.start({{.schema = "shop", .table = "a", .include_columns = {"id", "x"}}});
    CHECK(pair.wait_caught_up());
    CHECK(pair.difference() == "");
    CHECK(pair.edge.query("SELECT * FROM shop.a") == support::rows{{"1", "2"}});
    CHECK(pair.edge.query("SHOW TABLES IN shop") == support::rows{{"a"}});
}

TEST_CASE("A table that somebody else made on the edge is never dropped", "[edge][copy]") {
    edges::edge_fixture pair;
    pair.source.query("CREATE DATABASE shop; CREATE TABLE shop.a (id INT PRIMARY KEY)");
    pair.edge.query("CREATE DATABASE shop; CREATE TABLE shop.a (precious INT)");
    pair.start({{.schema = "shop", .table = "a"}});
    CHECK_THAT(pair.stopped_message(), Catch::Contains("was not made by Tidegate"));
    CHECK(pair.edge.query("SELECT precious FROM shop.a").empty());

    pair.edge.query("DROP TABLE shop.a");
    CHECK(pair.difference() == "");  // and it goes on by itself
}
