#pragma once

#include <chrono>

#include "replicator/error.hpp"

namespace replicator {

/// What an edge's replicator does next, and after which delay: its life without its threads.
///
/// A driver performs next(), tells done() how it ended, and repeats.  So does a test.
///
///     connect --ok--> follow                      (the delay starts over)
///     connect, follow --retry--> wait --> connect (the delay doubles, up to its maximum)
///     connect, follow --recopy--> copy --ok--> follow
///     any --recheck--> wait (the longest delay) --> connect
///     any --stop--> rest, for good;  any --end--> over
class reconnect_policy {
public:
    enum class action {
        connect,  // to both servers; check them; copy what is not there or not whole
        follow,   // the stream, until something happens
        copy,     // connect, and make the copy anew whatever is there
        wait,     // delay() long
        rest,     // do nothing until told to end
        over
    };

    reconnect_policy(std::chrono::milliseconds delay_min, std::chrono::milliseconds delay_max)
        : delay_min_(delay_min), delay_max_(delay_max), next_delay_(delay_min) {}

    action next() const noexcept { return next_; }
    std::chrono::milliseconds delay() const noexcept { return delay_; }

    /// The action succeeded.  For `follow` that means: events have come, the link is good.
    void succeeded() noexcept;
    /// The action ended with an error.
    void failed(errc why) noexcept;

private:
    std::chrono::milliseconds delay_min_;
    std::chrono::milliseconds delay_max_;
    std::chrono::milliseconds next_delay_;
    std::chrono::milliseconds delay_{};
    action next_ = action::connect;
    action after_wait_ = action::connect;
};

}  // namespace replicator
