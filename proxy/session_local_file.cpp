// LOAD DATA LOCAL: the server asks for a file, and the client sends it.

#include "protocol/capabilities.hpp"
#include "protocol/file_packets.hpp"
#include "proxy/client_session.hpp"

namespace proxy {
namespace {

constexpr std::size_t piece_bytes = 64 * 1024;  // of the file, in Tidegate at once

}  // namespace

/// A server may ask for any file of a client's, so it may ask only where the statement does.
bool client_session::may_ask_file(const request& what) const {
    return what.facts != nullptr && what.facts->effects().has(rules::effect::local_infile) &&
           (account_->capabilities & protocol::capability::local_files) != 0;
}

/// Passes the file on as it comes, as fast as the server takes it.  If it does not come to its
/// end, the server must not take what it has for the whole: it finds its connection closed, and
/// undoes the statement.
pool::task<client_session::attempt> client_session::pass_file(pool::backend_connection& connection,
                                                              response_relay& relay) {
    client_.forget_command();  // it lies where the file is read into
    protocol::file_packets file(relay.next_sequence(), relay.sequence_shift());
    pool::receive_buffer& input = client_.input();
    sends_file_ = true;
    attempt outcome = attempt::finished;
    while (!file.done() && outcome == attempt::finished) {
        const auto taken = file.take(input.readable());
        if (!taken) {
            end(disconnect_reason::malformed_packet);
            outcome = attempt::client_is_gone;
        } else if (*taken > 0) {
            const auto sent = co_await connection.send_more(input.readable().first(*taken));
            if (!sent) outcome = attempt::lost_midway;
            input.consume(*taken);
        } else {
            const maybe_reason ended = co_await client_.read_more(piece_bytes);
            if (ended) outcome = attempt::client_is_gone;
        }
    }
    sends_file_ = false;
    input.release_if_empty();
    if (outcome == attempt::finished)
        relay.note_file_sent();
    else
        connection.abort();
    co_return outcome;
}

/// While a client lets its server wait for the rest of a file, nobody reads from the server: if it
/// gives up (net_read_timeout) or is gone, so is the session.
void client_session::check_file() {
    if (running_ != nullptr && running_->is_dead()) end_now(disconnect_reason::backend_lost);
}

}  // namespace proxy
