#include "pool/frame_memory.hpp"

#include <array>
#include <new>
#include <utility>

namespace pool {

namespace {

constexpr std::size_t step = 64;        // sizes are rounded up to multiples of it
constexpr std::size_t kinds = 48;       // longer frames go to the heap
constexpr std::size_t kept_max = 1024;  // frames of a size; more go back to the heap

constexpr std::size_t kind_of(std::size_t size) {
    return (size + step - 1) / step;
}

/// Free frames of one size, linked through their first bytes.
struct free_list {
    struct link {
        link* next;
    };
    link* first = nullptr;
    std::size_t count = 0;
};

// Without a destructor of its own, so that to use it costs no look at whether it has been made.
constinit thread_local std::array<free_list, kinds> free_frames{};

/// Gives the thread's frames back to the heap when it ends.
struct cleaner {
    ~cleaner() {
        for (free_list& frames : free_frames) {
            while (frames.first != nullptr) {
                free_list::link* const gone = std::exchange(frames.first, frames.first->next);
                ::operator delete(gone);
            }
            frames.count = kept_max;  // whatever ends later goes to the heap itself
        }
    }
    void watch() const noexcept {}
};
thread_local const cleaner at_thread_end;

// A sanitizer that is to find what is used after its end must see the end.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TIDEGATE_FRAMES_TO_HEAP
#endif
#endif
#ifdef TIDEGATE_FRAMES_TO_HEAP
constexpr bool reused = false;
#else
constexpr bool reused = true;
#endif

}  // namespace

void* frame_memory::take(std::size_t size) {
    const std::size_t kind = kind_of(size);
    if (!reused || kind >= kinds) return ::operator new(size);
    free_list& frames = free_frames[kind];
    if (frames.first == nullptr) {
        at_thread_end.watch();
        return ::operator new(kind * step);
    }
    --frames.count;
    return std::exchange(frames.first, frames.first->next);
}

void frame_memory::give_back(void* frame, std::size_t size) noexcept {
    const std::size_t kind = kind_of(size);
    if (!reused || kind >= kinds || free_frames[kind].count == kept_max)
        return ::operator delete(frame);
    free_list& frames = free_frames[kind];
    frames.first = new (frame) free_list::link{frames.first};
    ++frames.count;
}

}  // namespace pool
