#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>

namespace pool {

/// Closes a socket when time is up, for as long as the guard lives.
/// The operation then ends with operation_aborted, and expired() tells that from other reasons.
class deadline {
public:
    deadline(boost::asio::ip::tcp::socket& socket, std::chrono::steady_clock::time_point when)
        : timer_(socket.get_executor(), when), state_(std::make_shared<state>(&socket)) {
        timer_.async_wait([shared = state_](boost::system::error_code failed) {
            if (failed || shared->socket == nullptr) return;
            shared->expired = true;
            boost::system::error_code ignored;
            shared->socket->close(ignored);
        });
    }
    ~deadline() { state_->socket = nullptr; }  // the handler may be queued already
    deadline(const deadline&) = delete;
    deadline& operator=(const deadline&) = delete;

    bool expired() const noexcept { return state_->expired; }

private:
    struct state {
        explicit state(boost::asio::ip::tcp::socket* guarded) : socket(guarded) {}
        boost::asio::ip::tcp::socket* socket;
        bool expired = false;
    };

    boost::asio::steady_timer timer_;
    std::shared_ptr<state> state_;
};

}  // namespace pool
