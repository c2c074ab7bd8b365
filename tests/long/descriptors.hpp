#pragma once

#include <cstddef>

namespace long_test {

/// Lets this process, and those that it starts from now on, have `count` file descriptors each.
/// Throws std::runtime_error if the system's hard limit is lower.
void allow_descriptors(std::size_t count);

}  // namespace long_test
