#include "rules/utf8.hpp"

#include <catch2/catch.hpp>
#include <string>

TEST_CASE("Valid utf8mb4 is what MySQL takes without a warning") {
    // As 9.7 answers SET @a = '…'.
    for (const char* text : {"", "a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
                             "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf", "a\xc3\xa9z"}) {
        CAPTURE(text);
        CHECK(rules::is_utf8(text, 4));
    }
    for (const char* text :
         {"\xe9", "\x80", "\xc0\x80", "\xc3", "\xc3z", "\xe0\x80\x80", "\xed\xa0\x80",
          "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "a\xe2\x82"}) {
        CAPTURE(text);
        CHECK_FALSE(rules::is_utf8(text, 4));
    }
    CHECK(rules::is_utf8("\xe2\x82\xac", 3));
    CHECK_FALSE(rules::is_utf8("\xf0\x9f\x98\x80", 3));
}
