#pragma once

#include <chrono>
#include <cstdint>

namespace rules {

/// How long a server took for the statements of one digest, lately.  Not for several threads.
class statement_history {
public:
    static constexpr std::uint32_t samples_min = 4;  // before anything is said of it
    /// One in so many may be slow before its like are no longer called short.
    static constexpr std::uint32_t short_after_slow = 200;

    /// One more; `took` is until the answer began.  It is slow if it took longer than `soon`.
    void add(std::chrono::microseconds took, std::chrono::microseconds soon) noexcept {
        if (took > soon) return note_slow();
        const auto now = static_cast<double>(took.count());
        mean_ = samples_ == 0 ? now : mean_ + (now - mean_) / 8;
        if (samples_ < samples_min) ++samples_;
        if (short_again_in_ > 0) --short_again_in_;
    }
    void note_slow() noexcept { short_again_in_ = short_after_slow; }
    /// Its answers are long: that does not pass.
    void note_long_answer() noexcept { long_answers_ = true; }

    /// Known to be answered shortly, mostly sooner than in `soon` and none later for a while, so
    /// that others may wait behind it.
    bool is_short(std::chrono::microseconds soon) const noexcept {
        return samples_ >= samples_min && !long_answers_ && short_again_in_ == 0 &&
               mean_ < static_cast<double>(soon.count());
    }

private:
    double mean_ = 0;  // microseconds, of about the last eight that were not slow
    std::uint32_t samples_ = 0;
    std::uint32_t short_again_in_ = 0;  // statements
    bool long_answers_ = false;
};

}  // namespace rules
