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
    CHECK(reduce_table_sql("`s`.`t`", {"s", "t"}, customers()).empty());
}

TEST_CASE("Excluded columns go with every index that touches them", "[schema_copy]") {
    CHECK(reduce_table_sql("`s`.`t`", {.schema = "s", .table = "t", .exclude_columns = {"Email"}},
                           customers()) ==
          "ALTER TABLE `s`.`t` DROP INDEX `by_both`, DROP INDEX `computed`, DROP COLUMN `email`");
    CHECK(reduce_table_sql("`s`.`t`",
                           {.schema = "s", .table = "t", .include_columns = {"id", "name"}},
                           customers()) ==
          "ALTER TABLE `s`.`t` DROP INDEX `by_both`, DROP INDEX `computed`, DROP COLUMN `email`, "
          "DROP COLUMN `age`");
}

TEST_CASE("Checks always go", "[schema_copy]") {
    auto table = customers();
    table.checks = {"sane"};
    CHECK(reduce_table_sql("`s`.`t`", {"s", "t"}, table) ==
          "ALTER TABLE `s`.`t` DROP CHECK `sane`");
}

TEST_CASE("A definition gets its new name and loses its foreign keys", "[schema_copy]") {
    auto table = customers();
    table.foreign_keys = {"a`b", "self"};
    CHECK(replicator::create_table_sql(
              "CREATE TABLE `t` (\n"
              "  `id` int NOT NULL COMMENT ') CONSTRAINT `self` FOREIGN KEY\\n',\n"
              "  PRIMARY KEY (`id`),\n"
              "  CONSTRAINT `a``b` FOREIGN KEY (`id`) REFERENCES `u` (`id`) ON DELETE CASCADE,\n"
              "  CONSTRAINT `self` FOREIGN KEY (`id`) REFERENCES `t` (`id`)\n"
              ") ENGINE=InnoDB COMMENT='x'\n/*!50100 PARTITION BY … */",
              table, "`s`.`new`") ==
          "CREATE TABLE `s`.`new` (\n"
          "  `id` int NOT NULL COMMENT ') CONSTRAINT `self` FOREIGN KEY\\n',\n"
          "  PRIMARY KEY (`id`)\n"
          ") ENGINE=InnoDB COMMENT='x'\n/*!50100 PARTITION BY … */");
    CHECK(replicator::create_table_sql("CREATE VIEW `t` AS SELECT 1", table, "x").empty());
    CHECK(replicator::create_table_sql("", table, "x").empty());
}
