#include "rules/facts_cache.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "support.hpp"

using namespace rules;

TEST_CASE("Statements that differ in literals share their facts", "[facts_cache]") {
    facts_cache cache;
    const auto first = cache.find("select a from t where b = 1", mysql_9);
    const auto second = cache.find("select a from t where b = 2", mysql_9);
    CHECK(first.facts == second.facts);
    CHECK(cache.count().hits == 1);
    CHECK(cache.count().misses == 1);
}

TEST_CASE("Sessions that lex differently do not share facts", "[facts_cache]") {
    facts_cache cache;
    const std::string text = "select \"a\" from t";
    const auto plain = cache.find(text, mysql_9);
    const auto ansi = cache.find(text, {.ansi_quotes = true, .server_version = 90700});
    CHECK(joined(plain.facts->front().names) == "t");
    CHECK(joined(ansi.facts->front().names) == "a t");
}

TEST_CASE("The least recently used entry leaves first, and its holders keep it", "[facts_cache]") {
    facts_cache cache({.entries_max = 2});
    const auto a = cache.find("select a", mysql_9);
    cache.find("select b", mysql_9);
    cache.find("select a", mysql_9);
    cache.find("select c", mysql_9);  // b leaves
    CHECK(cache.count().evictions == 1);
    cache.find("select a", mysql_9);
    CHECK(cache.count().hits == 2);
    cache.find("select b", mysql_9);
    CHECK(cache.count().misses == 4);
    CHECK(joined(a.facts->front().names) == "a");
}

TEST_CASE("The cache stays within its bytes", "[facts_cache]") {
    facts_cache cache({.entries_max = 1'000'000, .bytes_max = 100'000});
    for (int i = 0; i < 5'000; ++i) {
        const auto found = cache.find("select column_" + std::to_string(i) + " from t", mysql_9);
        REQUIRE(found.facts);
        REQUIRE(cache.bytes() <= 100'000);
    }
    CHECK(cache.size() > 10);
    cache.clear();
    CHECK(cache.bytes() == 0);
    CHECK(cache.size() == 0);
}

TEST_CASE("Facts larger than the whole cache are given, and not kept", "[facts_cache]") {
    facts_cache cache({.entries_max = 10, .bytes_max = 10});
    CHECK(cache.find("select a", mysql_9).facts->front().cls == statement_class::read);
    CHECK(cache.size() == 0);
}

TEST_CASE("Facts are found anew when the server's code is another one", "[facts_cache]") {
    const auto code = [](std::string body) {
        const stored_object object{
            stored_object::kind::procedure, "shop", "p", std::move(body), {}, false};
        return std::make_shared<const stored_code>(
            std::vector{std::make_shared<const stored_summary>(summary_of(object))});
    };
    facts_cache cache;
    const auto writes = [&] {
        return cache.find("call p()", {}).facts->effects().has(effect::writes_user_variable);
    };
    CHECK_FALSE(writes());
    cache.use(code("select 1 into @x"));
    CHECK(cache.generation() == 1);
    CHECK(writes());
    cache.use(code("select 2 into @y"));  // does the same
    CHECK(cache.generation() == 1);
    CHECK(cache.size() == 1);
    cache.use(code("select 2"));
    CHECK(cache.generation() == 2);
    CHECK_FALSE(writes());
}
