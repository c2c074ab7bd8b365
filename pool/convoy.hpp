#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>
#include "pool/task.hpp"

#include "pool/waiter.hpp"

namespace pool {

/// Statements of several sessions on their way down one connection, and their answers back.
///
/// MySQL reads the commands of a connection one after another and answers in that order, so they
/// may all be sent before the first is answered.  The server then spends less time per statement
/// waking up, and so do we.
class convoy {
public:
    /// What is left of the connection when the convoy has ended.
    enum class outcome : std::uint8_t { clean, given_away, broken };

    explicit convoy(std::vector<waiter*> aboard);
    ~convoy();  // whoever is still aboard has lost the connection
    convoy(const convoy&) = delete;
    convoy& operator=(const convoy&) = delete;

    /// Sends `frames`, all the statements, and takes the answers.  Nobody waits behind others for
    /// longer than `wait_max`: then they get off, and their answers are thrown away.
    task<outcome> run(std::unique_ptr<backend_connection>& connection, protocol::bytes_view frames,
                      std::chrono::milliseconds wait_max);

private:
    struct riders;

    task<bool> take_answer(backend_connection& connection, passenger& rider);
    void note_answer(passenger& rider);
    static task<bool> skip_answer(backend_connection& connection, protocol::command command);

    backend_connection::clock::time_point now_;   // when something was last received
    backend_connection::clock::time_point then_;  // when the answer before was whole
    std::shared_ptr<riders> riders_;              // shared with the timer's handler
};

}  // namespace pool
