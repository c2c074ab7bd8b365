#include "rules/literal.hpp"

#include <catch2/catch.hpp>

#include "support.hpp"

using namespace rules;

namespace {

std::string literals(std::string_view text, std::uint32_t ordinal) {
    std::string out;
    for (const auto& l : literals_at(text, mysql_9, ordinal))
        out += (out.empty() ? "" : "|") + std::string(l.text);
    return out;
}

}  // namespace

TEST_CASE("Literals are found again by their ordinal", "[literal]") {
    const std::string text =
        "select 1, 2 from t where a = -5 and b in (6, 'x', null) and c = 'y' 'z'";
    CHECK(literals(text, 0) == "1|2");
    CHECK(literals(text, 1) == "-5");
    CHECK(literals(text, 2) == "6|'x'|null");
    CHECK(literals(text, 3) == "'y' 'z'");
    CHECK(literals(text, 4).empty());
    CHECK(literal_at(text, mysql_9, 1)->kind == literal::kind_type::integer);
    CHECK(literal_at(text, mysql_9, 3)->kind == literal::kind_type::string);
    CHECK_FALSE(literal_at(text, mysql_9, 0));
}

TEST_CASE("Literals of further rows do not shift the ordinals behind them", "[literal]") {
    const std::string one = "select (1), a = 5";
    const std::string more = "select (1), (2), (3), a = 5";
    const std::string two = "select (1), (2), a = 5";
    REQUIRE(same_digest(two, more));
    CHECK(literals(one, 1) == "5");
    CHECK(literals(two, 1) == "5");
    CHECK(literals(more, 1) == "5");
    CHECK(literals(more, 0) == "1");
}

TEST_CASE("More literals than asked for are none", "[literal]") {
    CHECK(literals_at("select a in (1, 2, 3)", {}, 0, 2).empty());
    CHECK(literals_at("select a in (1, 2, 3)", {}, 0, 3).size() == 3);
}

TEST_CASE("A string literal's value has its quotes and escapes resolved", "[literal]") {
    CHECK(string_value(R"('a''b\'c\n\%\q')", {}) == "a'b'c\n\\%q");
    CHECK(string_value(R"("a""b")", {}) == "a\"b");
    CHECK(string_value("N'x'", {}) == "x");
    CHECK(string_value("'a' /* c */ 'b'", {}) == "ab");
    CHECK(string_value(R"('a\n')", {.no_backslash_escapes = true}) == "a\\n");
    CHECK(string_value("'\x95\x5c'", {.charset = multibyte::gbk}) == "\x95\x5c");
    CHECK(string_value("'a", {}) == "a");
    CHECK(string_value("5", {}).empty());
}
