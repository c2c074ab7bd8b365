#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>

namespace replicator {

/// Tells the replicator's threads to end, also those that wait for a server's answer.
///
/// A blocking client library cannot be interrupted, but its socket can be shut down under it.  So
/// connections register their sockets here for as long as they are open.
class stop_signal {
public:
    /// Shuts down every registered socket, now and those registered later.  Any thread.
    void request();
    bool requested() const;

    /// Waits; true, and early, if a stop was requested.
    bool wait_for(std::chrono::milliseconds duration) const;

    void add_socket(int descriptor);
    void remove_socket(int descriptor);  // before it is closed: the number may be used again

private:
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    bool requested_ = false;
    std::set<int> sockets_;  // bounded by the few connections of one replicator
};

}  // namespace replicator
