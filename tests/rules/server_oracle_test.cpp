#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "random_sql.hpp"
#include "rules/keywords.hpp"
#include "rules/lexer.hpp"
#include "rules/literal.hpp"
#include "support.hpp"
#include "tests/support/mysql_server.hpp"

// What a real server says, beside what we say.

using namespace rules;

namespace {

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\'' || c == '\\') out += '\\';
        out += c;
    }
    return out;
}

// MySQL's digest text, or nothing if it does not take the statement.
std::optional<std::string> server_digest_text(support::mysql_server& server,
                                              std::string_view text) {
    try {
        return server.value("select statement_digest_text('" + escaped(text) + "')");
    } catch (const support::server_error&) {
        return std::nullopt;
    }
}

// Also makes a schema the current one, without which the server does not parse table names.
lex_options prepare(support::mysql_server& server) {
    server.query("create database d");
    server.query("use d");
    const std::string version = server.value("select version()");
    unsigned major = 0;
    unsigned minor = 0;
    unsigned patch = 0;
    REQUIRE(std::sscanf(version.c_str(), "%u.%u.%u", &major, &minor, &patch) == 3);
    return {.server_version = major * 10000 + minor * 100 + patch};
}

struct different {
    std::string text;
    std::string ours;
};

}  // namespace

TEST_CASE("Our digest texts are those of the server, but for what differs on purpose", "[oracle]") {
    support::mysql_server server;
    const lex_options options = prepare(server);
    for (const std::string text :
         {"SELECT c FROM sbtest1 WHERE id=12345",
          "UPDATE sbtest1 SET k=k+1 WHERE id=5",
          "INSERT INTO sbtest1 (id, k, c, pad) VALUES (1, 2, 'c', 'pad')",
          "insert into t values (1,2),(3,4),(5,6)",
          "insert into t values (1),(2)",
          "insert into t values (1, now()), (2, now())",
          "insert into t (a, status) values (null, default)",
          "SELECT `users`.* FROM `users` WHERE `users`.`id` = 1 LIMIT 1",
          "select status, count(*), `begin` b, NULL, t.a is null from t where a in (1) and b in "
          "(1,2) "
          "and c = -1 and d = null limit 1,2",
          "select concat(1), Status.x, f(1), d.t.c, @@session.sql_mode, @@sql_mode from status",
          "select a -1, a*-1, (a)-1, - - 1, -a, ~1, a != 3, not a, a||b, a&&b from t",
          "select (1), (1,2), row(1,2), ((1)), a in ((1,2),(3,4)), a in (1+1, 2) from t",
          "select 1 from t where a like 'x' and b between -1 and +1 and c in (1, null) and d in "
          "(null)",
          "select f(1), (2), (3), (1,2),(3,4), f(1,2), f(3,4)",
          "select case when a=1 then -1 else -2 end, 'x' as al, !a, a<=>null, a->'$.x', a->>'$.y' "
          "from t",
          "select x'aa', 0xff, b'1', N'x', date'2020-01-01', true, 1.5e3, _utf8mb4'x'",
          "lock tables a read",
          "begin",
          "commit",
          "set autocommit=0",
          "set names utf8mb4",
          "set @x = 5",
          "set session transaction isolation level read committed",
          "with recursive x (n) as (select 1 union all select n+1 from x where n < 10) select * "
          "from x",
          "select a from t use index (i) where b = 1 for update",
          "select /*! 1 */ /* x */ + 1 -- y",
          "select now()-1, true-1, (select 1)-1, status -1, 1-1, 1 - -1 from t",
          "select json_extract(a, '$.x'), cast(a as decimal(10,2)), trim(both 'x' from a), "
          "extract(year from a) from t",
          "do sleep(1)",
          "call p(1, 'x')",
          "select a from t where (a, b) in ((1,2),(3,4))",
          "drop table if exists t",
          "use d",
          "select @a, @b := 1",
          "select 1, 2, 3",
          "select a from t limit 5 offset 6",
          "update t set a = default, b = null where c is not null",
          "select `a``b` from t",
          "select sum(a) over (partition by b order by c) from t",
          "savepoint a",
          "xa start 'x'",
          "handler t read first",
          "select get_lock('x', 10)"}) {
        CAPTURE(text);
        CHECK(digest_text(text, options) == server_digest_text(server, text).value());
    }
    // MySQL prints some keywords and operators by a synonym, counts adjacent strings one by one,
    // and keeps the numbers of GROUP BY 1.
    for (const different& d :
         std::vector<different>{{"select distinct a from t", "SELECT DISTINCT `a` FROM `t`"},
                                {"select a <> b", "SELECT `a` <> `b`"},
                                {"select 'a' 'b'", "SELECT ?"},
                                {"select a from t group by 1", "SELECT `a` FROM `t` GROUP BY ?"},
                                {"select a from t where -1", "SELECT `a` FROM `t` WHERE ?"},
                                {"call p(@x, 1)", "CALL `p` ( @? , ? )"},
                                {"select interval 1 day + a", "SELECT INTERVAL ? DAY + `a`"},
                                {"create table t (a int)", "CREATE TABLE `t` ( `a` INT )"}}) {
        CAPTURE(d.text);
        CHECK(digest_text(d.text, options) == d.ours);
        CHECK(server_digest_text(server, d.text).value() != d.ours);
    }
}

