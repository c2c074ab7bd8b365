#include "replicator/transaction_queue.hpp"

#include <algorithm>

namespace replicator {
namespace {

constexpr std::size_t entry_bytes = 256;  // what an entry costs besides its rows, roughly

std::size_t cost(const source_transaction& entry) {
    return entry.bytes + entry_bytes;
}

}  // namespace

bool transaction_queue::push(source_transaction next) {
    std::unique_lock lock(mutex_);
    can_push_.wait(
        lock, [&] { return closed_ || waiting_.empty() || bytes_ + cost(next) <= bytes_max_; });
    if (closed_) return false;
    if (next.empty() && !waiting_.empty() && waiting_.back().empty()) {
        source_transaction& last = waiting_.back();
        last.ids += next.ids;
        last.count += next.count;
        last.committed_at = std::max(last.committed_at, next.committed_at);
    } else {
        bytes_ += cost(next);
        waiting_.push_back(std::move(next));
    }
    can_take_.notify_one();
    return true;
}

void transaction_queue::close(failure why) {
    const std::lock_guard lock(mutex_);
    if (!closed_) closed_ = std::move(why);
    can_push_.notify_all();
    can_take_.notify_all();
}

void transaction_queue::abandon() {
    close(fail(errc::stop_requested, ""));
    const std::lock_guard lock(mutex_);
    waiting_.clear();
    bytes_ = 0;
}

chunk transaction_queue::cut(const chunk_limits& limits) {
    chunk next;
    std::size_t bytes = 0;
    while (!waiting_.empty() && next.size() < limits.transactions_max) {
        source_transaction& first = waiting_.front();
        const bool alone = first.effect != statement_effect::none;
        if (!next.empty() && (alone || bytes + first.bytes > limits.bytes_max)) break;
        bytes += first.bytes;
        bytes_ -= cost(first);
        next.push_back(std::move(first));
        waiting_.pop_front();
        if (alone) break;
    }
    return next;
}

result<std::optional<chunk>> transaction_queue::take(const chunk_limits& limits,
                                                     std::chrono::milliseconds wait) {
    std::unique_lock lock(mutex_);
    can_take_.wait_for(lock, wait, [&] { return closed_ || !waiting_.empty(); });
    if (!waiting_.empty()) {
        chunk next = cut(limits);
        can_push_.notify_all();
        return std::optional<chunk>(std::move(next));
    }
    if (closed_) return *closed_;
    return std::optional<chunk>{};
}

std::size_t transaction_queue::bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
}

}  // namespace replicator
