#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <list>
#include <memory>

#include "pool/backend_connection.hpp"
#include "pool/passenger.hpp"

namespace pool {

/// A session in a pool's line.  Whoever serves it takes it out of the line and says what it gets.
/// Lives in the coroutine that waits.
struct waiter {
    enum class fate : std::uint8_t { waits, rides, lent, may_open, unreachable, rode };

    waiter(const boost::asio::any_io_executor& executor, const backend_account& who,
           const session_vector& state, backend_connection::clock::time_point until)
        : account(&who), wanted(&state), timer(executor, until) {}

    void tell(fate now) {
        what = now;
        timer.cancel();
    }
    /// The end of its ride.
    void get_off(ride_end how) {
        end = how;
        tell(fate::rode);
    }

    const backend_account* account;
    const session_vector* wanted;
    boost::asio::steady_timer timer;
    fate what = fate::waits;
    std::unique_ptr<backend_connection> given{};  // if lent, or at the end of a ride alone
    passenger* rider = nullptr;                   // may share a connection with others in line
    ride_end end = ride_end::none;
    std::uint64_t ticket = 0;  // the lower one came first
    std::list<waiter*>::iterator place{};
};

}  // namespace pool
