#include "rules/lexer.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

// The expectations were checked against MySQL 9.7: what it answers shows how it read the text.

using namespace std::string_literals;
using rules::lex_options;
using rules::lexer;
using rules::multibyte;
using rules::token_kind;

namespace {

std::string letter_of(const rules::token& t) {
    switch (t.kind) {
        case token_kind::end:
            return "";
        case token_kind::word:
            return t.word ? "K" : "W";
        case token_kind::quoted_word:
            return "Q";
        case token_kind::string:
            return "S";
        case token_kind::integer:
            return "I";
        case token_kind::decimal:
            return "D";
        case token_kind::real:
            return "R";
        case token_kind::hex:
            return "X";
        case token_kind::bit:
            return "B";
        case token_kind::parameter:
            return "P";
        case token_kind::user_variable:
            return "U";
        case token_kind::system_variable:
            return "V";
        case token_kind::introducer:
            return "_";
        case token_kind::punctuation:
            return "";
        case token_kind::hint:
            return "H";
        case token_kind::version_mark:
            return "M";
    }
    return "?";
}

// Each token as its kind's letter and its text: K keyword, W word, Q quoted word, S string, ...;
// punctuation is bare.
std::string read(std::string_view text, const lex_options& options = {}) {
    std::string out;
    lexer in(text, options);
    for (auto t = in.next(); t.kind != token_kind::end; t = in.next())
        out += (out.empty() ? "" : " ") + letter_of(t) + std::string(t.text);
    return out;
}

struct lexer_case {
    std::string text;
    std::string tokens;
};

void check(const std::vector<lexer_case>& cases, const lex_options& options = {}) {
    for (const auto& c : cases) {
        CAPTURE(c.text);
        CHECK(read(c.text, options) == c.tokens);
    }
}

}  // namespace

TEST_CASE("A double dash begins a comment only before a space, a control byte or the end",
          "[lexer]") {
    check({{"1 -- x\n2", "I1 I2"},
           {"1--\t x", "I1"},
           {"1--\x01x", "I1"},
           {"1--", "I1"},
           {"1--1", "I1 - - I1"},
           {"1--x", "I1 - - Wx"},
           {"--", ""},
           {"1 # x ' \n 2", "I1 I2"}});
}

TEST_CASE("A plain comment ends at the first end mark, whatever is in it", "[lexer]") {
    check({{"1 /* ' ` \" -- # */ 2", "I1 I2"},
           {"1 /* /* */ 2 */", "I1 I2 * /"},
           {"1 /*", "I1"},
           {"1 /**/ 2", "I1 I2"},
           {"1 /*/ 2", "I1"},
           {"/*M! 1 */ 2", "I2"}});
}

TEST_CASE("MariaDB reads its own comments, and of MySQL's those of old versions", "[lexer]") {
    const lex_options server{.server_version = 101118, .mariadb = true};
    check({{"/*M! 1 */ 2", "I1 I2"},
           {"/*M!50701 1 */ 2", "I1 I2"},
           {"/*! 1 */ 2", "I1 I2"},
           {"/*!50699 1 */ 2", "I1 I2"},
           {"/*!50700 1 */ 2", "I2"},
           {"/*M 1 */ 2", "I2"}},
          server);
    CHECK(read("/*!99999 1 */ 2", server) == "M/*!99999 I2");
    CHECK(read("/*!100100 1 */ 2", server) == "M/*!100100 I1 I2");
    CHECK(read("/*M!100100 1 */ 2", server) == "M/*M!100100 I1 I2");
    CHECK(read("/*M!999999 1 */ 2", server) == "M/*M!999999 I2");
}

