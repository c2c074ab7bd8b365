#include "pool/prepared_cache.hpp"

#include <catch2/catch.hpp>
#include <string>

namespace {

using ids = std::vector<std::uint32_t>;

struct texts {
    pool::vector_interner vectors{};
    pool::prepared_registry registry{};

    pool::shared_prepared_text text(const std::string& sql, const std::string& schema = {}) {
        pool::session_vector state;
        state.use_schema(schema);
        return registry.intern(sql, vectors.intern(std::move(state)));
    }
};

pool::prepared_statement statement(std::uint32_t id) {
    pool::prepared_statement made;
    made.id = id;
    return made;
}

}  // namespace

TEST_CASE("One text in one state is one prepared statement", "[pool]") {
    texts known;
    const auto select = known.text("SELECT 1", "shop");
    CHECK(known.text("SELECT 1", "shop") == select);
    CHECK(known.text("SELECT 2", "shop") != select);
    CHECK(known.text("SELECT 1", "other") != select);
    CHECK(select->text == "SELECT 1");
    CHECK(select->state->schema() == "shop");
}

TEST_CASE("The registry remembers at most twice the statements alive", "[pool]") {
    texts known;
    const auto alive = known.text("SELECT alive");
    for (int i = 0; i < 10'000; ++i) known.text("SELECT " + std::to_string(i));
    CHECK(known.registry.size() <= 64);
    CHECK(known.text("SELECT alive") == alive);
}

TEST_CASE("A statement is found until it is forgotten", "[pool]") {
    texts known;
    const auto one = known.text("SELECT 1");
    pool::prepared_cache cache(10);
    CHECK(cache.find(*one) == nullptr);
    CHECK(cache.add(one, statement(7)).empty());
    REQUIRE(cache.find(*one) != nullptr);
    CHECK(cache.find(*one)->id == 7);
    CHECK(cache.forget(*one) == ids{7});
    CHECK(cache.forget(*one).empty());
    CHECK(cache.find(*one) == nullptr);
    CHECK(cache.size() == 0);
}

TEST_CASE("Preparing a text again closes the statement it had", "[pool]") {
    texts known;
    const auto one = known.text("SELECT 1");
    pool::prepared_cache cache(10);
    cache.add(one, statement(7));
    cache.find(*one)->types_known = true;
    CHECK(cache.add(one, statement(8)) == ids{7});
    CHECK(cache.find(*one)->id == 8);
    CHECK_FALSE(cache.find(*one)->types_known);
    CHECK(cache.size() == 1);
}

TEST_CASE("The least recently used statement makes room", "[pool]") {
    texts known;
    const auto a = known.text("a"), b = known.text("b"), c = known.text("c"), d = known.text("d");
    pool::prepared_cache cache(3);
    cache.add(a, statement(1));
    cache.add(b, statement(2));
    cache.add(c, statement(3));
    cache.find(*a);
    CHECK(cache.add(d, statement(4)) == ids{2});
    CHECK(cache.find(*b) == nullptr);
    CHECK(cache.find(*a) != nullptr);
    CHECK(cache.size() == 3);
}

TEST_CASE("A statement in use is not the one that makes room", "[pool]") {
    texts known;
    const auto a = known.text("a"), b = known.text("b"), c = known.text("c"), d = known.text("d");
    pool::prepared_cache cache(2);
    cache.add(a, statement(1));
    cache.find(*a)->in_use = true;
    cache.add(b, statement(2));
    CHECK(cache.add(c, statement(3)) == ids{2});
    cache.find(*c)->in_use = true;
    CHECK(cache.add(d, statement(4)).empty());  // one too many, rather than lose something
    CHECK(cache.size() == 3);
    cache.release_all();
    CHECK(cache.add(b, statement(5)) == ids{1, 3});
    CHECK(cache.size() == 2);
}

TEST_CASE("A cache without room still holds the statement in use", "[pool]") {
    texts known;
    const auto a = known.text("a"), b = known.text("b");
    pool::prepared_cache cache(0);
    CHECK(cache.add(a, statement(1)).empty());
    CHECK(cache.add(b, statement(2)) == ids{1});
    CHECK(cache.find(*b)->id == 2);
    CHECK(cache.size() == 1);
}

TEST_CASE("A cached text keeps its address when its sessions are gone", "[pool]") {
    texts known;
    pool::prepared_cache cache(2);
    const pool::prepared_text* address = nullptr;
    {
        const auto gone = known.text("gone");
        address = gone.get();
        cache.add(gone, statement(1));
    }
    for (int i = 0; i < 100; ++i) CHECK(known.text(std::to_string(i)).get() != address);
    CHECK(known.text("gone").get() == address);
}
