#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "support.hpp"

using namespace rules;

namespace {

struct class_case {
    std::string text;
    std::string summary;
};

void check(const std::vector<class_case>& cases) {
    for (const auto& c : cases) {
        CAPTURE(c.text);
        CHECK(summary(c.text) == c.summary);
    }
}

}  // namespace

TEST_CASE("Queries are reads unless they lock or write", "[classify]") {
    check(
        {{"select 1", "read"},
         {"(select 1) union all (select 2)", "read"},
         {"((select a from t))", "read"},
         {"with x as (select 1) select a from x", "read"},
         {"with recursive x (n) as (select 1 union all select n + 1 from x), y as (select 2) "
          "select n from x",
          "read"},
         {"with x as (select 1) (select 2)", "read"},
         {"values row(1, 2), row(3, 4)", "read"},
         {"table t", "read has_star"},
         {"/*!80000 select */ 1", "read"},
         {"select a from t for update", "locking_read"},
         {"select a from t for share skip locked", "locking_read"},
         {"select a from t lock in share mode", "locking_read"},
         {"select a from (select b from t for update) x", "locking_read"},
         {"with x as (select a from t for update) select a from x", "locking_read"},
         {"select a into outfile '/x' from t", "write select_into"},
         {"select a from t into dumpfile '/x'", "write select_into"},
         {"select a into @x from t", "read reads_user_variable writes_user_variable select_into"}});
}

TEST_CASE("Statements that change rows are writes", "[classify]") {
    check({{"insert into t values (1)", "write"},
           {"insert into t select a from u for update", "write"},
           {"replace t set a = 1", "write"},
           {"update t set a = 1", "write"},
           {"delete from t", "write"},
           {"with x as (select 1) update t set a = 1", "write"},
           {"with x as (select 1) delete from t", "write"},
           {"load data infile 'x' into table t", "write"},
           {"load data local infile 'x' into table t", "write local_infile"}});
}

TEST_CASE("Transaction control is recognised with its flags", "[classify]") {
    CHECK(class_of("begin") == "begin");
    CHECK(class_of("BEGIN WORK") == "begin");
    CHECK(facts("start transaction").transaction == transaction_flags{});
    CHECK(facts("start transaction read only, with consistent snapshot").transaction ==
          transaction_flags{.read_only = true, .consistent_snapshot = true});
    CHECK(facts("start transaction read write").transaction ==
          transaction_flags{.read_write = true});
    CHECK(class_of("commit") == "commit");
    CHECK(facts("commit work and chain no release").transaction ==
          transaction_flags{.chain = true});
    CHECK(facts("commit and no chain release").transaction == transaction_flags{.release = true});
    CHECK(facts("rollback and chain").transaction == transaction_flags{.chain = true});
    CHECK(class_of("rollback") == "rollback");
    check({{"begin", "begin implicit_commit"}, {"commit", "commit"}});
}

TEST_CASE("Savepoints carry their name in lower case", "[classify]") {
    for (const auto text :
         {"savepoint A", "rollback to a", "rollback work to savepoint `A`", "release savepoint a"})
        CHECK(facts(text).subject == "a");
    CHECK(class_of("savepoint a") == "savepoint");
    CHECK(class_of("rollback to a") == "rollback_to_savepoint");
    CHECK(class_of("rollback to savepoint a") == "rollback_to_savepoint");
    CHECK(class_of("release savepoint a") == "release_savepoint");
}

TEST_CASE("USE gives the schema exactly as written", "[classify]") {
    CHECK(facts("use Shop").subject == "Shop");
    CHECK(facts("use `My``DB`").subject == "My`DB");
    CHECK(facts("USE Status").subject == "Status");
}

TEST_CASE("DDL ends the transaction, but not for temporary tables", "[classify]") {
    check({{"create table t (a int)", "ddl implicit_commit"},
           {"create temporary table t (a int)", "ddl creates_temporary_table"},
           {"create temporary table t select f(1)",
            "ddl creates_temporary_table calls_unknown_function"},
           {"drop table t", "ddl drops_table implicit_commit"},
           {"drop temporary table t", "ddl drops_temporary_table"},
           {"drop view v", "ddl implicit_commit"},
           {"alter table t add b int", "ddl implicit_commit"},
           {"truncate t", "ddl implicit_commit"},
           {"rename table a to b", "ddl implicit_commit"},
           {"create or replace view v as select 1", "ddl implicit_commit"},
           {"create user 'a'@'b'", "ddl implicit_commit"},
           {"grant select on d.* to a@b", "ddl has_star implicit_commit"}});
}

TEST_CASE("Statements about the session or the server are told apart", "[classify]") {
    check({{"prepare s from 'select 1'", "prepare_text"},
           {"execute s using @a", "execute_text reads_user_variable"},
           {"deallocate prepare s", "deallocate_text"},
           {"drop prepare s", "deallocate_text"},
           {"call p(1)", "call calls_unknown_function"},
           {"lock tables a read", "lock_tables implicit_commit"},
           {"unlock tables", "unlock_tables implicit_commit"},
           {"flush tables with read lock", "flush implicit_commit locks_globally"},
           {"flush status", "flush implicit_commit"},
           {"handler t open", "handler opens_handler"},
           {"handler t close", "handler closes_handler"},
           {"handler t read first", "handler"},
           {"xa start 'x'", "xa"},
           {"kill 5", "kill"},
           {"do sleep(1)", "do_statement server_specific"},
           {"show warnings", "show reads_warnings server_specific"},
           {"show count(*) errors", "show reads_warnings server_specific"},
           {"show tables", "show server_specific"},
           {"get diagnostics @a = number",
            "get_diagnostics reads_user_variable writes_user_variable reads_warnings"},
           {"start replica", "admin implicit_commit"},
           {"analyze table t", "admin implicit_commit"},
           {"install plugin x soname 'y'", "admin implicit_commit"},
           {"set password = 'x'", "admin implicit_commit"},
           {"set role all", "admin changes_identity"}});
    CHECK(facts("prepare S from @x").subject == "s");
    CHECK(facts("drop prepare S").subject == "s");
}

TEST_CASE("EXPLAIN tells what it explains, and DESCRIBE names a table", "[classify]") {
    const auto explained = [](std::string_view text) {
        const statement_facts f = facts(text);
        return std::string(to_string(f.cls)) + " " + std::string(to_string(f.explained));
    };
    CHECK(explained("explain select a from t") == "explain read");
    CHECK(explained("explain format=tree select a from t for update") == "explain locking_read");
    CHECK(explained("desc update t set a = 1") == "explain write");
    CHECK(explained("explain format = json into @v (select 1)") == "explain read");
    CHECK(explained("explain for schema s select 1") == "explain read");
    CHECK(explained("describe t a") == "describe empty");
    CHECK(explained("explain for connection 5") == "admin empty");
    CHECK(facts("explain analyze select 1").explain_analyze);
}

TEST_CASE("What is no statement is unknown, and nothing is empty", "[classify]") {
    for (const auto text :
         {"binlog 'x'", "foo", "1", ")", "`select` 1", "with x select 1", "set", "set 1", "@a"})
        CHECK(class_of(text) == "unknown");
    for (const auto text : {"", " ", ";", "-- x", "/* x */", "/*!99999 select 1 */"})
        CHECK(class_of(text) == "empty");
}
