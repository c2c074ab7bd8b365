#include <catch2/catch.hpp>

#include "tests/replicator/edge_fixture.hpp"

// What may stand in a stream beside plain row events, as a real source writes it.

namespace {

const std::string tables =
    "CREATE DATABASE shop; CREATE TABLE shop.kept (id INT PRIMARY KEY AUTO_INCREMENT, v INT, j "
    "JSON); CREATE TABLE shop.other (id INT PRIMARY KEY AUTO_INCREMENT, v INT)";

const std::vector<replicator::table_rule> kept_rule{{.schema = "shop", .table = "kept"}};

}  // namespace

TEST_CASE("Compressed transactions are followed like any", "[edge][events]") {
    edges::followed_edge pair({tables}, kept_rule);
    pair.source.query("SET binlog_transaction_compression = ON");
    pair.source.query("INSERT INTO shop.kept (v) VALUES (1), (2), (3)");
    pair.source.query("INSERT INTO shop.other (v) VALUES (1)");
    pair.source.query(
        "BEGIN; UPDATE shop.kept SET v = v + 1; INSERT INTO shop.other (v) VALUES "
        "(1); DELETE FROM shop.kept WHERE id = 1; COMMIT");
    pair.source.query("SET binlog_transaction_compression = OFF");
    pair.source.query("UPDATE shop.kept SET v = v * 10");
    CHECK(pair.difference() == "");
    CHECK(pair.edge.value("SELECT SUM(v) FROM shop.kept") == "70");
}

TEST_CASE("Tagged GTIDs are followed and are in the watermark", "[edge][events]") {
    edges::followed_edge pair({tables}, kept_rule);
    pair.source.query("SET gtid_next = 'AUTOMATIC:deploy_1'");
    pair.source.query("INSERT INTO shop.kept (v) VALUES (1)");
    pair.source.query("INSERT INTO shop.other (v) VALUES (1)");
    pair.source.query("SET gtid_next = 'AUTOMATIC'");
    pair.source.query("INSERT INTO shop.kept (v) VALUES (2)");
    CHECK(pair.difference() == "");
    CHECK(pair.reports.last().applied->has_tags());

    pair.stop();
    pair.source.query("SET gtid_next = 'AUTOMATIC:deploy_1'");
    pair.source.query("INSERT INTO shop.kept (v) VALUES (3)");
    pair.source.query("SET gtid_next = 'AUTOMATIC'");
    pair.start(kept_rule);
    CHECK(pair.difference() == "");
    CHECK(pair.replicator().status().rows_copied == 0);
}

TEST_CASE("A stream without checksums is followed, also when they are switched", "[edge][events]") {
    edges::followed_edge pair({tables}, kept_rule, {"--binlog-checksum=NONE"});
    pair.source.query("INSERT INTO shop.kept (v) VALUES (1)");
    pair.source.query("SET GLOBAL binlog_checksum = CRC32");
    pair.source.query("INSERT INTO shop.kept (v) VALUES (2)");
    pair.source.query("SET GLOBAL binlog_checksum = NONE");
    pair.source.query("INSERT INTO shop.kept (v) VALUES (3)");
    CHECK(pair.difference() == "");
}

TEST_CASE("XA transactions over other tables pass", "[edge][events]") {
    edges::followed_edge pair({tables}, kept_rule);
    pair.source.query(
        "XA START 'a','b',7; INSERT INTO shop.other (v) VALUES (1); XA END 'a','b',7;"
        "XA PREPARE 'a','b',7; XA COMMIT 'a','b',7");
    pair.source.query(
        "XA START 'c'; INSERT INTO shop.other (v) VALUES (1); XA END 'c';"
        "XA PREPARE 'c'; XA ROLLBACK 'c'");
    pair.source.query(
        "XA START 'd'; INSERT INTO shop.kept (v) VALUES (1); XA END 'd';"
        "XA COMMIT 'd' ONE PHASE");
    CHECK(pair.difference() == "");
    CHECK(pair.edge.value("SELECT COUNT(*) FROM shop.kept") == "1");
}

