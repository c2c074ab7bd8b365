#include <catch2/catch.hpp>
#include <string>

#include "rules/stored_body.hpp"
#include "support.hpp"

using namespace rules;

namespace {

std::string classes(std::string_view body) {
    const auto found = statements_of_body(body, mysql_9);
    REQUIRE(found);
    std::string out;
    for (const auto& s : *found) out += (out.empty() ? "" : " ") + std::string(to_string(s.cls));
    return out;
}

effect_set effects(std::string_view body) {
    const auto found = statements_of_body(body, mysql_9);
    REQUIRE(found);
    effect_set all;
    for (const auto& s : *found) all |= s.effects;
    return all;
}

}  // namespace

TEST_CASE("A body is cut into its statements", "[stored_body]") {
    CHECK(classes("select 1") == "read");
    CHECK(classes("begin select 1; update t set a = 1; end") == "read write");
    CHECK(classes("l: begin select 1; call p(); end l") == "read call");
    CHECK(classes("l: loop insert into t values (1); leave l; end loop l") == "write unknown");
    CHECK(classes("begin while a do call p(); end while; select 2; end") == "unknown call read");
    CHECK(classes("repeat set x = repeat('a', 2); insert into t values (1); until x end repeat") ==
          "set_session write unknown");
    CHECK(classes("if a then insert into t values (1); elseif b then select 2; else call p(); "
                  "end if") == "unknown write unknown read call");
    CHECK(classes("case x when 1 then insert into t values (1); else select 2; end case; ") ==
          "unknown write read");
    CHECK(classes("case when a then insert into t values (1); when b then select 1; end case") ==
          "unknown write unknown read");
    CHECK(classes("begin declare continue handler for not found set @a = 1; select 1; end") ==
          "unknown set_session read");
    CHECK(classes("begin declare exit handler for sqlexception, sqlwarning begin rollback; end; "
                  "insert into t values (1); end") == "unknown rollback write");
    CHECK(
        classes("begin declare exit handler for sqlstate '23000' insert into t values (1); end") ==
        "unknown write");
    CHECK(classes("return (select 1)") == "unknown");
}

TEST_CASE("CASE within an expression cuts no statement of a body", "[stored_body]") {
    CHECK(classes("begin insert into t select case when a then b else c end from x; end") ==
          "write");
    CHECK(classes("select case a when 1 then case b when 2 then 3 end else 4 end into @x") ==
          "read");
    CHECK(classes("if b = case a when 1 then 2 end then call p(); end if") == "unknown call");
    CHECK(effects("select case a when 1 then 2 end into @x").has(effect::writes_user_variable));
}

TEST_CASE("What a body does is seen at any depth", "[stored_body]") {
    for (const std::string body : {
             "return get_lock('a', 0)",
             "begin if get_lock('a', 0) then select 1; end if; end",
             "begin declare x int default get_lock('a', 0); return 1; end",
             "begin declare c cursor for select get_lock('a', 0); open c; end",
             "begin while get_lock('a', 0) do set x = 1; end while; end",
             "begin repeat set x = 1; until get_lock('a', 0) end repeat; end",
             "case get_lock('a', 0) when 1 then select 1; end case",
             "case x when get_lock('a', 0) then select 1; end case",
             "set new.a = get_lock('a', 0)",
             "begin declare exit handler for 1062 do get_lock('a', 0); end",
             "a: begin b: begin do get_lock('a', 0); end b; end a",
             "create table t select get_lock('a', 0)",
         }) {
        CAPTURE(body);
        CHECK(effects(body).has(effect::takes_get_lock));
    }
    CHECK(effects("select a into @x from t").has(effect::writes_user_variable));
    CHECK(effects("begin get diagnostics @n = number; end").has(effect::writes_user_variable));
    CHECK(effects("call p(@x)").has(effect::writes_user_variable));
    CHECK_FALSE(effects("set new.a = @x").has(effect::writes_user_variable));
    CHECK_FALSE(effects("begin select a into b from t where c = @x; end")
                    .has(effect::writes_user_variable));
}

TEST_CASE("A body beyond the limits is not taken for one that is known", "[stored_body]") {
    std::string body = "begin ";
    for (int i = 0; i < 30'000; ++i) body += "set x = 1; ";
    CHECK_FALSE(statements_of_body(body + "end", mysql_9));
}
