#include "replicator/change_writer.hpp"

#include <catch2/catch.hpp>

#include "protocol/binlog_table_map.hpp"
#include "tests/replicator/event_bytes.hpp"

using namespace edges;
using replicator::change;
using replicator::errc;

namespace {

replicator::table_layout layout(const std::vector<std::string>& columns) {
    replicator::table_layout made{.schema = "s", .table = "t"};
    for (const auto& name : columns) made.columns.push_back({.name = name, .data_type = "int"});
    made.primary_key = {"id"};
    return made;
}

replicator::change_writer writer_of(replicator::table_layout edge, bool filtered = false) {
    replicator::edge_table table{.schema = "s", .table = "t", .layout = std::move(edge)};
    if (filtered) {
        const auto bound = replicator::predicate::bind({"shop", {"42"}}, table.layout);
        table.rows = bound.value();
    }
    return replicator::change_writer(
        std::make_shared<const replicator::edge_tables>(replicator::edge_tables{std::move(table)}));
}

const auto source_map = std::make_shared<const protocol::table_map>(
    protocol::decode_table_map(table_map(1, "s", "t", {"id", "secret", "shop", "v"}).view())
        .value());

replicator::row_event rows(const event& of) {
    return {.table = 0, .map = source_map, .header = of.header, .body = of.body};
}

std::vector<std::string> sql(replicator::change_writer& writer) {
    std::vector<std::string> all;
    for (const auto& statement : writer.take()) all.push_back(statement.sql);
    return all;
}

using statements = std::vector<std::string>;

}  // namespace

TEST_CASE("Columns are found by name, and those the edge lacks are left out", "[writer]") {
    auto writer = writer_of(layout({"v", "id", "shop"}));
    REQUIRE(writer.add(rows(write_rows(1, {{1, 99, 3, 4}}))).has_value());
    CHECK(sql(writer) == statements{"INSERT INTO `s`.`t` (`v`, `id`, `shop`) VALUES (4, 1, 3)"});
}

TEST_CASE("Runs of inserts and of deletes become one statement each", "[writer]") {
    auto writer = writer_of(layout({"id", "v"}));
    REQUIRE(writer.add(rows(write_rows(1, {{1, 0, 0, 1}, {2, 0, 0, std::nullopt}}))).has_value());
    REQUIRE(writer.add(rows(write_rows(1, {{3, 0, 0, 3}}))).has_value());
    REQUIRE(writer.add(rows(delete_rows(1, {{1, 0, 0, 1}, {2, 0, 0, 1}}))).has_value());
    REQUIRE(writer.add(rows(write_rows(1, {{1, 0, 0, 1}}))).has_value());
    const auto made = writer.take();
    REQUIRE(made.size() == 3);
    CHECK(made[0].sql == "INSERT INTO `s`.`t` (`id`, `v`) VALUES (1, 1), (2, NULL), (3, 3)");
    CHECK(made[0].rows == 3);
    CHECK(made[0].what == change::insert);
    CHECK(made[1].sql == "DELETE FROM `s`.`t` WHERE `id` IN (1, 2)");
    CHECK(made[1].rows == 2);
    CHECK(made[2].rows == 1);
    CHECK(writer.take().empty());
}

TEST_CASE("Statements do not grow without bound", "[writer]") {
    auto writer = writer_of(layout({"id", "v"}));
    for (int i = 0; i < 2500; ++i) {
        REQUIRE(writer.add(rows(write_rows(1, {{i, 0, 0, 1}}))).has_value());
    }
    CHECK(writer.take().size() == 3);
    for (int i = 0; i < 500; ++i) {
        REQUIRE(writer.add(rows(delete_rows(1, {{i, 0, 0, 1}}))).has_value());
    }
    CHECK(writer.take().size() == 3);
}

TEST_CASE("An update sets what has changed, by the key that was", "[writer]") {
    auto writer = writer_of(layout({"id", "v"}));
    REQUIRE(writer.add(rows(update_rows(1, {{1, 0, 0, 1}, {2, 0, 0, 5}}))).has_value());
    REQUIRE(writer.add(rows(update_rows(1, {{7, 0, 0, 1}, {7, 0, 0, std::nullopt}}))).has_value());
    CHECK(sql(writer) == statements{"UPDATE `s`.`t` SET `id` = 2, `v` = 5 WHERE `id` = 1",
                                    "UPDATE `s`.`t` SET `v` = NULL WHERE `id` = 7"});
}

TEST_CASE("An update of excluded columns only is nothing", "[writer]") {
    auto writer = writer_of(layout({"id", "v"}));
    REQUIRE(writer.add(rows(update_rows(1, {{1, 1, 1, 1}, {1, 2, 2, 1}}))).has_value());
    CHECK(writer.take().empty());
}

