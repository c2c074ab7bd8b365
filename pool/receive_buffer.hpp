#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "protocol/bytes.hpp"
#include "protocol/compression.hpp"

namespace pool {

/// Blocks of memory of one size that the connections of one worker read into, in turns, and what
/// they need to compress.  Not for several threads.
class block_pool {
public:
    static constexpr std::size_t kept_max = 1024;  // free blocks; more go back to the heap

    using block = std::unique_ptr<std::uint8_t[]>;

    explicit block_pool(std::size_t block_bytes) : block_bytes_(block_bytes) {
        free_.reserve(kept_max);  // so that giving back cannot fail
    }

    std::size_t block_bytes() const noexcept { return block_bytes_; }
    block take() {
        if (free_.empty()) return std::make_unique_for_overwrite<std::uint8_t[]>(block_bytes_);
        block taken = std::move(free_.back());
        free_.pop_back();
        return taken;
    }
    std::size_t free() const noexcept { return free_.size(); }
    void give_back(block unused) noexcept {
        if (free_.size() < kept_max) free_.push_back(std::move(unused));
    }
    /// Made when it is first asked for.
    protocol::compression_memory& compression() {
        if (!compression_) compression_ = std::make_unique<protocol::compression_memory>();
        return *compression_;
    }

private:
    std::size_t block_bytes_;
    std::vector<block> free_;
    std::unique_ptr<protocol::compression_memory> compression_;
};

/// What has been read from a socket and not been used yet.
///
/// Holds a block only while it holds bytes or is being read into: an idle connection costs none.
/// Grows beyond a block only on demand of reserve(), whose caller bounds it.
class receive_buffer {
public:
    explicit receive_buffer(block_pool& blocks) noexcept : blocks_(&blocks) {}
    ~receive_buffer() { release(); }
    receive_buffer(const receive_buffer&) = delete;
    receive_buffer& operator=(const receive_buffer&) = delete;

    /// The bytes read and not consumed.  Valid until the next call of anything but consume().
    std::span<std::uint8_t> readable() noexcept { return {data_.get() + begin_, end_ - begin_}; }
    std::size_t size() const noexcept { return end_ - begin_; }
    bool empty() const noexcept { return begin_ == end_; }
    /// Of the memory it holds: what size() may become without reserve().
    std::size_t capacity() const noexcept { return capacity_; }

    /// Room to read into; never empty after reserve() of more than size().
    std::span<std::uint8_t> writable() {
        if (!data_) take_block();
        if (begin_ == end_) begin_ = end_ = 0;
        if (end_ == capacity_) compact();
        return {data_.get() + end_, capacity_ - end_};
    }
    void commit(std::size_t count) noexcept { end_ += count; }
    void consume(std::size_t count) noexcept { begin_ += count; }

    /// Makes room for `total` readable bytes in one piece, those that are there included.
    void reserve(std::size_t total) {
        if (!data_) take_block();
        if (total > capacity_) {
            grow(total);
        } else if (begin_ + total > capacity_) {
            compact();
        }
    }

    /// Gives the memory back if nothing is in it.
    void release_if_empty() noexcept {
        if (empty()) release();
    }

private:
    void take_block() {
        data_ = blocks_->take();
        capacity_ = blocks_->block_bytes();
        begin_ = end_ = 0;
    }
    void compact() noexcept {
        std::memmove(data_.get(), data_.get() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    void grow(std::size_t total) {
        auto larger = std::make_unique_for_overwrite<std::uint8_t[]>(total);
        std::memcpy(larger.get(), data_.get() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
        if (capacity_ == blocks_->block_bytes()) blocks_->give_back(std::move(data_));
        data_ = std::move(larger);
        capacity_ = total;
    }
    void release() noexcept {
        if (data_ && capacity_ == blocks_->block_bytes()) blocks_->give_back(std::move(data_));
        data_.reset();
        begin_ = end_ = capacity_ = 0;
    }

    block_pool* blocks_;
    block_pool::block data_;
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace pool
