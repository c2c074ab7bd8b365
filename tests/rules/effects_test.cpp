#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "support.hpp"

using namespace rules;

namespace {

struct effect_case {
    std::string text;
    std::string effects;
};

void check(const std::vector<effect_case>& cases) {
    for (const auto& c : cases) {
        CAPTURE(c.text);
        CHECK(to_string(facts(c.text).effects) == c.effects);
    }
}

}  // namespace

TEST_CASE("User variables are seen to be read and written", "[effects]") {
    check({{"select @a", "reads_user_variable"},
           {"select @a := 1", "reads_user_variable writes_user_variable"},
           {"select 1, 2 into @a, @b", "reads_user_variable writes_user_variable select_into"},
           {"set @a = 1", "writes_user_variable"},
           {"set @a = @b", "reads_user_variable writes_user_variable"},
           {"call p(@a)", "reads_user_variable writes_user_variable calls_unknown_function"},
           {"load data infile 'x' into table t (a, @b)",
            "reads_user_variable writes_user_variable"}});
}

TEST_CASE("The host of an account is no user variable", "[effects]") {
    check({{"create user a@localhost", "implicit_commit"},
           {"create user 'a'@'b'", "implicit_commit"},
           {"create definer=`root`@`%` view v as select 1", "implicit_commit"}});
}

TEST_CASE("Functions of the session's own state are seen", "[effects]") {
    check(
        {{"select last_insert_id()", "reads_last_insert_id"},
         {"select last_insert_id(id + 1)", "reads_last_insert_id sets_last_insert_id"},
         {"select @@identity", "reads_last_insert_id reads_system_variable"},
         {"select found_rows()", "reads_found_rows"},
         {"select sql_calc_found_rows a from t", "sets_found_rows"},
         {"select row_count()", "reads_row_count"},
         {"select @@warning_count", "reads_warnings reads_system_variable"},
         {"select get_lock('a', 1)", "takes_get_lock server_specific"},
         {"select `get_lock`('a', 1)", "takes_get_lock server_specific"},
         {"select release_lock('a')", "releases_lock server_specific"},
         {"select a from t where b = (select get_lock('x', 1))", "takes_get_lock server_specific"},
         {"insert into t values (get_lock('a', 1))", "takes_get_lock server_specific"}});
}

TEST_CASE("What depends on server, account or connection is server specific", "[effects]") {
    for (const auto text :
         {"select connection_id()", "select user()", "select current_user", "select current_user()",
          "select session_user()", "select uuid()", "select version()", "select sleep(1)",
          "select load_file('x')", "select a from information_schema.tables",
          "select a from `performance_schema`.`threads`", "select mysql.user.host from mysql.user"})
        CHECK(facts(text).effects.has(effect::server_specific));
    for (const auto text : {"select now()", "select database()", "select uuid from t",
                            "select version from t", "select `user`", "select 'uuid()'"})
        CHECK_FALSE(facts(text).effects.has(effect::server_specific));
}

TEST_CASE("System variables are named without their scope", "[effects]") {
    CHECK(joined(facts("select @@a, @@session.B, @@global.c, @@`d`, @@local.e, @@x.y")
                     .system_variables) == "a b c d e x.y");
    CHECK(facts("set sql_mode = concat(@@sql_mode, 'x')").system_variables ==
          std::vector<std::string>{"sql_mode"});
}

TEST_CASE("A function that MySQL does not have is unknown", "[effects]") {
    CHECK(joined(facts("select f(1), concat(a), d.g(2), `now`(), count (3)").unknown_functions) ==
          "count d.g f now");
    CHECK(joined(facts("insert into t (a) values (f(1))").unknown_functions) == "f");
    CHECK(joined(facts("set @a = f(1)").unknown_functions) == "f");
    for (const auto text :
         {"select count(*), now(), if(a, b, c), json_value(a, '$'), md5(a) from t",
          "insert into t (a, b) values (1, 2)", "insert into s.t (a) values (1)",
          "replace t (a) values (1)", "insert into status (a) values (1)",
          "with x (a) as (select 1), y (b) as (select 2) select a from x",
          "select a from (select 1) as d (a)", "select a from (select 1) d (a)",
          "create table t (a int, key k (a))", "select a from t use index (i)",
          "select a from t partition (p)",
          "insert into t values (1) as n (a) on duplicate key update a = 1",
          "select cast(a as decimal(10, 2)), a in (1, 2), sum(a) over (partition by b) from t"}) {
        CAPTURE(text);
        CHECK(facts(text).unknown_functions.empty());
    }
}

