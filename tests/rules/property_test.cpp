#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "rules/literal.hpp"
#include "support.hpp"

using namespace rules;

namespace {

// Makes statements at random from a grammar, most of them valid.  Every literal is written by
// literal(), so that the same seed with other literals gives the same statement but for those.
class generator {
public:
    generator(unsigned structure, unsigned literals) : structure_(structure), literals_(literals) {}

    std::string statement() {
        switch (pick(12)) {
            case 0:
                return "insert into " + name() + " (" + name() + ", " + name() + ") values (" +
                       literal() + ", " + expression() + ")";
            case 1:
                return "update " + name() + " set " + name() + " = " + expression() + where();
            case 2:
                return "delete from " + name() + where();
            case 3:
                return "begin; " + query() + "; commit";
            case 4:
                return "with " + name() + " as (" + query() + ") " + query();
            case 5:
                return "explain " + query();
            case 6:
                return "call " + name() + "(" + expression() + ", @" + name() + ")";
            case 7:
                return "(" + query() + ") union (" + query() + ")";
            case 8:
                return "do " + expression();
            default:
                return query();
        }
    }

private:
    unsigned pick(unsigned n) { return structure_() % n; }
    std::string any_of(std::initializer_list<std::string_view> list) {
        return std::string(list.begin()[pick(static_cast<unsigned>(list.size()))]);
    }

    std::string name() {
        return any_of({"a", "b", "orders", "shop_id", "`c d`", "`q``r`", "status", "T", "date"});
    }
    std::string column() { return pick(3) == 0 ? name() + "." + name() : name(); }

    // The number of random draws must not depend on which literal it is.
    std::string literal() {
        static const std::vector<std::string> all{"1",
                                                  "-5",
                                                  "'x'",
                                                  "'it''s'",
                                                  "'\\''",
                                                  "\"q\"",
                                                  "1.5",
                                                  "1e3",
                                                  "0xff",
                                                  "X'41'",
                                                  "b'1'",
                                                  "N'n'",
                                                  "';'",
                                                  "'/*'",
                                                  "'-- '",
                                                  "'a' 'b'",
                                                  "12345678901234567890",
                                                  ".5",
                                                  "+7",
                                                  "''"};
        return all[literals_() % all.size()];
    }
    std::string list() {
        // Two at least: a single value is another form outside IN.
        std::string out = literal() + ", " + literal();
        for (auto more = literals_() % 3; more > 0; --more) out += "," + literal();
        return out;
    }

    std::string expression(int depth = 0) {
        if (depth > 3) return literal();
        const auto sub = [&] { return expression(depth + 1); };
        switch (pick(14)) {
            case 0:
                return column() + " = " + literal();
            case 1:
                return column() + " in (" + list() + ")";
            case 2:
                return column() + " in (" + literal() + ")";
            case 3:
                return "(" + sub() + ")";
            case 4:
                return sub() + " and " + sub();
            case 5:
                return sub() + " or " + sub();
            case 6:
                return "concat(" + sub() + ", " + sub() + ")";
            case 7:
                return any_of({"f(", "get_lock(", "count(", "last_insert_id(", "d.g("}) + list() +
                       ")";
            case 8:
                return "(" + query(depth + 1) + ")";
            case 9:
                return column() + " between " + literal() + " and " + sub();
            case 10:
                return "case when " + sub() + " then " + literal() + " else " + sub() + " end";
            case 11:
                return any_of({"@v", "@@sql_mode", "now()", "?", "null", "true", "current_user"});
            case 12:
                return "not " + sub();
            default:
                return literal();
        }
    }

    std::string where() { return pick(4) == 0 ? "" : " where " + expression(); }

