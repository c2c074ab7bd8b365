#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "support.hpp"

using namespace rules;

namespace {

std::string shown(const assignment& a) {
    static constexpr std::string_view scopes[] = {"session", "user", "global", "persist", "next"};
    static constexpr std::string_view kinds[] = {"string",  "number", "word",
                                                 "default", "null",   "expression"};
    return std::string(scopes[static_cast<std::size_t>(a.scope)]) + " " + a.name + " " +
           std::string(kinds[static_cast<std::size_t>(a.kind)]) + " " + a.text +
           (a.collation.empty() ? "" : " collate " + a.collation);
}

std::vector<std::string> assignments(std::string_view text) {
    std::vector<std::string> out;
    for (const auto& a : facts(text).assignments) out.push_back(shown(a));
    return out;
}

using list = std::vector<std::string>;

}  // namespace

TEST_CASE("SET gives every assignment with scope, name and value", "[set]") {
    CHECK(
        assignments(
            "SET autocommit=0, @X := 'a''b', sql_mode = default, @@session.time_zone = '+00:00'") ==
        list{"session autocommit number 0", "user x string 'a''b'",
             "session sql_mode default DEFAULT", "session time_zone string '+00:00'"});
    CHECK(assignments("set a = -5, b = on, c = Utf8, @d = null, e = 0x1f, f = 1.5") ==
          list{"session a number -5", "session b word ON", "session c word Utf8",
               "user d null NULL", "session e number 0x1f", "session f number 1.5"});
    CHECK(assignments("set session a = 1, local b = 2, @@local.c = 3, @@d = 4") ==
          list{"session a number 1", "session b number 2", "session c number 3",
               "session d number 4"});
}

TEST_CASE("What needs evaluation is an expression, one space between its tokens", "[set]") {
    CHECK(assignments("set sql_mode=concat( @@sql_mode,\n',X') -- y") ==
          list{"session sql_mode expression `concat` ( @@sql_mode , ',X' )"});
    CHECK(assignments("set @a = (select max(b) from t), c = 1 + 1") ==
          list{"user a expression ( SELECT MAX ( `b` ) FROM `t` )", "session c expression 1 + 1"});
    CHECK(assignments("set a = _utf8mb4'x'") == list{"session a expression _utf8mb4 'x'"});
}

TEST_CASE("What Rails sends on connecting is understood", "[set]") {
    const std::string text =
        "SET  @@SESSION.sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES'),  "
        "@@SESSION.sql_auto_is_null = 0, @@SESSION.wait_timeout = 2147483";
    CHECK(class_of(text) == "set_session");
    CHECK(assignments(text).at(1) == "session sql_auto_is_null number 0");
    CHECK(assignments("SET NAMES utf8mb4 COLLATE utf8mb4_0900_ai_ci") ==
          list{"session names word utf8mb4 collate utf8mb4_0900_ai_ci"});
}

TEST_CASE("SET NAMES and SET CHARACTER SET have names of their own", "[set]") {
    CHECK(assignments("set names 'latin1'") == list{"session names string 'latin1'"});
    CHECK(assignments("set names default") == list{"session names default DEFAULT"});
    CHECK(assignments("set character set utf8mb4") == list{"session character set word utf8mb4"});
    CHECK(assignments("set charset latin1, names binary") ==
          list{"session character set word latin1", "session names word BINARY"});
}

TEST_CASE("A global or persisted variable makes the statement global", "[set]") {
    for (const auto text :
         {"set global a = 1", "set @@global.a = 1", "set persist a = 1", "set @@persist_only.a = 1",
          "set a = 1, global b = 2", "set global transaction read only"})
        CHECK(class_of(text) == "set_global");
    CHECK(assignments("set global a = 1, b = 2, session c = 3, d = 4, @@e = 5") ==
          list{"global a number 1", "global b number 2", "session c number 3", "session d number 4",
               "session e number 5"});
    CHECK(assignments("set global hot.key_buffer_size = 1") ==
          list{"global hot.key_buffer_size number 1"});
}

TEST_CASE("Transaction characteristics belong to the session or to the next transaction", "[set]") {
    CHECK(assignments("set transaction isolation level read committed, read only") ==
          list{"next transaction_isolation word READ-COMMITTED",
               "next transaction_read_only word ON"});
    CHECK(assignments("set session transaction read write") ==
          list{"session transaction_read_only word OFF"});
    CHECK(assignments("set @@transaction_isolation = 'SERIALIZABLE'") ==
          list{"next transaction_isolation string 'SERIALIZABLE'"});
    CHECK(assignments("set transaction_isolation = 'SERIALIZABLE'") ==
          list{"session transaction_isolation string 'SERIALIZABLE'"});
    for (const auto text :
         {"set transaction read only", "set local transaction isolation level serializable",
          "set @@transaction_read_only = 1"})
        CHECK(class_of(text) == "set_transaction");
}

TEST_CASE("A SET that cannot be read is unknown and has no assignments", "[set]") {
    for (const auto text : {"set a", "set a = ", "set = 1", "set a = 1,", "set names",
                            "set a.b.c = 1", "set global = 1 2 = 3", "set transaction foo"}) {
        CAPTURE(text);
        CHECK((class_of(text) == "unknown" || facts(text).assignments.size() == 1));
    }
    CHECK(class_of("set a = ") == "unknown");
    CHECK(class_of("set names") == "unknown");
}
