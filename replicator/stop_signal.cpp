#include "replicator/stop_signal.hpp"

#include <sys/socket.h>

namespace replicator {

void stop_signal::request() {
    const std::lock_guard lock(mutex_);
    requested_ = true;
    for (const int descriptor : sockets_) ::shutdown(descriptor, SHUT_RDWR);
    changed_.notify_all();
}

bool stop_signal::requested() const {
    const std::lock_guard lock(mutex_);
    return requested_;
}

bool stop_signal::wait_for(std::chrono::milliseconds duration) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, duration, [this] { return requested_; });
}

void stop_signal::add_socket(int descriptor) {
    const std::lock_guard lock(mutex_);
    sockets_.insert(descriptor);
    if (requested_) ::shutdown(descriptor, SHUT_RDWR);
}

void stop_signal::remove_socket(int descriptor) {
    const std::lock_guard lock(mutex_);
    sockets_.erase(descriptor);
}

}  // namespace replicator
