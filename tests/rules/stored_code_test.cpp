#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "rules/stored_code.hpp"
#include "support.hpp"

using namespace rules;

namespace {

stored_object object(stored_object::kind what, std::string name, std::string body,
                     std::string schema = "shop") {
    return {what, std::move(schema), std::move(name), std::move(body), mysql_9, false};
}
stored_object procedure(std::string name, std::string body) {
    return object(stored_object::kind::procedure, std::move(name), std::move(body));
}
stored_object function(std::string name, std::string body) {
    return object(stored_object::kind::function, std::move(name), std::move(body));
}
stored_object trigger(std::string table, std::string body) {
    return object(stored_object::kind::trigger, std::move(table), std::move(body));
}
stored_object view(std::string name, std::string body) {
    return object(stored_object::kind::view, std::move(name), std::move(body));
}
stored_object hidden(stored_object object) {
    object.hidden = true;
    object.body.clear();
    return object;
}

stored_code code_of(const std::vector<stored_object>& objects) {
    std::vector<std::shared_ptr<const stored_summary>> summaries;
    for (const stored_object& one : objects)
        summaries.push_back(std::make_shared<const stored_summary>(summary_of(one)));
    return stored_code(summaries);
}

std::string within(const stored_code& code, std::string_view statement) {
    return to_string(code.effects_within(facts(statement)));
}

}  // namespace

TEST_CASE("Code without effects on a session costs nothing", "[stored_code]") {
    CHECK(stored_code().empty());
    const stored_code code =
        code_of({procedure("p", "update t set a = 1 where id = @x"), function("f", "return 1 + 1"),
                 trigger("t", "set new.a = now()"), view("v", "select `a` from `t`")});
    CHECK(within(code, "select f() from v") == "");
    CHECK(within(code, "update t set a = 1") == "");
    CHECK(code_of({function("f", "return 1"), view("v", "select 1")}).empty());
}

TEST_CASE("A statement has the effects of the routines that it calls", "[stored_code]") {
    const stored_code code = code_of(
        {procedure("p", "begin select 1 into @x; end"), function("F", "return get_lock('a', 0)")});
    CHECK(within(code, "call p()") == "writes_user_variable");
    CHECK(within(code, "call shop.P()") == "writes_user_variable");
    CHECK(within(code, "select f(1)") == "takes_get_lock");
    CHECK(within(code, "select shop.f(1)") == "takes_get_lock");
    CHECK(within(code, "do f()") == "takes_get_lock");
    CHECK(within(code, "set @y = f()") == "takes_get_lock");
    CHECK(within(code, "insert into t values (f())") == "takes_get_lock");
    CHECK(within(code, "create table t select f()") == "takes_get_lock");
    CHECK(within(code, "call q(f())") == "takes_get_lock");
    CHECK(within(code, "select f, p from t") == "");
    CHECK(within(code, "select p()") == "");
    CHECK(within(code, "call f()") == "");
    CHECK(within(code, "drop function f") == "");
    CHECK(within(code, "create procedure q() select f()") == "");
}

TEST_CASE("A statement that writes has the effects of triggers", "[stored_code]") {
    const stored_code code = code_of({trigger("t", "set @x = 1"), view("v", "select `a` from `t`"),
                                      view("w", "select `a` from `v`")});
    CHECK(within(code, "insert into t values (1)") == "writes_user_variable");
    CHECK(within(code, "delete t from t join u") == "writes_user_variable");
    CHECK(within(code, "load data infile 'a' into table t") == "writes_user_variable");
    CHECK(within(code, "update v set a = 1") == "writes_user_variable");
    CHECK(within(code, "update w set a = 1") == "writes_user_variable");
    CHECK(within(code, "select * from t for update") == "");
    CHECK(within(code, "select * from w") == "");
    CHECK(within(code, "insert into u values (1)") == "");
}

TEST_CASE("A view that calls a function is no read that may be repeated", "[stored_code]") {
    const stored_code code =
        code_of({view("v", "select `f`() AS `a`"), view("w", "select `a` from `v`"),
                 view("l", "select last_insert_id() AS `l`")});
    CHECK(within(code, "select * from v") == "calls_unknown_function");
    CHECK(within(code, "select * from w") == "calls_unknown_function");
    CHECK(within(code, "table l") == "reads_last_insert_id");
    CHECK(within(code, "drop view l") == "");
    CHECK(within(code, "show create view l") == "");
}

TEST_CASE("Effects are those of all that is run in turn", "[stored_code]") {
    const stored_code code =
        code_of({procedure("a", "call b()"), procedure("b", "insert into t values (1)"),
                 trigger("t", "begin do f(); end"), function("f", "return g()"),
                 function("g", "begin select 1 into @x; return f(); end"),
                 view("v", "select `f`() AS `x`"), procedure("c", "select * from v")});
    CHECK(within(code, "call a()") == "writes_user_variable sets_last_insert_id");
    CHECK(within(code, "call c()") == "writes_user_variable calls_unknown_function");
    CHECK(within(code, "insert into t values (1)") == "writes_user_variable");
    CHECK(within(code, "select * from v") == "writes_user_variable calls_unknown_function");
}

