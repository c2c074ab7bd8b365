#pragma once

#include <cstddef>
#include <functional>

#include "tests/equivalence/script.hpp"

namespace equivalence {

/// Makes a failing script shorter: leaves out whole sessions, then runs of steps of half the length
/// each time (Zeller's delta debugging), then statements of queries that have several, as long as
/// `fails` stays true.  `fails` is called at most `runs_max` times.
script shrink(script failing, const std::function<bool(const script&)>& fails,
              std::size_t runs_max);

}  // namespace equivalence
