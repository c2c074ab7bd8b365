#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "random_sql.hpp"
#include "rules/literal.hpp"
#include "support.hpp"

using namespace rules;

namespace {

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
    const std::string a = random_sql(seed, 1).statement();
    const std::string b = random_sql(seed, seed ^ 0x5a5a5a5a).statement();
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
    const std::string text = random_sql(seed, seed).statement();
    const std::string other = random_sql(seed, ~seed).statement();
    for (const auto& statement : analyze(text, mysql_9).statements)
        for (const auto& e : statement.equalities)
            if (e.source == equality::value_source::literals) {
                CAPTURE(text);
                REQUIRE_FALSE(literals_at(text, mysql_9, e.ordinals.front()).empty());
                REQUIRE_FALSE(literals_at(other, mysql_9, e.ordinals.front()).empty());
            }
}
