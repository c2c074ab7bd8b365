#include "replicator/schema_copy.hpp"

#include <catch2/catch.hpp>

using replicator::reduce_table_sql;

namespace {

replicator::table_layout customers() {
    replicator::table_layout table{.schema = "s", .table = "t"};
    for (const char* name : {"id", "name", "email", "age"}) {
        table.columns.push_back({.name = name, .data_type = "int"});
    }
    table.primary_key = {"id"};
    table.indexes = {{.name = "by_name", .columns = {"name"}},
                     {.name = "by_both", .columns = {"name", "email"}},
                     {.name = "computed", .columns = {}, .functional = true}};
    return table;
}

}  // namespace

TEST_CASE("A table without exclusions stays as it is", "[schema_copy]") {
    CHECK(reduce_table_sql({"s", "t"}, customers()).empty());
}

TEST_CASE("Excluded columns go with every index that touches them", "[schema_copy]") {
    CHECK(reduce_table_sql({.schema = "s", .table = "t", .exclude_columns = {"Email"}},
                           customers()) ==
          "ALTER TABLE `s`.`t` DROP INDEX `by_both`, DROP INDEX `computed`, DROP COLUMN `email`");
    CHECK(reduce_table_sql({.schema = "s", .table = "t", .include_columns = {"id", "name"}},
                           customers()) ==
          "ALTER TABLE `s`.`t` DROP INDEX `by_both`, DROP INDEX `computed`, DROP COLUMN `email`, "
          "DROP COLUMN `age`");
}

TEST_CASE("Foreign keys and checks always go", "[schema_copy]") {
    auto table = customers();
    table.foreign_keys = {"fk"};
    table.checks = {"sane"};
    CHECK(reduce_table_sql({"s", "t"}, table) ==
          "ALTER TABLE `s`.`t` DROP FOREIGN KEY `fk`, DROP CHECK `sane`");
}
