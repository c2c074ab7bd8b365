#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <new>

#include "rules/facts_cache.hpp"
#include "rules/literal.hpp"
#include "support.hpp"

using namespace rules;

namespace {

thread_local std::size_t allocations = 0;

std::chrono::nanoseconds cpu_time() {
    timespec t{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

}  // namespace

// Counts what this program allocates with new.  Every form is replaced, as sanitizers replace every
// form themselves and want new and delete to match.
void* operator new(std::size_t size) {
    ++allocations;
    if (void* memory = std::malloc(size)) return memory;
    throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    ++allocations;
    return std::malloc(size);
}
void* operator new[](std::size_t size) {
    return operator new(size);
}
void* operator new[](std::size_t size, const std::nothrow_t& quiet) noexcept {
    return operator new(size, quiet);
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
void operator delete(void* memory, const std::nothrow_t&) noexcept {
    std::free(memory);
}
void operator delete[](void* memory) noexcept {
    std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
    std::free(memory);
}
void operator delete[](void* memory, const std::nothrow_t&) noexcept {
    std::free(memory);
}

TEST_CASE("A digest and a hit of the cache allocate nothing", "[digest]") {
    facts_cache cache;
    const std::string first = "select a, `b` from t where c in (1, 2, 'x') and d = -5";
    const std::string second = "select a, `b` from t where c in (7) and d = 9";
    cache.find(first, mysql_9);
    const std::string large = "insert into t values (1)" + std::string(5000, ' ') + ", (2)";

    const std::size_t before = allocations;
    const auto found = cache.find(second, mysql_9);
    const auto digest = digest_of(large, mysql_9);
    const auto literal = literal_at(second, mysql_9, 1);
    const std::size_t after = allocations;

    CHECK(after == before);
    CHECK(cache.count().hits == 1);
    CHECK(found.facts->single());
    CHECK(digest.hash != 0);
    CHECK(literal->text == "9");
}

// Hidden: test_rules "[.cost]" prints what a digest costs, in CPU time.
TEST_CASE("The cost of a digest", "[.cost]") {
    facts_cache cache;
    for (const std::string text :
         {"SELECT c FROM sbtest1 WHERE id=12345",
          "SELECT `users`.* FROM `users` WHERE `users`.`email` = 'someone@example.com' "
          "AND `users`.`active` = 1 ORDER BY `users`.`id` ASC LIMIT 1"}) {
        constexpr int rounds = 200'000;
        std::uint64_t sum = 0;
        const auto start = cpu_time();
        for (int i = 0; i < rounds; ++i) sum += digest_of(text, mysql_9).hash;
        const auto middle = cpu_time();
        for (int i = 0; i < rounds; ++i) sum += cache.find(text, mysql_9).digest.hash;
        const auto end = cpu_time();
        CHECK(sum != 0);
        std::cout << text.size() << " bytes: digest " << (middle - start).count() / rounds
                  << " ns, with cache hit " << (end - middle).count() / rounds << " ns\n";
    }
}
