#include "replicator/coverage_builder.hpp"

#include <catch2/catch.hpp>

TEST_CASE("Coverage names what the source has and the edge lacks", "[coverage]") {
    replicator::table_layout source{.schema = "Shop", .table = "Orders"};
    for (const char* name : {"id", "Email"})
        source.columns.push_back({.name = name, .data_type = "int"});
    replicator::edge_table edge{.schema = "Shop", .table = "Orders", .layout = source};
    edge.layout.columns.pop_back();
    edge.rows = replicator::predicate::bind({"ID", {"1", "2"}}, source).value();

    const replicator::source_names names{
        .schemas = {"shop", "other"},
        .tables = {{"shop", "orders"}, {"shop", "secrets"}, {"other", "things"}},
        .routines = {"compute"}};
    const auto holds = replicator::build_coverage({.name = "near"}, {edge}, {source}, names);
    CHECK(holds.tables.at({"shop", "orders"}) ==
          router::table_coverage{{"email"}, router::row_filter{"id", {"1", "2"}, true}});
    CHECK(holds.missing_names == std::set<std::string, std::less<>>{
                                     "compute", "information_schema", "mysql", "other",
                                     "performance_schema", "secrets", "sys", "things", "tidegate"});
}

TEST_CASE("A table that the edge lacks is missing though another schema's namesake is there",
          "[coverage]") {
    replicator::table_layout source{.schema = "a", .table = "t"};
    const replicator::edge_table edge{.schema = "a", .table = "t", .layout = source};
    const replicator::source_names names{.schemas = {"a", "b"}, .tables = {{"a", "t"}, {"b", "t"}}};
    CHECK(replicator::build_coverage({.name = "near"}, {edge}, {source}, names)
              .missing_names.contains("t"));
}
