#include "replicator/transaction_queue.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

using namespace std::chrono_literals;
using replicator::chunk_limits;
using replicator::errc;
using replicator::source_transaction;
using replicator::statement_effect;
using replicator::transaction_queue;

namespace {

source_transaction of(std::uint64_t number, std::size_t bytes = 0,
                      statement_effect effect = statement_effect::none) {
    source_transaction made{.effect = effect, .bytes = bytes};
    made.ids.add(protocol::gtid{.number = number});
    if (bytes > 0) made.rows.resize(1);
    return made;
}

// How many entries each chunk has.
std::vector<std::size_t> chunks(transaction_queue& queue, const chunk_limits& limits) {
    std::vector<std::size_t> sizes;
    for (;;) {
        const auto next = queue.take(limits, 0ms);
        if (!next || !*next) return sizes;
        sizes.push_back((*next)->size());
    }
}

}  // namespace

TEST_CASE("A chunk is all that waits, within its limits", "[queue]") {
    transaction_queue queue(1'000'000);
    for (std::uint64_t i = 1; i <= 5; ++i) queue.push(of(i, 100));
    CHECK(chunks(queue, {.transactions_max = 3, .bytes_max = 1000}) ==
          std::vector<std::size_t>{3, 2});
    for (std::uint64_t i = 1; i <= 5; ++i) queue.push(of(i, 100));
    CHECK(chunks(queue, {.transactions_max = 100, .bytes_max = 250}) ==
          std::vector<std::size_t>{2, 2, 1});
    queue.push(of(1, 100));
    queue.push(of(2, 5000));  // larger than a chunk may be: alone
    queue.push(of(3, 100));
    CHECK(chunks(queue, {.transactions_max = 100, .bytes_max = 250}) ==
          std::vector<std::size_t>{1, 1, 1});
    CHECK(queue.bytes() == 0);
}

TEST_CASE("A statement that affects names or tables is a chunk by itself", "[queue]") {
    transaction_queue queue(1'000'000);
    queue.push(of(1, 10));
    queue.push(of(2, 0, statement_effect::names));
    queue.push(of(3, 0, statement_effect::tables));
    queue.push(of(4, 10));
    queue.push(of(5, 10));
    CHECK(chunks(queue, {}) == std::vector<std::size_t>{1, 1, 1, 2});
}

TEST_CASE("Transactions that mean nothing take one place", "[queue]") {
    transaction_queue queue(1'000'000);
    for (std::uint64_t i = 1; i <= 1000; ++i) queue.push(of(i));
    const auto next = queue.take({}, 0ms);
    REQUIRE(next.has_value());
    REQUIRE(next->has_value());
    REQUIRE((*next)->size() == 1);
    CHECK((*next)->front().count == 1000);
    CHECK((*next)->front().ids.count() == 1000);
}

TEST_CASE("A full queue holds its producer back, but lets a giant pass alone", "[queue]") {
    transaction_queue queue(1000);
    queue.push(of(1, 5000));
    std::atomic<bool> passed = false;
    std::thread producer([&] {
        queue.push(of(2, 10));
        passed = true;
    });
    CHECK_FALSE(passed);
    CHECK(chunks(queue, {.transactions_max = 1}).size() >= 1);
    producer.join();
    CHECK(passed);
}

TEST_CASE("What is queued can be taken after the producer has ended, then why it did", "[queue]") {
    transaction_queue queue(1000);
    queue.push(of(1, 10));
    queue.close(replicator::fail(errc::source_lost, "gone"));
    queue.close(replicator::fail(errc::stop_requested, "later"));
    CHECK_FALSE(queue.push(of(2, 10)));
    CHECK(queue.take({}, 0ms).value().has_value());
    const auto end = queue.take({}, 0ms);
    REQUIRE_FALSE(end.has_value());
    CHECK(end.error().code == errc::source_lost);
}

TEST_CASE("An abandoned queue lets its producer go", "[queue]") {
    transaction_queue queue(100);
    queue.push(of(1, 90));
    std::thread producer([&] { queue.push(of(2, 90)); });
    queue.abandon();
    producer.join();
    CHECK(queue.bytes() == 0);
}
