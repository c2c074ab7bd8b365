#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace proxy {

/// In which answers to one command the server reported that the session's state has changed.
class reported_changes {
public:
    void clear() noexcept { *this = {}; }
    void next_answer() noexcept { ++answer_; }
    void add() noexcept { bits_ |= bit(answer_); }

    bool any() const noexcept { return bits_ != 0; }
    /// In the answer with this number, from 0.  Those from the 64th on count as one.
    bool in(std::size_t answer) const noexcept { return (bits_ & bit(answer)) != 0; }

private:
    static std::uint64_t bit(std::size_t answer) noexcept {
        return std::uint64_t{1} << std::min<std::size_t>(answer, 63);
    }

    std::uint64_t bits_ = 0;
    std::uint32_t answer_ = 0;
};

}  // namespace proxy
