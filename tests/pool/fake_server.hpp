#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <list>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "pool/backend_connection.hpp"
#include "protocol/proxy_header.hpp"

namespace pool_test {

/// A MySQL server of a few sentences, on the test's own io_context: lets the account in, answers
/// what connections open with, and then OK to nearly everything.  A test sets how it misbehaves.
class fake_server {
public:
    explicit fake_server(boost::asio::io_context& context);
    ~fake_server();
    fake_server(const fake_server&) = delete;
    fake_server& operator=(const fake_server&) = delete;

    pool::server_endpoint endpoint() const;

    // How it behaves; read whenever it matters.
    std::string password = "secret";
    bool wants_proxy_header = false;  // in front of everything else
    bool silent = false;              // accepts connections and never says a word
    std::string greeting_bytes;       // if not empty: said instead of a greeting, then the end
    std::map<std::string, std::string> variables{{"sql_mode", "STRICT_TRANS_TABLES"},
                                                 {"time_zone", "SYSTEM"}};
    /// command → the time zone that connections begin with from then on
    std::map<std::string, std::string> time_zone_from;
    std::map<std::string, std::string> refused;  // query or schema → the message of its refusal
    /// Refused once, with this number; then as if it were not here.
    std::map<std::string, std::uint16_t> refused_once;
    std::string unanswered;                    // a command that is heard and never answered
    std::map<std::string, std::string> known;  // query → the one value of its answer
    std::map<std::string, std::string> said;   // query → raw bytes, answered as they are
    /// Commands of sessions until it hangs up on one instead of answering: never, if negative.  May
    /// be set from another thread.
    std::atomic<int> commands_until_fault = -1;
    std::atomic<bool> fault_is_half_an_answer = false;
    /// It hangs up only after so long.  Likewise from another thread.
    std::atomic<int> fault_after_milliseconds = 0;
    /// So many of the next commands of sessions are such faults.  Likewise from another thread.
    std::atomic<int> faults_left = 0;
    std::set<std::string> mute;  // queries that it does not answer until unmute()
    std::uint16_t warnings = 0;  // of every table that it answers
    std::size_t row_bytes = 0;   // if not 0: "SELECT rows" answers a row of so many bytes

    // What it has seen.
    std::size_t accepted = 0;
    std::size_t came_together = 0;  // commands that were there before the one in front was answered
    std::vector<protocol::proxy_header> introduced;  // what the headers said
    std::size_t alive() const noexcept { return sockets_.size(); }
    std::vector<std::string> heard;  // what came after the opening: "SET …", "init_db shop", …

    void unmute();
    /// Closes every connection; new ones are still accepted.
    void hang_up();
    /// Closes the connection that was made last.
    void hang_up_last();
    /// Sends bytes that nobody has asked for on every connection.
    void blurt(std::string_view bytes);
    /// Nobody listens any more.
    void stop_listening();

private:
    class conversation;

    bool is_fault(std::string_view command);

    boost::asio::awaitable<void> accept();
    boost::asio::awaitable<void> serve(std::list<boost::asio::ip::tcp::socket>::iterator self);

    boost::asio::ip::tcp::acceptor acceptor_;
    boost::asio::steady_timer muted_;  // cancelled when it is over
    std::uint16_t port_;
    std::list<boost::asio::ip::tcp::socket> sockets_;
};

}  // namespace pool_test
