#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "tests/replicator/edge_fixture.hpp"

namespace {

const std::string table =
    "CREATE DATABASE shop; CREATE TABLE shop.kept (id INT PRIMARY KEY, v INT)";
const std::vector<replicator::table_rule> kept_rule{{.schema = "shop", .table = "kept"}};

}  // namespace

TEST_CASE("A table that DDL changes is copied anew", "[edge][ddl]") {
    edges::followed_edge pair({table, "INSERT INTO shop.kept VALUES (1, 1)"}, kept_rule);
    pair.source.query("ALTER TABLE shop.kept ADD COLUMN added INT DEFAULT 5 FIRST");
    pair.source.query("INSERT INTO shop.kept (id, v) VALUES (2, 2)");
    CHECK(pair.difference() == "");
    CHECK(pair.edge.query("SELECT added, id FROM shop.kept") ==
          support::rows{{"5", "1"}, {"5", "2"}});

    pair.source.query("USE shop; TRUNCATE TABLE kept");
    CHECK(pair.difference() == "");
    CHECK(pair.edge.value("SELECT COUNT(*) FROM shop.kept") == "0");
}

TEST_CASE("A table that an online schema change swaps in is copied anew", "[edge][ddl]") {
    edges::followed_edge pair({table, "INSERT INTO shop.kept VALUES (1, 1)"}, kept_rule);
    pair.source.query(
        "CREATE TABLE shop._kept_new (id INT PRIMARY KEY, extra INT, v BIGINT);"
        "INSERT INTO shop._kept_new (id, v) SELECT id, v FROM shop.kept;"
        "RENAME TABLE shop.kept TO shop._kept_old, shop._kept_new TO shop.kept;"
        "INSERT INTO shop.kept VALUES (2, 3, 4); DROP TABLE shop._kept_old");
    CHECK(pair.difference() == "");
}

TEST_CASE("A table that is dropped and made again is copied once it is there", "[edge][ddl]") {
    edges::followed_edge pair({table}, kept_rule);
    pair.source.query("DROP DATABASE shop");
    CHECK_THAT(pair.stopped_message(), Catch::Contains("shop.kept does not exist"));
    CHECK_FALSE(pair.reports.last().holds);
    pair.source.query(table);
    pair.source.query("INSERT INTO shop.kept VALUES (7, 7)");
    CHECK(pair.difference() == "");
}

TEST_CASE("Names that DDL brings are published as missing with its transaction", "[edge][ddl]") {
    edges::followed_edge pair({table}, kept_rule);
    const auto missing = [&](const std::string& name) {
        return pair.wait_caught_up() && pair.reports.last().holds->missing_names.contains(name);
    };
    CHECK_FALSE(missing("fresh"));
    pair.source.query("CREATE VIEW shop.fresh AS SELECT id FROM shop.kept");
    CHECK(missing("fresh"));
    pair.source.query("CREATE TABLE shop.Upper (id INT PRIMARY KEY)");
    CHECK(missing("upper"));
    pair.source.query("CREATE FUNCTION shop.answer() RETURNS INT DETERMINISTIC RETURN 42");
    CHECK(missing("answer"));
    pair.source.query("CREATE DATABASE elsewhere");
    CHECK(missing("elsewhere"));
    pair.source.query("DROP VIEW shop.fresh");
    CHECK_FALSE(missing("fresh"));
    pair.source.query("CREATE TABLE shop.ctas (id INT PRIMARY KEY) SELECT id FROM shop.Upper");
    CHECK(missing("ctas"));
    CHECK(pair.replicator().status().reconnects == 0);
}

TEST_CASE("A reader never sees a table while it is copied anew", "[edge][ddl]") {
    edges::followed_edge pair(
        {table,
         "SET cte_max_recursion_depth = 100000; INSERT INTO shop.kept WITH RECURSIVE n "
         "(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT i, 0 "
         "FROM n"},
        kept_rule);
    auto reader = pair.edge.connect();
    std::atomic<bool> done = false;
    std::atomic<int> partial = 0;
    std::thread reading([&] {
        while (!done) partial += reader.value("SELECT COUNT(*) FROM shop.kept") != "20000";
    });
    for (int i = 0; i < 3; ++i) {
        pair.source.query("ALTER TABLE shop.kept ADD COLUMN c" + std::to_string(i) + " INT");
        CHECK(pair.wait_caught_up());
    }
    done = true;
    reading.join();
    CHECK(partial == 0);
    CHECK(pair.difference() == "");
    CHECK(pair.edge.query("SHOW TABLES IN shop") == support::rows{{"kept"}});
}