TEST_CASE("Our digest texts of random statements are those of the server", "[oracle]") {
    support::mysql_server server;
    const lex_options options = prepare(server);
    std::mt19937 random(20);
    int compared = 0;
    for (int i = 0; i < 2000; ++i) {
        const auto seed = static_cast<unsigned>(random());
        const std::string text = random_sql(seed, seed).statement();
        const auto has = [&](const char* part) { return text.find(part) != std::string::npos; };
        const bool differs_on_purpose =
            has("@") || has("'a' 'b'") || has("-5") || has("not null") || has("+7");
        if (differs_on_purpose) continue;
        const auto theirs = server_digest_text(server, text);
        if (!theirs) continue;
        CAPTURE(seed);
        CAPTURE(text);
        REQUIRE(digest_text(text, options) == *theirs);
        ++compared;
    }
    CHECK(compared > 100);
}

TEST_CASE("The server's keywords are ours", "[oracle]") {
    support::mysql_server server;
    for (const auto& row : server.query("select word, reserved from information_schema.keywords")) {
        CAPTURE(*row[0]);
        const keyword* known = find_keyword(*row[0]);
        REQUIRE(known);
        if (*row[1] == "0") CHECK(known->kind == keyword::kind_type::nonreserved);
    }
}

TEST_CASE("Every row the server returns satisfies the equalities of its statement", "[oracle]") {
    support::mysql_server server;
    const lex_options options = prepare(server);
    server.query("create table d.t (a int, b int, c int)");
    server.query(
        "insert into d.t with n as (select 0 x union select 1 union select 2 union select 3 union "
        "select null) select p.x, q.x, r.x from n p, n q, n r");
    const auto seed = GENERATE(take(1, random(0u, ~0u)));
    CAPTURE(seed);
    std::mt19937 random(seed);
    int checked = 0;
    for (int i = 0; i < 1500; ++i) {
        const auto one = static_cast<unsigned>(random());
        const std::string query =
            "select a, b, c from d.t where " + random_sql(one, one).condition();
        CAPTURE(query);
        const auto equalities = facts(query, options).equalities;
        if (equalities.empty() || !server_digest_text(server, query)) continue;
        for (const auto& e : equalities) {
            std::string holds = "false";
            for (const auto& l : literals_at(query, options, e.ordinals.front()))
                holds += " or " + e.column + " <=> " + std::string(l.text);
            const std::string against =
                "select count(*) from (" + query + ") x where not (" + holds + ")";
            REQUIRE(server.value(against) == "0");
            ++checked;
        }
    }
    CHECK(checked > 100);
}

TEST_CASE("Texts that the server takes as one token sequence are read alike", "[oracle]") {
    support::mysql_server server;
    const lex_options options = prepare(server);
    // Each text selects values; the server's answer shows how many columns it saw.
    for (const std::string text :
         {"select 1 --1", "select 1--\n,2", "select 1 # ,2\n,3", "select /*! 1, */ 2",
          "select /*!99999 1, */ 2", "select 'a''b', 'c\\',d'", "select \"a\",'b'",
          "select 1e1a, 2", "select 'a' /* , */ 'b'", "select /*+ ` , */ 1", "select .5, 1., 1.e5",
          "select @`a,b`, @'c,d'", "select 0b1, 0x1f, X'41'", "select /*!50000 1 /* , */ , 2 */",
          "select 1 /*!99999 /* x */ , 3 */ , 2", "select @@sql_mode, @@session.sql_mode"}) {
        CAPTURE(text);
        const auto rows = server.query(text);
        std::size_t columns = 1;
        lexer in(text, options);
        for (auto t = in.next(); t.kind != token_kind::end; t = in.next())
            if (t.text == ",") ++columns;
        CHECK(rows.front().size() == columns);
    }
}