TEST_CASE("A version comment is read if the server is new enough", "[lexer]") {
    const lex_options server{.server_version = 80400};
    check({{"/*!80000x*/", "Wx"},
           {"/*!080000 1*/", "I1"},
           {"/*! 1 */ 2", "I1 I2"},
           {"/*!8000 1*/", "I8000 I1"},
           {"/*!50000 1 /* x */ + 2 */ + 3", "I1 + I2 + I3"},
           {"1 /*!40101 ' */ ' */ 2", "I1 S' */ ' I2"}},
          {.server_version = 80000});
    CHECK(read("/*!80400 1 */ 2", server) == "M/*!80400 I1 I2");
    CHECK(read("/*!80401 1 */ 2", server) == "M/*!80401 I2");
    CHECK(read("/*!99999 1 /* x */ 3 */ 2", server) == "M/*!99999 I2");
    CHECK(read("/*!100000 1*/ 2", server) == "M/*!100000 I2");
    CHECK(read("/*!99999 1", server) == "M/*!99999");
}

TEST_CASE("A star and a slash outside a version comment are operators", "[lexer]") {
    check({{"1 */ 2", "I1 * / I2"}, {"/*! 1 */ */", "I1 * /"}});
}

TEST_CASE("An optimizer hint is a token only right after the verbs that take one", "[lexer]") {
    check({{"select /*+ a` */ 1", "Kselect H/*+ a` */ I1"},
           {"select\n/*+ x */ /*+ y */ 1", "Kselect H/*+ x */ I1"},
           {"select 1 /*+ x */", "Kselect I1"},
           {"select distinct /*+ x */ 1", "Kselect Kdistinct I1"},
           {"select /* x */ /*+ y */ 1", "Kselect I1"},
           {"select # x\n /*+ y */ 1", "Kselect I1"},
           {"insert /*+ x */ into t", "Kinsert H/*+ x */ Kinto Wt"},
           {"select /*+ x", "Kselect H/*+ x"},
           {"`select` /*+ x */", "Q`select`"}});
}

TEST_CASE("Strings end at their quote, unless it is doubled or escaped", "[lexer]") {
    check({{R"('a''b' 'c\'d' 'e\\' "f""g'")", R"(S'a''b' S'c\'d' S'e\\' S"f""g'")"},
           {"'a", "S'a"},
           {R"('a\)", R"(S'a\)"},
           {"N'x' n'y' X'41' x'4' B'01' b'1'", "SN'x' Sn'y' XX'41' Xx'4' BB'01' Bb'1'"},
           {"N 'x'", "WN S'x'"},
           {"_utf8mb4'x' _binary 'y' _nosuch 'z'", "__utf8mb4 S'x' __binary S'y' W_nosuch S'z'"},
           {"'a\0b'"s, "S'a\0b'"s}});
}

TEST_CASE("NO_BACKSLASH_ESCAPES makes a backslash an ordinary byte", "[lexer]") {
    check({{R"('a\' 'b')", R"(S'a\' S'b')"}}, {.no_backslash_escapes = true});
}

TEST_CASE("ANSI_QUOTES makes double quotes quote names", "[lexer]") {
    check({{R"("a""b" "c\" 'd')", R"(Q"a""b" Q"c\" S'd')"}, {R"(@"x")", R"(U@"x")"}},
          {.ansi_quotes = true});
    check({{R"("a")", R"(S"a")"}});
}

TEST_CASE("Back quotes quote names, and a backslash means nothing in them", "[lexer]") {
    check({{"`a``b` `c\\` d", "Q`a``b` Q`c\\` Wd"}, {"`a", "Q`a"}, {"``", "Q``"}});
}

TEST_CASE("Numbers are read as the server reads them", "[lexer]") {
    check({{"1 1.5 .5 1. 1e5 1.e5 1e+5 1E-5", "I1 D1.5 D.5 D1. R1e5 R1.e5 R1e+5 R1E-5"},
           {"0x1F 0b101", "X0x1F B0b101"},
           {"0X1F 0xZ 0b2 0x", "W0X1F W0xZ W0b2 W0x"},
           {"1abc 1e 1ea", "W1abc W1e W1ea"},
           {"1e1a", "R1e1 Wa"},
           {"1.a", "D1. Wa"},
           {"1-1", "I1 - I1"}});
}

