#include <catch2/catch.hpp>
#include <string>

#include "rules/stored_ddl.hpp"
#include "support.hpp"

using namespace rules;

TEST_CASE("What may change stored code is recognised", "[stored_ddl]") {
    const auto changes = [](std::string_view text) {
        return may_change_stored_code(analyze(text, mysql_9), text, mysql_9);
    };
    for (const std::string text :
         {"create procedure p() select 1",
          "CREATE DEFINER=`a`@`%` FUNCTION f() returns int return 1",
          "create or replace algorithm=merge view v as select 1", "alter view v as select 2",
          "drop trigger t", "drop schema s", "rename table a to b", "alter table a rename to b",
          "/*!50003 create*/ /*!50017 definer=a@b*/ /*!50003 trigger t before insert on t for each "
          "row set @a = 1 */",
          "set @a = 1; create procedure p() select 1"}) {
        CAPTURE(text);
        CHECK(changes(text));
    }
    for (const std::string text : {"create table t (a int)", "drop table t", "select 'view'",
                                   "show create view v", "alter table t add b int"}) {
        CAPTURE(text);
        CHECK_FALSE(changes(text));
    }
}