TEST_CASE("Only a procedure leaves another LAST_INSERT_ID()", "[stored_code]") {
    const stored_code code =
        code_of({procedure("p", "insert into t values (1)"), procedure("q", "do last_insert_id(7)"),
                 function("f", "begin insert into t values (1); return 1; end"),
                 trigger("t", "set new.a = last_insert_id(5)")});
    CHECK(within(code, "call p()") == "reads_last_insert_id sets_last_insert_id");
    CHECK(within(code, "call q()") == "reads_last_insert_id sets_last_insert_id");
    CHECK(within(code, "select f()") == "reads_last_insert_id");
    CHECK(within(code, "insert into t values (1)") == "reads_last_insert_id");
}

TEST_CASE("Counts of rows are the session's until the code has its own", "[stored_code]") {
    const stored_code code =
        code_of({procedure("p", "begin update t set a = 1; select row_count(); end"),
                 procedure("q", "begin select row_count(); end"),
                 procedure("r", "begin select 1; select found_rows(); end"),
                 view("v", "select row_count(), found_rows()")});
    CHECK(within(code, "call p()") == "sets_last_insert_id");
    CHECK(within(code, "call q()") == "reads_row_count");
    CHECK(within(code, "call r()") == "");
    CHECK(within(code, "select * from v") == "reads_found_rows reads_row_count");
}

TEST_CASE("Code that nobody can see may do everything", "[stored_code]") {
    const stored_code code = code_of({hidden(procedure("p", "")), hidden(function("f", "")),
                                      procedure("q", "begin prepare s from @x; execute s; end")});
    const auto all = [&](std::string_view text) { return code.effects_within(facts(text)); };
    for (const char* text : {"call p()", "select f()", "call q()"}) {
        CAPTURE(text);
        CHECK(all(text).has(effect::takes_get_lock));
        CHECK(all(text).has(effect::writes_user_variable));
        CHECK(all(text).has(effect::reads_last_insert_id));
        CHECK(all(text).has(effect::changes_identity));
    }
    CHECK(all("call p()").has(effect::sets_last_insert_id));
    CHECK_FALSE(all("select f()").has(effect::sets_last_insert_id));
}

TEST_CASE("A hidden view may call any function there is", "[stored_code]") {
    const stored_code none = code_of({hidden(view("v", ""))});
    CHECK(within(none, "select * from v") ==
          "reads_last_insert_id reads_found_rows reads_row_count calls_unknown_function");
    const stored_code code =
        code_of({hidden(view("v", "")), function("f", "return get_lock('a', 0)"),
                 trigger("t", "set @x = 1"),
                 object(stored_object::kind::function, "s",
                        "begin set @y = 1; return 1; "
                        "end",
                        "sys")});
    CHECK(code.effects_within(facts("select * from v")).has(effect::takes_get_lock));
    CHECK_FALSE(code.effects_within(facts("select * from v")).has(effect::writes_user_variable));
    CHECK(code.effects_within(facts("update v set a = 1")).has(effect::writes_user_variable));
}

TEST_CASE("The system's views count only by their whole name", "[stored_code]") {
    const stored_code code = code_of(
        {object(stored_object::kind::view, "session", "select `f`() AS `a`", "sys"),
         object(stored_object::kind::function, "f", "begin set @x = 1; return 1; end", "sys")});
    CHECK(within(code, "select * from session") == "");
    CHECK(within(code, "select * from sys.session") ==
          "writes_user_variable calls_unknown_function");
    CHECK(within(code, "select f()") == "writes_user_variable");
}

TEST_CASE("Names beyond ASCII have several spellings", "[stored_code]") {
    const stored_code code = code_of({procedure("caf\xc3\xa9_1", "do get_lock('a', 0)"),
                                      procedure("tee", "begin select 1 into @x; end")});
    CHECK(within(code, "call caf\xc3\xa9_1()") == "takes_get_lock");
    CHECK(within(code, "call cafe_1()") == "takes_get_lock");
    CHECK(within(code, "call cafe_2()") == "");
    CHECK(within(code, "call t\xc3\xa9\x65()") == "writes_user_variable");
}

TEST_CASE("Each statement of a script gets what runs within it", "[stored_code]") {
    const stored_code code = code_of({procedure("p", "select 1 into @x")});
    script_facts script = analyze("select 1; call p()", mysql_9);
    code.complete(script);
    CHECK(to_string(script.statements[0].effects) == "");
    CHECK(script.statements[1].effects.has(effect::writes_user_variable));
}

TEST_CASE("Equal code is equal", "[stored_code]") {
    const std::vector<stored_object> objects{procedure("p", "select 1 into @x")};
    CHECK(code_of(objects) == code_of(objects));
    CHECK_FALSE(code_of(objects) == stored_code());
}

TEST_CASE("Calls nested too deep to follow count as doing everything", "[stored_code]") {
    std::vector<stored_object> objects;
    for (int i = 0; i < 300; ++i)
        objects.push_back(
            procedure("p" + std::to_string(1000 + i), "call p" + std::to_string(1001 + i) + "()"));
    objects.push_back(procedure("p1300", "select 1 into @x"));
    const stored_code code = code_of(objects);
    CHECK(code.effects_within(facts("call p1000()")).has(effect::writes_user_variable));
}