TEST_CASE("Behind a dot that joins names, keywords and digits are names", "[lexer]") {
    check({{"a.select", "Wa . Wselect"},
           {"select.a", "Wselect . Wa"},
           {"db.1tbl", "Wdb . W1tbl"},
           {"db.1", "Wdb . W1"},
           {"db .1", "Wdb D.1"},
           {"`db`.1b", "Q`db` D.1 Wb"},
           {"a. select", "Wa . Kselect"},
           {"a .select", "Wa . Wselect"},
           {"a.`b`", "Wa . Q`b`"},
           {"a.x'1'", "Wa . Wx S'1'"},
           {"t.*", "Wt . *"}});
}

TEST_CASE("Variables carry their name, quoted or not", "[lexer]") {
    check({{"@a.b$c @`x y` @'z' @ @1", "U@a.b$c U@`x y` U@'z' U@ U@1"},
           {"@@a @@global.b @@`c`", "V@@a V@@global . Wb V@@`c`"},
           {"@a:=1", "U@a := I1"},
           {"root@localhost", "Wroot U@localhost"},
           {"?", "P?"}});
}

TEST_CASE("Operators take as many bytes as they can", "[lexer]") {
    check({{"a<=>b<=c<>d!=e>=f<<g>>h", "Wa <=> Wb <= Wc <> Wd != We >= Wf << Wg >> Wh"},
           {"a->'$'->>'$'&&b||c:=d", "Wa -> S'$' ->> S'$' && Wb || Wc := Wd"}});
}

TEST_CASE("A function keyword is one only right before its parenthesis", "[lexer]") {
    check({{"count(", "Kcount ("}, {"count (", "Wcount ("}, {"count", "Wcount"}});
    check({{"count (", "Kcount ("}}, {.ignore_space = true});
}

TEST_CASE("In a character set whose second bytes look like quotes, characters stay whole",
          "[lexer]") {
    const std::string text =
        "'\x95\x5c' , 1";  // one character in gbk, sjis; its second byte is a backslash
    for (const auto charset : {multibyte::gbk, multibyte::sjis, multibyte::gb18030}) {
        const lex_options options{.charset = charset};
        CHECK(read(text, options) == "S'\x95\x5c' , I1");
    }
    CHECK(read(text) == "S'\x95\x5c' , 1");
    CHECK(read("'\xa4\x5c' 1", {.charset = multibyte::big5}) == "S'\xa4\x5c' I1");
    CHECK(read("'\x95' 1", {.charset = multibyte::gbk}) == "S'\x95' I1");
    CHECK(read("\x81\x60 x", {.charset = multibyte::gbk}) == "W\x81\x60 Wx");
}

TEST_CASE("Bytes above ASCII are part of a word", "[lexer]") {
    check({{"naïve日本 x", "Wnaïve日本 Wx"}});
}

TEST_CASE("Every prefix of a text is read without harm, and all of it is read", "[lexer]") {
    const std::string text =
        "select /*+ h */ `a``b`, 'c\\'d' \"e\", @`x`, @@global.y, 0x1f, 1.5e-3, _utf8mb4'z' "
        "/*!99999 /* q */ */ from t -- c\n where a <=> ? and b->>'$' := .5 #";
    for (std::size_t size = 0; size <= text.size(); ++size) {
        const std::vector<char> cut(text.data(), text.data() + size);  // its own block
        lexer in({cut.data(), cut.size()}, {});
        const char* last = cut.data();
        for (auto t = in.next(); t.kind != token_kind::end; t = in.next()) {
            REQUIRE(t.text.data() >= last);
            REQUIRE(!t.text.empty());
            last = t.text.data() + t.text.size();
        }
        REQUIRE(last <= cut.data() + cut.size());
        REQUIRE(in.next().kind == token_kind::end);
    }
}