TEST_CASE("An XA transaction over a kept table stops the edge and says so", "[edge][events]") {
    edges::followed_edge pair({tables}, kept_rule);
    pair.source.query(
        "XA START 'a'; INSERT INTO shop.kept (v) VALUES (1); XA END 'a';"
        "XA PREPARE 'a'; XA COMMIT 'a'");
    CHECK_THAT(pair.stopped_message(),
               Catch::Contains("XA transaction") && Catch::Contains("shop.kept"));
    CHECK_FALSE(pair.reports.last().holds);
}

TEST_CASE("An XA transaction that a copy could not see makes a new copy", "[edge][events]") {
    edges::followed_edge pair({tables,
                               "XA START 'a'; INSERT INTO shop.kept (v) VALUES (1); XA END 'a';"
                               "XA PREPARE 'a'"},
                              kept_rule);
    pair.source.query("XA COMMIT 'a'");
    CHECK(pair.difference() == "");
    CHECK(pair.edge.value("SELECT COUNT(*) FROM shop.kept") == "1");
}

TEST_CASE("A statement-based change stops the edge and says so", "[edge][events]") {
    edges::followed_edge pair({tables}, kept_rule);
    pair.source.query("SET binlog_format = STATEMENT; INSERT INTO shop.kept (v) VALUES (1)");
    CHECK_THAT(pair.stopped_message(), Catch::Contains("binlog_format=ROW"));
}

TEST_CASE("A partial JSON update of a kept table stops the edge and says so", "[edge][events]") {
    edges::followed_edge pair(
        {tables, "INSERT INTO shop.kept (v, j) VALUES (1, JSON_OBJECT('a', REPEAT('x', 500)))"},
        kept_rule);
    pair.source.query(
        "SET binlog_row_value_options = PARTIAL_JSON;"
        "UPDATE shop.kept SET j = JSON_SET(j, '$.a', 'y')");
    CHECK_THAT(pair.stopped_message(), Catch::Contains("binlog_row_value_options"));
}

TEST_CASE("A minimal row image is applied where it suffices", "[edge][events]") {
    edges::followed_edge pair({tables, "INSERT INTO shop.kept (v) VALUES (1), (2)"}, kept_rule);
    pair.source.query(
        "SET binlog_row_image = MINIMAL; UPDATE shop.kept SET v = 10 WHERE id = 1;"
        "DELETE FROM shop.kept WHERE id = 2");
    CHECK(pair.difference() == "");
    pair.source.query("SET binlog_row_image = MINIMAL; INSERT INTO shop.kept (v) VALUES (3)");
    CHECK_THAT(pair.stopped_message(), Catch::Contains("binlog_row_image=FULL"));
}

TEST_CASE("Cascades of foreign keys reach the edge", "[edge][events]") {
    edges::followed_edge pair(
        {"CREATE DATABASE shop; CREATE TABLE shop.parents (id INT PRIMARY KEY);"
         "CREATE TABLE shop.kept (id INT PRIMARY KEY, parent INT, FOREIGN KEY (parent) "
         "REFERENCES shop.parents (id) ON DELETE CASCADE ON UPDATE CASCADE)",
         "INSERT INTO shop.parents VALUES (1), (2); INSERT INTO shop.kept VALUES (1, 1), (2, 2)"},
        kept_rule);
    pair.source.query("UPDATE shop.parents SET id = 20 WHERE id = 2");
    pair.source.query("DELETE FROM shop.parents WHERE id = 1");
    CHECK(pair.difference() == "");
    CHECK(pair.edge.query("SELECT id, parent FROM shop.kept") == support::rows{{"2", "20"}});
}

TEST_CASE("A table's triggers act on the source only", "[edge][events]") {
    edges::followed_edge pair(
        {tables,
         "CREATE TRIGGER shop.doubling BEFORE INSERT ON shop.kept FOR EACH ROW SET "
         "NEW.v = NEW.v * 2",
         "CREATE TRIGGER shop.chained AFTER INSERT ON shop.other FOR EACH ROW INSERT "
         "INTO shop.kept (v) VALUES (NEW.v)"},
        kept_rule);
    pair.source.query("INSERT INTO shop.kept (v) VALUES (1)");
    pair.source.query("INSERT INTO shop.other (v) VALUES (5)");
    CHECK(pair.difference() == "");
    CHECK(pair.edge.query("SELECT v FROM shop.kept ORDER BY v") == support::rows{{"2"}, {"10"}});
}
