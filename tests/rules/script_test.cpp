#include <catch2/catch.hpp>
#include <string>

#include "rules/limits.hpp"
#include "support.hpp"

using namespace rules;

namespace {

std::string classes(std::string_view text) {
    std::string out;
    for (const auto& s : analyze(text, mysql_9).statements)
        out += (out.empty() ? "" : " ") + std::string(to_string(s.cls));
    return out;
}

}  // namespace

TEST_CASE("A text is cut at its semicolons", "[script]") {
    CHECK(classes("select 1; update t set a = ';' ; begin") == "read write begin");
    CHECK(classes("select 1;; ;\n") == "read");
    CHECK(classes("select 1;; select 2") == "read empty read");
    CHECK(classes("select 1; -- x") == "read empty");
    CHECK(classes("select ';' /* ; */ -- ;\n, `;`") == "read");
}

TEST_CASE("A stored program with its body is one statement", "[script]") {
    for (const std::string program : {
             "create procedure p() begin select 1; select 2; end",
             "create procedure p() begin begin select 1; end; select 2; end",
             "create procedure p() l: begin if a then select 1; elseif b then select 2; else "
             "select 3; end if; end l",
             "create procedure p() begin if (a) then select 1; end if; select if(a, 1, 2); end",
             "create procedure p() begin if exists (select 1) then select 2; end if; drop table if "
             "exists t; end",
             "create procedure p() begin select case a when 1 then if(b, 1, 2) else 3 end; end",
             "create procedure p() begin case a when 1 then select 1; else select 2; end case; end",
             "create procedure p() begin while a do select repeat('x', 2); end while; repeat set a "
             "= 1; until b end repeat; end",
             "create procedure p() begin l: loop leave l; end loop; end",
             "create procedure p() begin declare exit handler for sqlexception begin rollback; "
             "end; select 1; end",
             "create definer=`a`@`b` procedure if not exists p(in x int) deterministic begin "
             "select 1; end",
             "create definer=current_user() function f() returns int begin return 1; end",
             "create function f() returns int deterministic return if(a, b, c)",
             "create trigger t before insert on x for each row begin set new.a = 1; end",
             "create trigger t before insert on x for each row if new.a then set new.b = 1; end if",
             "create event e on schedule every 1 day do begin delete from t; end",
             "alter event e do begin delete from t; end",
             "/*!50003 create procedure p() begin select 1; end */",
         }) {
        CAPTURE(program);
        CHECK(classes(program) == "ddl");
        CHECK(classes(program + "; select 1") == "ddl read");
    }
}

TEST_CASE("A body without a block ends at its semicolon", "[script]") {
    CHECK(classes("create procedure p() select 1; select 2") == "ddl read");
    CHECK(classes("create table begin (a int); select 1") == "ddl read");
}

TEST_CASE("A transaction's BEGIN opens no block", "[script]") {
    CHECK(classes("begin; select 1; commit") == "begin read commit");
}

TEST_CASE("Parameters are numbered over the whole text", "[script]") {
    const auto all = analyze("select a from t where b = ?; select a from t where b = ?", mysql_9);
    CHECK(all.statements[1].equalities.front().ordinals == std::vector<std::uint32_t>{1});
}

TEST_CASE("What passes a limit is unknown", "[script]") {
    std::string many;
    for (std::size_t i = 0; i < statements_max + 5; ++i) many += "select 1;";
    const auto all = analyze(many + "select 1", mysql_9);
    CHECK(all.statements.size() == statements_max);
    CHECK(all.statements.back().cls == statement_class::unknown);

    std::string names = "select a0";
    for (std::size_t i = 1; i <= names_max; ++i) names += ",a" + std::to_string(i);
    CHECK(class_of(names) == "unknown");
    CHECK(facts(names).incomplete);

    std::string symbols = "select 1";
    for (std::size_t i = 0; i < symbols_max; ++i) symbols += "+a";
    CHECK(class_of(symbols) == "unknown");

    CHECK(class_of("select " + std::string(name_bytes_max + 1, 'a')) == "unknown");
}

TEST_CASE("A large insert is one short statement", "[script]") {
    std::string text = "insert into t values (1, 'a', null)";
    for (int i = 0; i < 100'000; ++i) text += ", (2, 'b', 3)";
    CHECK(class_of(text) == "write");
    CHECK(same_digest(text, "insert into t values (1, 2, 3), (4, 5, 6)"));
}

TEST_CASE("Deep nesting costs no stack", "[script]") {
    const std::string deep(100'000, '(');
    CHECK(class_of(deep + "select 1") == "read");
    const std::string balanced = std::string(90'000, '(') + "a = 1" + std::string(90'000, ')');
    CHECK(class_of("select a from t where " + balanced) == "read");
}

TEST_CASE("How many rows were folded into one does not decide whether a limit is passed",
          "[script]") {
    for (std::size_t padding = symbols_max - 6; padding < symbols_max - 3; ++padding) {
        std::string columns = "select ";
        for (std::size_t i = 0; i < padding / 2; ++i) columns += "a+";
        if (padding % 2 != 0) columns += "-";
        const std::string two = columns + "(1), (2)";
        const std::string four = columns + "(1), (2), (3), (4)";
        REQUIRE(same_digest(two, four));
        REQUIRE(analyze(two, mysql_9) == analyze(four, mysql_9));
    }
}
