#include "pool/memory_budget.hpp"

#include <catch2/catch.hpp>
#include <random>
#include <vector>

using pool::memory_use;

namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20;

}  // namespace

TEST_CASE("A budget gives no more than it has", "[pool]") {
    pool::memory_budget budget(100);
    CHECK(budget.try_take(60, 0));
    CHECK_FALSE(budget.try_take(41, 0));
    CHECK(budget.try_take(40, 0));
    CHECK_FALSE(budget.try_take(1, 0));
    budget.give_back(100);
    CHECK(budget.used() == 0);
}

TEST_CASE("Whoever holds much is refused while whoever holds little is not", "[pool]") {
    pool::memory_budget budget(64 * mebibyte);
    pool::memory_ledger ledger(budget);
    std::vector<pool::memory_share> large;
    for (;;) {
        pool::memory_share one(&ledger, memory_use::commands);
        if (!one.resize(4 * mebibyte)) break;
        large.push_back(std::move(one));
    }
    CHECK(large.size() >= 12);
    CHECK_FALSE(large.front().resize(8 * mebibyte));
    CHECK(large.front().bytes() == 4 * mebibyte);
    pool::memory_share small(&ledger, memory_use::prepared);
    CHECK(small.resize(1000));
    CHECK(ledger.used(memory_use::commands) == large.size() * 4 * mebibyte);
    CHECK(ledger.used(memory_use::prepared) == 1000);
    large.resize(large.size() - 3);
    CHECK(large.front().resize(8 * mebibyte));
}

TEST_CASE("One alone may have three quarters of the budget", "[pool]") {
    pool::memory_budget budget(64 * mebibyte);
    pool::memory_ledger ledger(budget);
    pool::memory_share only(&ledger, memory_use::commands);
    CHECK(only.resize(48 * mebibyte));
    CHECK_FALSE(only.resize(49 * mebibyte));
}

TEST_CASE("Whatever shares do, the ledgers' sums are theirs and the budget is never exceeded",
          "[pool]") {
    const auto seed = GENERATE(take(50, random(0u, ~0u)));
    CAPTURE(seed);
    std::mt19937 random(seed);
    pool::memory_budget budget(8 * mebibyte);
    {
        std::vector<pool::memory_ledger*> ledgers;
        pool::memory_ledger first(budget);
        pool::memory_ledger second(budget);
        ledgers = {&first, &second};
        std::vector<std::vector<pool::memory_share>> shares(2);
        for (int step = 0; step < 500; ++step) {
            const std::size_t whose = random() % 2;
            auto& own = shares[whose];
            const std::size_t bytes = random() % (std::size_t{1} << (random() % 23));
            switch (random() % 3) {
                case 0:
                    own.emplace_back(ledgers[whose], memory_use::answers);
                    break;
                case 1:
                    if (!own.empty()) own[random() % own.size()].resize(bytes);
                    break;
                default:
                    if (!own.empty()) own.erase(own.begin());
                    break;
            }
            for (std::size_t i = 0; i < 2; ++i) {
                std::size_t sum = 0;
                for (const auto& share : shares[i]) sum += share.bytes();
                REQUIRE(ledgers[i]->used(memory_use::answers) == sum);
            }
            REQUIRE(budget.used() <= budget.bytes_max());
        }
    }
    CHECK(budget.used() == 0);
}
