#include "replicator/reconnect_policy.hpp"

#include <algorithm>

namespace replicator {

void reconnect_policy::succeeded() noexcept {
    switch (next_) {
        case action::connect:
        case action::copy:
            next_ = action::follow;
            break;
        case action::follow:
            next_delay_ = delay_min_;
            break;
        case action::wait:
            next_ = after_wait_;
            break;
        case action::rest:
        case action::over:
            break;
    }
}

void reconnect_policy::failed(errc why) noexcept {
    if (next_ == action::over) return;
    // A copy that was asked for is owed until it is made, whatever fails in between.
    const bool copy_owed = next_ == action::copy;
    switch (remedy_of(why)) {
        case remedy::end:
            next_ = action::over;
            return;
        case remedy::stop:
            next_ = action::rest;
            return;
        case remedy::recopy:
            // At once the first time; a copy that itself runs into a change waits like the rest.
            next_ = copy_owed ? action::wait : action::copy;
            break;
        case remedy::recheck:
            delay_ = delay_max_;
            after_wait_ = copy_owed ? action::copy : action::connect;
            next_ = action::wait;
            return;
        case remedy::retry:
            next_ = action::wait;
            break;
    }
    if (next_ != action::wait) return;
    delay_ = next_delay_;
    next_delay_ = std::min(next_delay_ * 2, delay_max_);
    after_wait_ = copy_owed ? action::copy : action::connect;
}

}  // namespace replicator
