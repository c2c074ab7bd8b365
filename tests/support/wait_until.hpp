#pragma once

#include <chrono>
#include <thread>

namespace support {

/// Waits until `condition()` holds, asking every few milliseconds; false if it never did.
///
/// The condition is asked once more after the deadline, so a slow machine does not fail a test
/// whose condition holds.
template <class Condition>
bool wait_until(std::chrono::milliseconds deadline, Condition condition) {
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (!condition()) {
        if (std::chrono::steady_clock::now() >= end) return condition();
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
}

}  // namespace support
