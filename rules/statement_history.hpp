#pragma once

#include <chrono>
#include <cstdint>

namespace rules {

/// How long a server took for the statements of one digest, lately.  Not for several threads.
class statement_history {
public:
    static constexpr std::uint32_t samples_min = 4;  // before anything is said of it

    /// One more; `took` is until the answer began.
    void add(std::chrono::microseconds took) noexcept {
        const auto now = static_cast<double>(took.count());
        mean_ = samples_ == 0 ? now : mean_ + (now - mean_) / 8;
        if (samples_ < samples_min) ++samples_;
    }
    /// Its answers are long: that does not pass.
    void note_long_answer() noexcept { long_answers_ = true; }

    /// Known to be answered shortly, and mostly sooner than in `soon`, so that others may wait
    /// behind it.
    bool is_short(std::chrono::microseconds soon) const noexcept {
        return samples_ >= samples_min && !long_answers_ &&
               mean_ < static_cast<double>(soon.count());
    }

private:
    double mean_ = 0;  // microseconds, of about the last eight
    std::uint32_t samples_ = 0;
    bool long_answers_ = false;
};

}  // namespace rules
