#include "replicator/predicate.hpp"

#include <catch2/catch.hpp>

using replicator::predicate;

namespace {

replicator::table_layout table(const std::string& type, const std::string& collation = "",
                               const std::string& charset = "") {
    replicator::table_layout made{.schema = "s", .table = "t"};
    made.columns.push_back(
        {.name = "c", .data_type = type, .charset = charset, .collation = collation});
    return made;
}

predicate bound(const replicator::table_layout& to, const std::vector<std::string>& values) {
    auto made = predicate::bind({"C", values}, to);
    REQUIRE(made.has_value());
    return std::move(*made);
}

}  // namespace

TEST_CASE("Whole numbers of every size are told apart", "[predicate]") {
    const auto numbers =
        bound(table("bigint"), {"18446744073709551615", "-9223372036854775808", "7"});
    CHECK(numbers.keeps(std::uint64_t{18446744073709551615U}));
    CHECK(numbers.keeps(std::int64_t{-9223372036854775807 - 1}));
    CHECK(numbers.keeps(std::int64_t{7}));
    CHECK(numbers.keeps(std::uint64_t{7}));
    CHECK_FALSE(numbers.keeps(std::int64_t{-1}));  // the same bits as the first value
    CHECK_FALSE(numbers.keeps(std::uint64_t{9223372036854775808U}));
    CHECK_FALSE(numbers.keeps(protocol::null_value{}));
    CHECK(numbers.sql() == "`c` IN (18446744073709551615, -9223372036854775808, 7)");
}

TEST_CASE("Trailing blanks count where the collation says so", "[predicate]") {
    const auto value = [](std::string text) { return protocol::string_value{std::move(text), 46}; };
    const auto padded = bound(table("varchar", "utf8mb4_bin", "utf8mb4"), {"EU"});
    CHECK(padded.keeps(value("EU")));
    CHECK(padded.keeps(value("EU  ")));
    CHECK_FALSE(padded.keeps(value("eu")));
    const auto exact = bound(table("varchar", "utf8mb4_0900_bin", "utf8mb4"), {"EU"});
    CHECK(exact.keeps(value("EU")));
    CHECK_FALSE(exact.keeps(value("EU ")));
}

TEST_CASE("Dates are compared as they are printed", "[predicate]") {
    const auto days = bound(table("date"), {"2026-01-31"});
    using kind = protocol::temporal_value::kind;
    CHECK(days.keeps(protocol::temporal_value{kind::date, "2026-01-31"}));
    CHECK_FALSE(days.keeps(protocol::temporal_value{kind::date, "2026-02-01"}));
    CHECK_FALSE(predicate::bind({"c", {"31.1.2026"}}, table("date")).has_value());
}

TEST_CASE("Values cannot break out of their literal", "[predicate]") {
    const auto odd = bound(table("varchar", "utf8mb4_bin", "utf8mb4"), {"a'b\\"});
    CHECK(odd.sql() == "`c` IN ('a\\'b\\\\')");
}

TEST_CASE("Columns whose equality only the server knows are refused", "[predicate]") {
    CHECK_FALSE(predicate::bind({"c", {"a"}}, table("varchar", "utf8mb4_0900_ai_ci", "utf8mb4"))
                    .has_value());
    CHECK_FALSE(predicate::bind({"c", {"1.0"}}, table("decimal")).has_value());
    CHECK_FALSE(predicate::bind({"c", {"1"}}, table("double")).has_value());
    CHECK_FALSE(predicate::bind({"c", {}}, table("int")).has_value());
    CHECK_FALSE(predicate::bind({"d", {"1"}}, table("int")).has_value());
    CHECK_FALSE(predicate::bind({"c", {"1; DROP TABLE t"}}, table("int")).has_value());
    CHECK_FALSE(
        predicate::bind({"c", {"é"}}, table("varchar", "latin1_bin", "latin1")).has_value());
}
