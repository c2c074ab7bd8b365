#include "replicator/sql_text.hpp"

#include <catch2/catch.hpp>

using replicator::words_of;

namespace {

std::string words(const std::string& statement) {
    std::string all;
    for (const auto& word : words_of(statement, 100)) {
        all += (all.empty() ? "" : " ") + (word.quoted ? "[" + word.text + "]" : word.text);
    }
    return all;
}

}  // namespace

TEST_CASE("Words are names and keywords, not what strings and comments hold", "[sql_text]") {
    CHECK(words("ALTER TABLE `My``T`.x") == "alter table [My`T] x");
    CHECK(words("a 'b c' d") == "a d");
    CHECK(words("a 'it''s' b 'q\\'r' c") == "a b c");
    CHECK(words("a /* b */ c # d\ne -- f\ng") == "a c e g");
    CHECK(words("a--b") == "a b");
    CHECK(words("/*!50110 KEY */ x /*! y */") == "key x y");
    CHECK(words("a.b,c(d)=e+1") == "a b c d e 1");
}

TEST_CASE("Text that ends inside something ends there", "[sql_text]") {
    for (const char* text : {"'", "`", "\"a", "/*", "/*!", "#", "-- ", "'\\", "`a``", "'a''"}) {
        CAPTURE(text);
        CHECK_NOTHROW(words_of(text, 100));
    }
    CHECK(words_of("a b c d", 2).size() == 2);
}

TEST_CASE("Quoting keeps names and values in their place", "[sql_text]") {
    CHECK(replicator::quoted("a`b") == "`a``b`");
    CHECK(replicator::quoted("s", "t") == "`s`.`t`");
    CHECK(replicator::literal("it's \\") == "'it\\'s \\\\'");
    CHECK(replicator::literal(std::string(1, '\0')) == "'\\0'");
}
