#include <catch2/catch.hpp>
#include <string>

#include "rules/literal.hpp"
#include "support.hpp"

using namespace rules;

namespace {

// "column=literal|literal column=?0?1", the literals fetched by their ordinals.
std::string equalities(const std::string& text) {
    std::string out;
    for (const auto& e : facts(text).equalities) {
        out += (out.empty() ? "" : " ") + e.column + "=";
        std::string values;
        for (const auto ordinal : e.ordinals) {
            if (e.source == equality::value_source::parameters) {
                values += "?" + std::to_string(ordinal);
                continue;
            }
            for (const auto& l : literals_at(text, mysql_9, ordinal))
                values += (values.empty() ? "" : "|") + std::string(l.text);
        }
        out += values;
    }
    return out;
}

std::string where(const std::string& condition) {
    return equalities("select a from t where " + condition);
}

}  // namespace

TEST_CASE("Equalities that every row satisfies are found", "[equalities]") {
    CHECK(where("shop_id = 7") == "shop_id=7");
    CHECK(where("t.shop_id = 7 and s.t.b = 'x' && -5 = c") == "shop_id=7 b='x' c=-5");
    CHECK(where("(a = 1 and (b = 2)) and c > 3") == "a=1 b=2");
    CHECK(where("a in (1, 'x', null) and b in (2)") == "a=1|'x'|null b=2");
    CHECK(where("a = ? and b in (?, ?) and ? = c") == "a=?0 b=?1?2 c=?3");
    CHECK(where("a = 1 order by b limit 5") == "a=1");
    CHECK(where("a = 1 group by b having c = 2") == "a=1");
    CHECK(where("a = 1 for update") == "a=1");
    CHECK(where("(b = 1 or c = 2) and a = 3") == "a=3");
    CHECK(where("not b = 1 and a = 3") == "a=3");
    CHECK(where("b between 1 and 2 and a = 3") == "a=3");
    CHECK(where("a = 'x' 'y'") == "a='x' 'y'");
    CHECK(where("status = 5") == "status=5");
    CHECK(equalities("select 5, a from s.t as x use index (i) where x.a = 6") == "a=6");
    CHECK(equalities("select a from t partition (p) where a = 6") == "a=6");
}

TEST_CASE("A condition that might not hold for every row is none", "[equalities]") {
    for (const auto condition : {
             "a = 1 or b = 2",
             "a = 1 xor b = 2",
             "a = 1 || b = 2",
             "b between 1 and a = 5",
             "(b between 1 and a) = 5",
             "case when b then c and a = 5 else 1 end",
             "@x := b and a = 5",
             "a = 5 is false",
             "a = 5 = 0",
             "b = a = 5",
             "a = 5 + 1",
             "a = -b",
             "a <=> 5",
             "a != 5",
             "not (a = 5)",
             "not a = 5",
             "a not in (5)",
             "a in (5, b)",
             "a in (5, ?)",
             "a = _latin1'x'",
             "a = 'x' collate utf8mb4_bin",
             "a = date '2020-01-01'",
             "a = 1 = (b and c = 5)",
             "f(a = 5)",
             "a = true",
             "a + b = 5",
             "a = any (select 5)",
         }) {
        CAPTURE(condition);
        CHECK(where(condition).empty());
    }
}

TEST_CASE("Only a plain query of one table has equalities", "[equalities]") {
    for (const auto text : {
             "select a from t, u where a = 5",
             "select a from t join u where a = 5",
             "select a from t left join u on b = c where a = 5",
             "select a from (select a from t) x where a = 5",
             "select a from t where a = 5 union select a from u",
             "select a from t where a = 5 and exists (select 1 from u)",
             "select (select 1) from t where a = 5",
             "with x as (select 1) select a from t where a = 5",
             "(select a from t where a = 5)",
             "select a where a = 5",
             "select a from t",
             "update t set b = 1 where a = 5",
             "select a from json_table('[]', '$' columns (a int path '$')) t where a = 5",
         }) {
        CAPTURE(text);
        CHECK(equalities(text).empty());
    }
}

TEST_CASE("The row a statement pins is the server's, too: BETWEEN binds its AND", "[equalities]") {
    CHECK(where("x not between 1 and 2 and a = 5 and y between 3 and a = 6") == "a=5");
}
