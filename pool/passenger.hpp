#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "pool/backend_connection.hpp"
#include "pool/error.hpp"

namespace pool {

/// A short read of a session that waits for a connection and may share one with those of other
/// sessions: a convoy of them is sent in one write, and the server answers one after another.
///
/// Called by the pool, on the worker's thread.  The answer is taken whole before anybody else's
/// begins, so it is kept until its session sends it on; hence its bound.
class passenger {
public:
    virtual ~passenger() = default;
    /// False if the statement cannot be sent on this connection without asking the server something
    /// first.
    virtual bool fits(backend_connection& connection) const = 0;
    /// Appends the statement as this connection takes it, and takes note of what the server is told
    /// by it: it is sent.  Only if it fits().
    virtual void board(backend_connection& connection, std::vector<std::uint8_t>& frames) = 0;
    virtual protocol::command command() const noexcept = 0;
    /// Takes bytes of the answer; returns how many.  Errors: what the server sent is no answer.
    virtual result<std::size_t> take(std::span<std::uint8_t> input) = 0;
    /// How many bytes take() must get in one piece to go on.
    virtual std::size_t needed() const noexcept = 0;
    virtual bool done() const noexcept = 0;
    /// Its answer is longer than it may keep.
    virtual bool overflows() const noexcept = 0;
    /// The answer has changed the connection's state, which nobody expected.
    virtual bool changed_state() const noexcept = 0;
    /// Its answer is whole, so long after the one before it.
    virtual void answered(std::chrono::microseconds took) noexcept = 0;
    /// It kept others waiting for longer than they may.
    virtual void was_slow() noexcept = 0;
};

/// How a passenger's ride ended.
enum class ride_end : std::uint8_t {
    none,     // it has not begun, or it got a connection for itself instead
    arrived,  // the answer has been taken whole
    alone,    // the answer is too long: the passenger gets the connection, and takes the rest
    lost,     // the connection ended before the answer did
    overdue   // the statements before it took too long: it may be run elsewhere
};

}  // namespace pool
