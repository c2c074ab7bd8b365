#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace pool {

/// What memory is used for; the label of a metric.
enum class memory_use : std::uint8_t {
    clients,   ///< What every client costs.
    tls,       ///< Likewise, of those with TLS.
    logins,    ///< Packets of clients that are still logging in.
    commands,  ///< Commands that are being read, and run.
    prepared,  ///< Prepared statements: their texts and what is known of them.
    answers    ///< Answers that wait for their client, having shared a connection.
};

inline constexpr std::size_t memory_use_count = static_cast<std::size_t>(memory_use::answers) + 1;

std::string_view to_string(memory_use what) noexcept;

/// The memory that the whole process may use for its clients.  For any thread.
///
/// An estimate of what clients make Tidegate keep, counted where it is taken and given back; the
/// allocator's own overhead and what every process needs come on top.
class memory_budget {
public:
    explicit memory_budget(std::size_t bytes_max) noexcept : bytes_max_(bytes_max) {}

    std::size_t bytes_max() const noexcept { return bytes_max_; }
    std::size_t used() const noexcept { return used_.load(std::memory_order_relaxed); }

    /// Takes `bytes`, if `spare` bytes are then still left.
    bool try_take(std::size_t bytes, std::size_t spare) noexcept;
    void give_back(std::size_t bytes) noexcept {
        used_.fetch_sub(bytes, std::memory_order_relaxed);
    }

private:
    std::size_t bytes_max_;
    std::atomic<std::size_t> used_{0};
};

/// How much must be left when somebody has got as much as `held`: as much again, or a quarter of
/// all.  So the largest are refused first, and while they are, the small ones go on.
constexpr std::size_t memory_to_spare(std::size_t held, std::size_t bytes_max) noexcept {
    return std::min(held, bytes_max / 4);
}

/// What one worker uses of the budget.  Takes it in pieces, so that threads seldom meet.
/// Not for several threads.
class memory_ledger {
public:
    /// Kept in hand, of what has been given back; less of a small budget.
    static constexpr std::size_t in_hand_max = std::size_t{256} * 1024;

    explicit memory_ledger(memory_budget& budget) noexcept
        : budget_(&budget), in_hand_max_(std::min(in_hand_max, budget.bytes_max() / 64)) {}
    ~memory_ledger() { budget_->give_back(in_hand_); }
    memory_ledger(const memory_ledger&) = delete;
    memory_ledger& operator=(const memory_ledger&) = delete;

    /// Takes `bytes` for one who has `held` already; false if they cannot be spared.
    bool try_take(memory_use what, std::size_t bytes, std::size_t held) noexcept;
    void give_back(memory_use what, std::size_t bytes) noexcept;

    std::size_t used(memory_use what) const noexcept { return used_[index(what)]; }

private:
    static std::size_t index(memory_use what) noexcept { return static_cast<std::size_t>(what); }

    memory_budget* budget_;
    std::size_t in_hand_max_;
    std::size_t in_hand_ = 0;  // taken from the budget, and not in use
    std::array<std::size_t, memory_use_count> used_{};
};

/// Memory that somebody uses: given back when it ends.
class memory_share {
public:
    memory_share() = default;
    /// `ledger` must outlive this; null: everything is allowed, and nothing counted.
    memory_share(memory_ledger* ledger, memory_use what) noexcept : ledger_(ledger), what_(what) {}
    ~memory_share() { resize(0); }
    memory_share(memory_share&& other) noexcept
        : ledger_(other.ledger_), what_(other.what_), bytes_(std::exchange(other.bytes_, 0)) {}
    memory_share& operator=(memory_share&& other) noexcept {
        resize(0);
        ledger_ = other.ledger_;
        what_ = other.what_;
        bytes_ = std::exchange(other.bytes_, 0);
        return *this;
    }

    std::size_t bytes() const noexcept { return bytes_; }
    /// From now on it is `bytes`.  Less is always possible; false, and nothing has changed, if more
    /// cannot be spared.
    bool resize(std::size_t bytes) noexcept {
        if (ledger_ == nullptr || bytes == bytes_) return true;
        if (bytes < bytes_) {
            ledger_->give_back(what_, bytes_ - bytes);
        } else if (!ledger_->try_take(what_, bytes - bytes_, bytes_)) {
            return false;
        }
        bytes_ = bytes;
        return true;
    }

private:
    memory_ledger* ledger_ = nullptr;
    memory_use what_{};
    std::size_t bytes_ = 0;
};

}  // namespace pool
