#pragma once

#include <cstddef>
#include <cstdint>

#include "tests/equivalence/script.hpp"

namespace equivalence {

struct script_shape {
    std::size_t sessions = 5;
    std::size_t steps = 300;
    /// So many sessions keep a server connection to themselves at a time, by a transaction, a lock
    /// or the like; Tidegate needs one connection more than that for all the others.
    std::size_t holders_max = 2;
};

/// A random script, without steps that may show a known difference.  Equal arguments give equal
/// scripts.
script generate(std::uint64_t seed, const script_shape& shape);

}  // namespace equivalence
