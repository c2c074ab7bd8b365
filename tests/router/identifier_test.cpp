#include "router/identifier.hpp"

#include <catch2/catch.hpp>

using namespace router;

TEST_CASE("ASCII names are one name if they are equal", "[identifier]") {
    CHECK(may_be_same("email", "email"));
    CHECK_FALSE(may_be_same("email", "emails"));
    CHECK_FALSE(may_be_same("", "a"));
    CHECK(may_be_same("", ""));
}

TEST_CASE("A case variant beyond ASCII may be the same name", "[identifier]") {
    CHECK(may_be_same("\u212aey", "key"));      // Kelvin sign
    CHECK(may_be_same("\u0130d", "id"));        // dotted capital i
    CHECK(may_be_same("na\u017fty", "nasty"));  // long s
    CHECK(may_be_same("gr\u00d6\u00dfe", "gr\u00f6\u00dfe"));
    CHECK(may_be_same("pr\xe9nom", "pr\xc3\xa9nom"));  // latin1 and utf8
}

TEST_CASE("Names that differ in an ASCII letter without variants are two names", "[identifier]") {
    CHECK_FALSE(may_be_same("gr\u00f6\u00dfe", "email"));
    CHECK_FALSE(may_be_same("pr\u00e9nom", "prenom"));
    CHECK_FALSE(may_be_same("\u00fcberschrift", "email"));
    CHECK_FALSE(may_be_same("\u00e9", "a"));
}

TEST_CASE("Lower case is ASCII's", "[identifier]") {
    CHECK(to_lower("Shop_1\u00c4Z") == "shop_1\u00c4z");
}
