// COM_BINLOG_DUMP and what belongs to it: a replica, or mysqlbinlog, reads the primary's binlog.
// Its session keeps a server connection to itself from then on.

#include <boost/asio/steady_timer.hpp>

#include "pool/task.hpp"
#include "proxy/client_session.hpp"
#include "proxy/worker.hpp"

namespace proxy {
namespace {

constexpr std::size_t acknowledgement_bytes =
    256;  // read at once; one has a file name and 10 bytes

}  // namespace

/// What the two directions of a stream know of each other.
struct client_session::acknowledgements {
    explicit acknowledgements(boost::asio::io_context& context)
        : ended(context, boost::asio::steady_timer::time_point::max()) {}

    bool over = false;                // the stream is
    bool listens = false;             // somebody reads what the client says
    boost::asio::steady_timer ended;  // cancelled when nobody does any more
};

bool client_session::is_dump(const request& what) {
    return what.command->what == protocol::command::binlog_dump ||
           what.command->what == protocol::command::binlog_dump_gtid;
}

pool::task<client_session::maybe_reason> client_session::replicate(const client_command& command) {
    if (!user_->settings.binlog_dump)
        co_return co_await tell_error(command, 1227, "42000",
                                      "Access denied; you need (at least one of) the REPLICATION "
                                      "SLAVE privilege(s) for this operation "
                                      "(users[].binlog_dump)");
    request what;
    what.command = &command;
    what.frames = command.frames;
    what.text = "COM_BINLOG_DUMP";
    state_->begin_command();
    // The server remembers on the connection who reads: it is not for others any more.
    state_->pin(pin_reason::replication);
    note_pins(what.text);
    co_return co_await run_on_primary(what);
}

/// The stream of events, and beside it what the client says meanwhile: a semi-synchronous replica
/// acknowledges what it has, and the server's commits wait for that.
pool::task<client_session::attempt> client_session::pass_dump(response_relay& relay,
                                                              pool::backend_connection& connection,
                                                              const request& what) {
    client_.forget_command();  // its bytes lie where the client's next ones are read into
    acknowledgements beside(worker_->context());
    beside.listens = !client_.stream().is_compressed() && !connection.is_compressed();
    if (beside.listens) pool::spawn(worker_->context(), pass_acknowledgements(connection, beside));
    dumps_ = true;
    const attempt outcome = co_await take_answer(relay, connection, what);
    dumps_ = false;
    beside.over = true;
    boost::system::error_code ignored;
    if (beside.listens) client_.stream().socket().cancel(ignored);
    while (beside.listens) co_await beside.ended.async_wait(pool::awaited);
    co_return outcome;
}

/// Until the stream is over.  What comes then is the client's next command, and stays unread.
pool::task<void> client_session::pass_acknowledgements(pool::backend_connection& connection,
                                                       acknowledgements& beside) {
    pool::receive_buffer& input = client_.input();
    bool more = true;
    while (more) {
        const maybe_reason left = co_await client_.read_more(acknowledgement_bytes);
        if (beside.over) break;
        more = !left;
        if (left) {
            end_now(disconnect_reason::client_lost);
            // It would notice at the next event only.
            worker_->kill_on_server(*running_on_, *account_, connection.connection_id(), false);
            connection.abort();
        } else {
            const auto sent = co_await connection.send_more(input.readable());
            input.consume(input.size());
            more = sent.has_value();
        }
    }
    beside.listens = false;
    beside.ended.cancel();
}

}  // namespace proxy
