// What becomes of a session when memory is short (limits.memory).

#include "proxy/client_session.hpp"
#include "proxy/worker.hpp"

namespace proxy {

namespace {

constexpr std::uint16_t out_of_memory = 1041;  // ER_OUT_OF_RESOURCES

}  // namespace

/// A command for which there was no memory: it has not been run, and the session goes on.
pool::task<client_session::maybe_reason> client_session::tell_dropped(
    const client_command& command) {
    switch (command.what) {
        case protocol::command::quit:
            co_return disconnect_reason::client_quit;
        case protocol::command::stmt_close:
            close_statement(command);
            co_return std::nullopt;
        case protocol::command::stmt_send_long_data:
            // It has no answer: the execution will tell.
            if (session_statement* const statement = find_statement(command))
                statement->lacks_long_data = true;
            co_return std::nullopt;
        default:
            break;
    }
    co_return co_await tell_no_memory(command);
}

pool::task<client_session::maybe_reason> client_session::tell_no_memory(
    const client_command& command) {
    co_return co_await tell_error(command, out_of_memory, "HY000",
                                  "Out of memory: too much is in use by clients for this command "
                                  "to be run (limits.memory)");
}

/// An execution whose long data is not whole: the server forgets what it has of it.
pool::task<client_session::maybe_reason> client_session::tell_long_data_lost(
    const client_command& command, session_statement& statement) {
    statement.lacks_long_data = false;
    if (statement.has_long_data && held_) {
        const pool::prepared_statement* const there = held_->prepared.find(*statement.text);
        std::vector<std::uint8_t> id;
        protocol::writer(id).u32(there->id);
        const auto done = co_await held_->ask(protocol::command::stmt_reset, protocol::as_text(id));
        if (!done) co_return disconnect_reason::backend_lost;
        statement.has_long_data = false;
        settle_prepared_pin();
    }
    co_return co_await tell_no_memory(command);
}

/// Room for a prepared statement with this text; empty if there is none.
std::optional<pool::memory_share> client_session::room_for_statement(
    std::size_t text_bytes, const rules::script_facts& facts) {
    pool::memory_share room(&worker_->memory(), pool::memory_use::prepared);
    const std::size_t bytes = sizeof(pool::prepared_text) + text_bytes + facts.footprint();
    if (room.resize(bytes)) return room;
    // What only connections know may be prepared again.
    worker_->give_up_prepared();
    if (room.resize(bytes)) return room;
    worker_->count().memory_refusals.add();
    return std::nullopt;
}

}  // namespace proxy
