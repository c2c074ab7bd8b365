#pragma once

#include <cstddef>

namespace pool {

/// Memory of coroutine frames: what one frame gives back, the next one of its size takes, without
/// the heap's bookkeeping.  Kept per thread; a frame may end on another thread than it began on.
class frame_memory {
public:
    static void* take(std::size_t size);
    static void give_back(void* frame, std::size_t size) noexcept;
};

}  // namespace pool
