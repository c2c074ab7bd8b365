#include "pool/memory_budget.hpp"

namespace pool {

std::string_view to_string(memory_use what) noexcept {
    switch (what) {
        case memory_use::clients:
            return "clients";
        case memory_use::tls:
            return "tls";
        case memory_use::logins:
            return "logins";
        case memory_use::commands:
            return "commands";
        case memory_use::prepared:
            return "prepared";
        case memory_use::answers:
            return "answers";
    }
    return "unknown";
}

bool memory_budget::try_take(std::size_t bytes, std::size_t spare) noexcept {
    std::size_t used = used_.load(std::memory_order_relaxed);
    do {
        const std::size_t left = used < bytes_max_ ? bytes_max_ - used : 0;
        if (left < bytes || left - bytes < spare) return false;
    } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
    return true;
}

bool memory_ledger::try_take(memory_use what, std::size_t bytes, std::size_t held) noexcept {
    const std::size_t limit = budget_->bytes_max();
    // What is small comes out of the hand, at no cost; what is large never does, so that the rule
    // of who must stop first holds for all threads together.
    if (bytes > in_hand_ || held + bytes > in_hand_max_) {
        const std::size_t more = bytes > in_hand_ ? bytes - in_hand_ : 0;
        if (!budget_->try_take(more, memory_to_spare(held + bytes, limit))) return false;
        in_hand_ += more;
    }
    in_hand_ -= bytes;
    used_[index(what)] += bytes;
    return true;
}

void memory_ledger::give_back(memory_use what, std::size_t bytes) noexcept {
    used_[index(what)] -= bytes;
    in_hand_ += bytes;
    if (in_hand_ <= in_hand_max_) return;
    budget_->give_back(in_hand_ - in_hand_max_ / 2);
    in_hand_ = in_hand_max_ / 2;
}

}  // namespace pool
