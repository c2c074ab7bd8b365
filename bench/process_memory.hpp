#pragma once

#include <sys/types.h>

#include <cstddef>

namespace bench {

/// What a process holds in RAM right now.  Throws std::runtime_error if it does not run.
std::size_t resident_bytes(pid_t process);

/// The most it has held since forget_peak().
std::size_t peak_resident_bytes(pid_t process);
void forget_peak(pid_t process);

/// The median of some looks, half a second apart: buffers in use at one instant are noise.
std::size_t settled_resident_bytes(pid_t process);

}  // namespace bench