    std::string query(int depth = 0) {
        std::string out = "select " + any_of({"*", "a", "count(*)", "t.*", "sql_no_cache b"});
        if (pick(3) == 0) out += ", " + expression(depth + 1);
        if (pick(8) == 0) return out;
        out += " from " + name();
        if (pick(4) == 0) out += any_of({" join ", ", ", " natural join ", " left join "}) + name();
        out += where();
        if (pick(3) == 0) out += " order by " + column() + " limit " + list();
        if (pick(6) == 0) out += any_of({" for update", " for share", " lock in share mode"});
        return out;
    }

    std::mt19937 structure_;
    std::mt19937 literals_;
};

// A change that the server does not see: comments, space, case of keywords, a trailing semicolon.
std::string disguised(const std::string& text, std::mt19937& random) {
    std::string out = random() % 3 == 0 ? "/* x */ " : "";
    for (const char c : text) {
        if (c == ' ' && out.find_first_of("'\"`") == std::string::npos && random() % 4 == 0)
            out += random() % 2 == 0 ? "\n/* ' */ " : " -- y\n";
        else
            out += c;
    }
    return random() % 3 == 0 ? out + " ; " : out;
}

}  // namespace

TEST_CASE("Statements that differ only in literals have equal digests and equal facts",
          "[property]") {
    const auto seed = GENERATE(take(2000, random(0u, ~0u)));
    CAPTURE(seed);
    const std::string a = generator(seed, 1).statement();
    const std::string b = generator(seed, seed ^ 0x5a5a5a5a).statement();
    CAPTURE(a);
    CAPTURE(b);
    REQUIRE(same_digest(a, b));
    REQUIRE(analyze(a, mysql_9) == analyze(b, mysql_9));
    REQUIRE(digest_text(a, mysql_9) == digest_text(b, mysql_9));
    std::mt19937 random(seed);
    const std::string c = disguised(b, random);
    CAPTURE(c);
    REQUIRE(same_digest(a, c));
    REQUIRE(analyze(a, mysql_9) == analyze(c, mysql_9));
}

TEST_CASE("Any two texts with equal digests have equal facts, garbage included", "[property]") {
    // Few tokens and short texts, so that equal digests are frequent.
    static const std::vector<std::string> tokens{
        "select", "set", "use",      "a",  "A",        "`a`", "1",      "2",     "'x'",
        "-",      "+",   "(",        ")",  ",",        "in",  "=",      "null",  "is",
        "@a",     "@@a", ";",        "?",  "*",        ".",   "from",   "where", "and",
        "begin",  "end", "/*!80000", "*/", "/*!99999", "for", "update", "status"};
    const auto seed = GENERATE(take(20, random(0u, ~0u)));
    CAPTURE(seed);
    std::mt19937 random(seed);
    std::unordered_map<std::uint64_t, std::pair<std::string, script_facts>> seen;
    std::size_t equal = 0;
    for (int i = 0; i < 2000; ++i) {
        std::string text;
        for (auto n = 1 + random() % 9; n > 0; --n)
            text += tokens[random() % tokens.size()] + (random() % 3 == 0 ? "" : " ");
        auto facts = analyze(text, mysql_9);
        const auto [at, inserted] = seen.try_emplace(digest_of(text, mysql_9).hash, text, facts);
        if (inserted) continue;
        CAPTURE(text);
        CAPTURE(at->second.first);
        REQUIRE(facts == at->second.second);
        equal += text != at->second.first;
    }
    CHECK(equal > 10);
}

TEST_CASE("The literals of an equality are found in every statement of the digest", "[property]") {
    const auto seed = GENERATE(take(500, random(0u, ~0u)));
    CAPTURE(seed);
    const std::string text = generator(seed, seed).statement();
    const std::string other = generator(seed, ~seed).statement();
    for (const auto& statement : analyze(text, mysql_9).statements)
        for (const auto& e : statement.equalities)
            if (e.source == equality::value_source::literals) {
                CAPTURE(text);
                REQUIRE_FALSE(literals_at(text, mysql_9, e.ordinals.front()).empty());
                REQUIRE_FALSE(literals_at(other, mysql_9, e.ordinals.front()).empty());
            }
}
