#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>

namespace equivalence {

/// Random choices.  The standard's distributions differ between libraries, so a seed gives the same
/// choices everywhere only without them.
class dice {
public:
    explicit dice(std::uint64_t seed) : random_(seed) {}

    /// 0 to limit - 1; limit is not 0.
    std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_() % limit); }
    bool chance(unsigned percent) { return below(100) < percent; }
    template <class List>
    const auto& pick(const List& list) {
        return list[below(std::size(list))];
    }
    std::string number(std::size_t limit) { return std::to_string(below(limit)); }

private:
    std::mt19937_64 random_;
};

}  // namespace equivalence
