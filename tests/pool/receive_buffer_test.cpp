#include "pool/receive_buffer.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <deque>
#include <numeric>
#include <random>

namespace {

constexpr std::size_t block_bytes = 64;

void fill(pool::receive_buffer& buffer, std::size_t count, std::uint8_t first) {
    while (count > 0) {
        const auto room = buffer.writable();
        REQUIRE_FALSE(room.empty());
        const std::size_t size = std::min(room.size(), count);
        std::iota(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(size), first);
        buffer.commit(size);
        count -= size;
        first = static_cast<std::uint8_t>(first + size);
    }
}

}  // namespace

TEST_CASE("An empty buffer holds no memory, and gives back what it had", "[pool]") {
    pool::block_pool blocks(block_bytes);
    const std::uint8_t* block = nullptr;
    {
        pool::receive_buffer buffer(blocks);
        CHECK(buffer.readable().empty());
        block = buffer.writable().data();
        fill(buffer, 10, 0);
        buffer.release_if_empty();  // it is not
        CHECK(buffer.size() == 10);
        buffer.consume(10);
        buffer.release_if_empty();
        pool::receive_buffer other(blocks);
        CHECK(other.writable().data() == block);
    }
    pool::receive_buffer third(blocks);
    CHECK(third.writable().data() == block);
}

TEST_CASE("A full block is compacted before it is said to be full", "[pool]") {
    pool::block_pool blocks(block_bytes);
    pool::receive_buffer buffer(blocks);
    fill(buffer, block_bytes, 0);
    buffer.consume(block_bytes - 3);
    CHECK(buffer.writable().size() == block_bytes - 3);
    CHECK(buffer.readable()[0] == block_bytes - 3);
    CHECK(buffer.size() == 3);
}

TEST_CASE("After reserve() there is room for what was asked", "[pool]") {
    pool::block_pool blocks(block_bytes);
    for (const std::size_t total : {1ul, 10ul, block_bytes, block_bytes + 1, 10 * block_bytes}) {
        for (const std::size_t has : {0ul, 1ul, 5ul, block_bytes}) {
            for (const std::size_t consumed : {0ul, 1ul, has}) {
                if (consumed > has || total <= has - consumed) continue;
                CAPTURE(total, has, consumed);
                pool::receive_buffer buffer(blocks);
                fill(buffer, has, 0);
                buffer.consume(consumed);
                buffer.reserve(total);
                const std::size_t size = buffer.size();
                CHECK(size == has - consumed);
                CHECK(buffer.writable().size() >= total - size);
                for (std::size_t i = 0; i < size; ++i)
                    CHECK(buffer.readable()[i] == static_cast<std::uint8_t>(consumed + i));
            }
        }
    }
}

TEST_CASE("A grown buffer goes back to a block once it is empty", "[pool]") {
    pool::block_pool blocks(block_bytes);
    pool::receive_buffer buffer(blocks);
    fill(buffer, 3, 0);
    buffer.reserve(1000);
    buffer.consume(3);
    buffer.release_if_empty();
    CHECK(buffer.writable().size() == block_bytes);
}

TEST_CASE("Free blocks are kept up to a limit", "[pool]") {
    pool::block_pool blocks(8);
    std::vector<pool::block_pool::block> taken;
    for (std::size_t i = 0; i < 2 * pool::block_pool::kept_max; ++i) taken.push_back(blocks.take());
    for (auto& block : taken) blocks.give_back(std::move(block));
    CHECK(blocks.free() == pool::block_pool::kept_max);
}

TEST_CASE("A buffer gives back bytes in the order they came", "[pool]") {
    const auto seed = GENERATE(take(50, random(0u, 1'000'000u)));
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto up_to = [&](std::size_t most) {
        return std::uniform_int_distribution<std::size_t>(0, most)(random);
    };
    pool::block_pool blocks(block_bytes);
    pool::receive_buffer buffer(blocks);
    std::deque<std::uint8_t> model;
    std::uint8_t next = 0;
    for (int step = 0; step < 500; ++step) {
        switch (up_to(3)) {
            case 0: {
                buffer.reserve(buffer.size() + 1 + up_to(100));
                const auto room = buffer.writable();
                REQUIRE_FALSE(room.empty());
                const std::size_t count = up_to(room.size());
                for (std::size_t i = 0; i < count; ++i) model.push_back(room[i] = next++);
                buffer.commit(count);
                break;
            }
            case 1: {
                const std::size_t count = up_to(buffer.size());
                buffer.consume(count);
                model.erase(model.begin(), model.begin() + static_cast<std::ptrdiff_t>(count));
                break;
            }
            case 2:
                buffer.release_if_empty();
                break;
            default:
                break;
        }
        const auto readable = buffer.readable();
        REQUIRE(std::equal(readable.begin(), readable.end(), model.begin(), model.end()));
    }
}