TEST_CASE("A star is one in a select list only", "[effects]") {
    for (const auto text : {"select * from t", "select t.* from t", "select a, t.* from t",
                            "select distinct * from t", "select 1 from (select * from t) x",
                            "table t", "select a in (table t)", "select s.t.* from s.t",
                            "select /*+ h */ * from t", "select sql_no_cache * from t"})
        CHECK(facts(text).effects.has(effect::has_star));
    for (const auto text : {"select count(*) from t", "select a * b from t", "select (a) * 2",
                            "select 2 * 3", "select '*'"})
        CHECK_FALSE(facts(text).effects.has(effect::has_star));
}

TEST_CASE("Joins by name and parameters are seen", "[effects]") {
    check({{"select a from t natural left join u", "natural_join"},
           {"select a from t join u using (b)", ""},
           {"select a from t where b = ?", "uses_parameters"},
           {"set sql_log_bin = 0", "sets_sql_log_bin"},
           {"set autocommit = 1", "implicit_commit"},
           {"/*!80400 select 1 */", "version_comment"},
           {"/*!99999 x */ select 1", "version_comment"},
           {"/*!50000 select 1 */", ""}});
}

TEST_CASE("Every word that may be an identifier is among the names", "[names]") {
    const auto names = [](std::string_view text) { return joined(facts(text).names); };
    CHECK(names("select A, `B``c`, t.d from S.t as x where status = 5 order by e") ==
          "a b`c d e s status t x");
    CHECK(names("select count(*), concat(a) from t") == "a t");
    CHECK(names("select a.select from a") == "a select");
    CHECK(names("select 'a', \"b\" from t") == "t");
    CHECK(names("select f(1)") == "f");
    CHECK(names("select a->'$.x' from t") == "a t");
    CHECK(names("select a from t1 join t2 using (b)") == "a b t1 t2");
    CHECK(names("select qualify from t") == "qualify t");
    CHECK(names("set @a = (select b from t)") == "b t");
    CHECK(joined(facts("select \"a\" from t", {.ansi_quotes = true}).names) == "a t");
}

TEST_CASE("Tables are found where they stand", "[tables]") {
    const auto tables = [](std::string_view text) {
        std::string out;
        for (const auto& t : facts(text).tables)
            out += (out.empty() ? "" : " ") + (t.schema.empty() ? "" : t.schema + ".") + t.table;
        return out;
    };
    CHECK(tables("select 1 from T, s.u as x join `v` on a = b, w") == "t v w s.u");
    CHECK(tables("select a, b from (t, u) left join (v join w on 1) on 2") == "t u v w");
    CHECK(tables("select (select a from t), extract(day from b), trim('x' from c) from u") ==
          "t u");
    CHECK(tables("select a from t where b in (select c from u where d = 1) group by e, f") ==
          "t u");
    CHECK(tables("with x as (select a from t), y (b) as (select 1) select * from x, y, u") ==
          "t u");
    CHECK(tables("insert into t (a, b) select c, d from u") == "t u");
    CHECK(tables("insert ignore t set a = 1") == "t");
    CHECK(tables("replace into s.t values (1)") == "s.t");
    CHECK(tables("update t, u set t.a = u.b where c = 1") == "t u");
    CHECK(tables("insert into t values (1) on duplicate key update a = 2") == "t");
    CHECK(tables("select a from t for update of t") == "t");
    CHECK(tables("delete from t where a = 1") == "t");
    CHECK(tables("drop table a, s.b") == "a s.b");
    CHECK(tables("lock tables a read, b write") == "a b");
    CHECK(tables("select straight_join a from t straight_join u") == "t u");
    CHECK(tables("select a from t use index for join (i), u") == "t u");
    CHECK(tables("explain format = json select 1 from t") == "t");
    CHECK(tables("desc t") == "t");
    CHECK(tables("load data infile 'x' into table t (a)") == "t");
    CHECK(tables("select 1 from dual") == "");
}

TEST_CASE("Schemas that qualify a table, column or function are listed", "[names]") {
    CHECK(joined(facts("select a.b.c, d.f(1), t.x from g.t").schema_qualifiers) == "a d g");
}