TEST_CASE("A column that updates itself is always given its value", "[writer]") {
    auto edge = layout({"id", "v", "shop"});
    edge.columns[2].on_update = true;
    auto writer = writer_of(edge);
    REQUIRE(writer.add(rows(update_rows(1, {{1, 0, 8, 1}, {1, 0, 8, 2}}))).has_value());
    CHECK(sql(writer) == statements{"UPDATE `s`.`t` SET `v` = 2, `shop` = 8 WHERE `id` = 1"});
}

TEST_CASE("Generated columns are never written", "[writer]") {
    auto edge = layout({"id", "v", "shop"});
    edge.columns[1].generated = true;
    auto writer = writer_of(edge);
    REQUIRE(writer.add(rows(write_rows(1, {{1, 0, 8, 1}}))).has_value());
    REQUIRE(writer.add(rows(update_rows(1, {{1, 0, 8, 1}, {1, 0, 9, 2}}))).has_value());
    CHECK(sql(writer) == statements{"INSERT INTO `s`.`t` (`id`, `shop`) VALUES (1, 8)",
                                    "UPDATE `s`.`t` SET `shop` = 9 WHERE `id` = 1"});
}

TEST_CASE("A key of several columns finds its rows", "[writer]") {
    auto edge = layout({"id", "v", "shop"});
    edge.primary_key = {"id", "shop"};
    auto writer = writer_of(edge);
    REQUIRE(writer.add(rows(delete_rows(1, {{1, 0, 8, 1}, {2, 0, 9, 1}}))).has_value());
    REQUIRE(writer.add(rows(update_rows(1, {{1, 0, 8, 1}, {1, 0, 8, 2}}))).has_value());
    CHECK(sql(writer) == statements{"DELETE FROM `s`.`t` WHERE (`id`, `shop`) IN ((1, 8), (2, 9))",
                                    "UPDATE `s`.`t` SET `v` = 2 WHERE `id` = 1 AND `shop` = 8"});
}

TEST_CASE("Rows that move into or out of the filter are inserted or deleted", "[writer]") {
    auto writer = writer_of(layout({"id", "shop", "v"}), true);
    REQUIRE(writer.add(rows(write_rows(1, {{1, 0, 42, 1}, {2, 0, 7, 1}, {3, 0, std::nullopt, 1}})))
                .has_value());
    REQUIRE(writer.add(rows(update_rows(1, {{2, 0, 7, 1}, {2, 0, 42, 1}}))).has_value());  // in
    REQUIRE(writer.add(rows(update_rows(1, {{1, 0, 42, 1}, {1, 0, 7, 1}}))).has_value());  // out
    REQUIRE(
        writer.add(rows(update_rows(1, {{2, 0, 42, 1}, {2, 0, 42, 9}}))).has_value());    // within
    REQUIRE(writer.add(rows(update_rows(1, {{3, 0, 7, 1}, {3, 0, 8, 9}}))).has_value());  // outside
    REQUIRE(writer.add(rows(delete_rows(1, {{3, 0, 8, 9}}))).has_value());
    CHECK(sql(writer) ==
          statements{"INSERT INTO `s`.`t` (`id`, `shop`, `v`) VALUES (1, 42, 1), (2, 42, 1)",
                     "DELETE FROM `s`.`t` WHERE `id` IN (1)",
                     "UPDATE `s`.`t` SET `v` = 9 WHERE `id` = 2"});
}

TEST_CASE("A row image that lacks a needed column is refused with advice", "[writer]") {
    auto writer = writer_of(layout({"id", "v"}));
    const auto added = writer.add(rows(write_rows(1, {{1, 4}}, {true, false, true, false})));
    REQUIRE_FALSE(added.has_value());
    CHECK(added.error().code == errc::unsupported_event);
    CHECK_THAT(added.error().message, Catch::Contains("binlog_row_image=FULL"));
    // What is missing here the edge does not have either.
    auto narrow = writer_of(layout({"id", "shop"}));
    CHECK(narrow.add(rows(write_rows(1, {{1, 4}}, {true, false, true, false}))).has_value());
}

TEST_CASE("A table that has lost a column on the source asks for a new copy", "[writer]") {
    auto writer = writer_of(layout({"id", "gone"}));
    const auto added = writer.add(rows(write_rows(1, {{1, 2, 3, 4}})));
    REQUIRE_FALSE(added.has_value());
    CHECK(added.error().code == errc::table_changed);
}

TEST_CASE("Rows cut short anywhere are a broken stream", "[writer]") {
    const auto whole = update_rows(1, {{1, 0, 0, 1}, {2, 0, 0, 5}});
    for (std::size_t size = 0; size < whole.body.size(); ++size) {
        CAPTURE(size);
        auto writer = writer_of(layout({"id", "v"}));
        auto cut = rows(whole);
        cut.body = std::vector<std::uint8_t>(whole.body.data(), whole.body.data() + size);
        const auto added = writer.add(cut);
        if (!added) CHECK(added.error().code == errc::stream_broken);
    }
}
