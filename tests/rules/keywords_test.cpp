#include "rules/keywords.hpp"

#include <catch2/catch.hpp>

using rules::find_keyword;
using rules::keyword;

TEST_CASE("Keywords are found in any case, and other words are not", "[keywords]") {
    CHECK(find_keyword("select")->name == "SELECT");
    CHECK(find_keyword("SeLeCt")->kind == keyword::kind_type::reserved);
    CHECK(find_keyword("status")->kind == keyword::kind_type::nonreserved);
    CHECK(find_keyword("count")->kind == keyword::kind_type::function);
    CHECK(find_keyword("get_source_public_key") != nullptr);
    for (const auto word : {"", "selec", "selects",
                            "sel\x65"
                            "cT_",
                            "orders",
                            "\x93"
                            "ELECT"})
        CHECK(find_keyword(word) == nullptr);
}

TEST_CASE("Words reserved only lately count as possible names", "[keywords]") {
    for (const auto word : {"QUALIFY", "MANUAL", "PARALLEL", "LIBRARY", "INTERSECT"})
        CHECK(find_keyword(word)->kind == keyword::kind_type::nonreserved);
}
