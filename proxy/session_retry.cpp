// Reads that have lost their connection: run again, unless an administrator has ended them.

#include <sys/socket.h>

#include <charconv>
#include <utility>

#include "proxy/client_session.hpp"
#include "proxy/worker.hpp"

namespace proxy {
namespace asio = boost::asio;

namespace {

constexpr std::string_view uptime_question = "SHOW GLOBAL STATUS LIKE 'Uptime'";
constexpr std::chrono::seconds uptime_wait{1};

}  // namespace

/// MySQL ends the connection that a KILL names without a word (tried on 9.7): it closes it.  So
/// does the kernel for a server that crashes; was_killed() tells the two apart.  What ends in
/// another way, with a reset or in silence, is the network.
void client_session::note_loss(pool::backend_connection& connection, clock::time_point sent_at) {
    std::uint8_t byte = 0;
    const auto got = ::recv(connection.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    // One that is closed before it has begun the statement was meant as it was, idle.
    if (got == 0 && clock::now() - sent_at >= killed_after) closed_since_ = sent_at;
}

/// Whether somebody has ended the read that has just lost its connection: the server closed that
/// one, and the process that served it goes on.
pool::task<bool> client_session::was_killed(pool::server_pool& servers) {
    const auto sent_at = std::exchange(closed_since_, std::nullopt);
    if (!sent_at) co_return false;
    const auto give_up = clock::now() + uptime_wait;
    auto connection = co_await servers.borrow(*account_, state_->vector(), give_up, refusal_);
    if (!connection) co_return false;
    const auto answer = co_await (*connection)->ask(protocol::command::query, uptime_question);
    if (!answer) co_return false;
    connection->give_back();
    if (answer->rows.size() != 1 || answer->rows[0].empty() || !answer->rows[0].back())
        co_return false;
    const std::string& text = *answer->rows[0].back();
    std::int64_t seconds = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), seconds).ec != std::errc())
        co_return false;
    // A difference of two times in whole seconds: it may be one too many.
    co_return std::chrono::seconds(seconds - 1) >= clock::now() - *sent_at;
}

/// A read has lost its connection before the client got any of the answer: it is run again, on
/// another one, some times and for some time.
pool::task<client_session::attempt> client_session::read_again(const request& what) {
    const limits_config& limits = worker_->settings().limits;
    const clock::time_point give_up = clock::now() + limits.read_retry_time;
    attempt outcome = attempt::lost_unbegun;
    for (std::size_t tries = 0; tries < limits.read_retries_max; ++tries) {
        if (interrupted_) co_return refuse_interrupted();
        if (end_wanted_ || clock::now() > give_up) break;
        const bool killed = co_await was_killed(worker_->primary());
        if (killed) break;
        worker_->count().read_retries.add();
        outcome = co_await attempt_on(worker_->primary(), false, what);
        if (outcome != attempt::lost_unbegun) break;
    }
    co_return outcome;
}

}  // namespace proxy
