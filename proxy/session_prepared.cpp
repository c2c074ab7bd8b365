// Prepared statements: ids of our own towards the client, prepared lazily on each connection.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "protocol/capabilities.hpp"
#include "protocol/execute.hpp"
#include "protocol/field_type.hpp"
#include "protocol/packet.hpp"
#include "protocol/server_status.hpp"
#include "proxy/client_session.hpp"
#include "proxy/repeatable_read.hpp"
#include "proxy/worker.hpp"
#include "rules/known_calls.hpp"

namespace proxy {
namespace asio = boost::asio;

namespace {

constexpr std::size_t statement_node_bytes = 64;  // of the map that holds them, and types

/// True if the client leaves out the type of a value that it has given none before.  The server
/// connection may know one, from another session.
bool lacks_types(const protocol::execute_layout& layout, const session_statement& statement) {
    if (layout.types_bound) return false;
    for (std::size_t i = 0; i < statement.parameters; ++i) {
        const bool null = (layout.null_bitmap[i / 8] >> (i % 8) & 1) != 0;
        const bool typed =
            statement.types_known &&
            statement.types[i * 2] != static_cast<std::uint8_t>(protocol::field_type::null);
        if (!null && !typed) return true;
    }
    return false;
}

void mark_in_use(pool::backend_connection& connection, const session_statement& statement) {
    if (auto* there = connection.prepared.find(*statement.text)) there->in_use = true;
}

}  // namespace

pool::task<client_session::maybe_reason> client_session::prepare(client_command& command) {
    const std::string_view text = protocol::as_text(command.argument());
    if (statements_.size() >= worker_->settings().limits.prepared_per_session_max)
        co_return co_await tell_error(
            command, 1461, "42000",
            fmt::format("Can't create more than max_prepared_stmt_count statements (current "
                        "value: {}, limits.prepared_per_session_max)",
                        worker_->settings().limits.prepared_per_session_max));
    session_statement added;
    const auto known = worker_->facts().find(text, state_->lexing());
    added.facts = known.facts;
    added.history = known.history;
    added.facts_generation = worker_->facts().generation();
    added.lexing = state_->lexing();
    if (kills(*added.facts))
        co_return co_await tell_error(
            command, 1295, "HY000",
            "This command is not supported in the prepared statement protocol yet");
    std::optional<std::string> named;
    if (added.facts->effects().has(rules::effect::reads_connection_id))
        named = rules::with_connection_id(text, state_->lexing(), id_);
    auto room = room_for_statement(text.size(), *added.facts);
    if (!room) co_return co_await tell_no_memory(command);
    added.memory = pool::memory_share(&worker_->memory(), pool::memory_use::prepared);
    if (!added.memory.resize(sizeof(session_statement) + statement_node_bytes))
        co_return co_await tell_no_memory(command);
    added.text = worker_->statements().intern(
        named ? std::string_view(*named) : text,
        worker_->vectors().intern(state_->vector()->parsing_part()), std::move(*room));
    // Long data and cursors of two statements must not meet on one of the server's.
    const bool again = std::any_of(statements_.begin(), statements_.end(), [&](const auto& entry) {
        return entry.second.text == added.text;
    });
    if (again) {
        room = room_for_statement(text.size(), *added.facts);
        if (!room) co_return co_await tell_no_memory(command);
        added.text = std::make_shared<const pool::prepared_text>(
            pool::prepared_text{added.text->text, added.text->state, std::move(*room)});
    }
    const std::uint32_t id = next_statement_id();

    request what;
    what.command = &command;
    what.frames = command.frames;
    std::vector<std::uint8_t> own_id;
    if (named) {
        protocol::append_command(own_id, protocol::command::stmt_prepare, *named);
        what.frames = own_id;
    }
    what.prepared_text = &added.text;
    what.statement_id = id;
    what.repeatable = true;
    state_->begin_command();
    const maybe_reason ended = co_await run_on_primary(what);
    if (ended || !prepared_) co_return ended;
    added.parameters = prepared_->parameters;
    statements_.emplace(id, std::move(added));
    co_return std::nullopt;
}

std::uint32_t client_session::next_statement_id() {
    while (statements_.contains(next_statement_id_) || next_statement_id_ == 0)
        ++next_statement_id_;
    return next_statement_id_++;
}

session_statement* client_session::find_statement(const client_command& command) {
    const auto id = protocol::decode_statement_id(command.payload);
    if (!id) return nullptr;
    const auto known = statements_.find(*id);
    return known == statements_.end() ? nullptr : &known->second;
}

pool::task<client_session::maybe_reason> client_session::tell_unknown_statement(
    const client_command& command, std::string_view where) {
    const auto id = protocol::decode_statement_id(command.payload);
    co_return co_await tell_error(
        command, 1243, "HY000",
        fmt::format("Unknown prepared statement handler ({}) given to {}", id ? *id : 0, where));
}

pool::task<client_session::maybe_reason> client_session::execute(client_command& command) {
    session_statement* statement = find_statement(command);
    if (statement == nullptr)
        co_return co_await tell_unknown_statement(command, "mysql_stmt_precheck");
    const auto layout =
        protocol::decode_execute(command.payload, statement->parameters, client_.capabilities());
    if (!layout || (!statement->has_long_data && lacks_types(*layout, *statement))) {
        const bool counted = protocol::capability::has(client_.capabilities(),
                                                       protocol::capability::query_attributes);
        co_return co_await tell_error(
            command, 1210, "HY000",
            fmt::format("Incorrect arguments to {}",
                        counted ? "COM_STMT_EXECUTE" : "mysqld_stmt_execute"));
    }
    worker_->count().queries.add();
    worker_->count().prepared_executes.add();
    if (statement->lacks_long_data) co_return co_await tell_long_data_lost(command, *statement);
    if (layout->types_bound) {
        statement->types.assign(layout->own_types.begin(), layout->own_types.end());
        statement->types_known = true;
    }
    if (const auto refused = std::exchange(statement->refused_data, nullptr)) {
        tell_schema_of_refusal(*statement);
        co_return co_await tell_error(command, refused->code, refused->sqlstate, refused->message);
    }
    if (layout->opens_cursor()) state_->pin(pin_reason::prepared_state);
    renew_facts(*statement);

    request what;
    what.command = &command;
    what.frames = command.frames;
    what.statement = statement;
    what.facts = statement->facts.get();
    what.history = statement->history.get();
    const bool read = statement->facts->front().cls == rules::statement_class::read;
    what.opens_cursor = read && layout->opens_cursor();
    what.repeatable = is_repeatable_read(*statement->facts) && !statement->has_long_data &&
                      !layout->opens_cursor();
    what.has_attributes = layout->parameter_count > statement->parameters;
    what.changes_stored_code = changes_stored_code(*what.facts, statement->text->text);
    const maybe_reason ended = co_await run_statement(what, statement->text->text);
    statement->has_long_data = false;
    statement->has_cursor = layout->opens_cursor() && !response_failed_ &&
                            (state_->status() & protocol::server_status::cursor_exists) != 0;
    if (statement->has_cursor && held_) mark_in_use(*held_, *statement);
    settle_prepared_pin();
    co_return ended;
}

/// Prepares the statement on this connection, if it is not there yet.
pool::task<client_session::attempt> client_session::ready_statement(
    pool::backend_connection& connection, const session_statement& statement) {
    const auto ready = co_await connection.make_ready(statement.text, worker_->vectors(), refusal_);
    if (ready) co_return attempt::finished;
    const bool refused = ready.error() == pool::errc::state_refused ||
                         ready.error() == pool::errc::statement_refused;
    co_return refused ? attempt::refused : attempt::lost_unbegun;
}

/// Turns an execution, or another command of a statement, into one for this connection: its own
/// statement id, and the types spelled out if the connection was last told others.
pool::prepared_statement* client_session::bind_execution(pool::backend_connection& connection,
                                                         const request& what,
                                                         std::vector<std::uint8_t>& made,
                                                         protocol::bytes_view& frames) {
    const session_statement& statement = *what.statement;
    pool::prepared_statement* there = connection.prepared.find(*statement.text);
    const client_command& command = *what.command;
    if (command.what == protocol::command::stmt_execute && statement.types_known) {
        const auto layout =
            protocol::decode_execute(command.payload, statement.parameters, client_.capabilities());
        const bool told = there->types_known && there->bound_types == statement.types;
        if (layout && !layout->types_bound && !told && statement.parameters > 0 &&
            !what.has_attributes) {
            std::uint8_t sequence = 0;
            const std::size_t header_at = protocol::begin_packet(made);
            protocol::writer out(made);
            protocol::encode_execute_with_types(*layout, there->id, statement.types,
                                                client_.capabilities(), out);
            protocol::finish_packet(made, header_at, sequence);
            frames = made;
            return there;
        }
    }
    protocol::rewrite_statement_id(command.frames.subspan(protocol::header_size), there->id);
    return there;
}

/// Long data belongs to one server connection, so from here to the execution the session keeps it.
pool::task<client_session::maybe_reason> client_session::send_long_data(client_command& command) {
    session_statement* statement = find_statement(command);
    // The command has no answer.  If there is nowhere to send the data to, its execution says so.
    if (statement == nullptr || statement->refused_data) co_return std::nullopt;
    leave_edge();
    withdraw_offer();
    pool::lease connection = std::move(held_);
    attempt ready = attempt::finished;
    if (!connection) ready = co_await obtain(worker_->primary(), connection);
    if (ready == attempt::finished) ready = co_await ready_statement(*connection, *statement);
    if (ready == attempt::refused) {
        statement->refused_data = std::make_unique<const pool::server_refusal>(refusal_);
        if (connection) keep_or_give_back(std::move(connection));
        co_return std::nullopt;
    }
    if (ready != attempt::finished) co_return disconnect_reason::backend_lost;
    const pool::prepared_statement* there = connection->prepared.find(*statement->text);
    protocol::rewrite_statement_id(command.frames.subspan(protocol::header_size), there->id);
    const auto sent = co_await connection->send(command.frames);
    if (!sent) co_return disconnect_reason::backend_lost;
    statement->has_long_data = true;
    mark_in_use(*connection, *statement);
    state_->pin(pin_reason::prepared_state);
    note_pins(statement->text->text);
    held_ = std::move(connection);
    co_return std::nullopt;
}

pool::task<client_session::maybe_reason> client_session::fetch(client_command& command) {
    session_statement* statement = find_statement(command);
    if (statement == nullptr)
        co_return co_await tell_unknown_statement(command, "mysql_stmt_precheck");
    if (!statement->has_cursor)
        co_return co_await tell_error(command, 1421, "HY000",
                                      fmt::format("The statement ({}) has no open cursor.",
                                                  *protocol::decode_statement_id(command.payload)));
    request what;
    what.command = &command;
    what.frames = command.frames;
    what.statement = statement;
    state_->begin_command();
    const maybe_reason ended = co_await run_on_primary(what);
    if ((state_->status() & protocol::server_status::last_row_sent) != 0 || response_failed_) {
        statement->has_cursor = false;
        settle_prepared_pin();
    }
    co_return ended;
}

pool::task<client_session::maybe_reason> client_session::reset_statement(client_command& command) {
    session_statement* statement = find_statement(command);
    if (statement == nullptr)
        co_return co_await tell_unknown_statement(command, "mysql_stmt_precheck");
    statement->lacks_long_data = false;
    statement->refused_data.reset();
    // On the connection that the session holds it clears the number of warnings, too.
    const bool there = held_ && held_->prepared.find(*statement->text) != nullptr;
    if (!there && !statement->has_cursor && !statement->has_long_data) {
        state_->tell_warnings(0);
        state_->note_question();  // a connection that is held still counts them
        co_return co_await tell_ok(command, 0);
    }
    request what;
    what.command = &command;
    what.frames = command.frames;
    what.statement = statement;
    state_->begin_command();
    const maybe_reason ended = co_await run_on_primary(what);
    statement->has_cursor = statement->has_long_data = false;
    settle_prepared_pin();
    co_return ended;
}

void client_session::close_statement(const client_command& command) {
    session_statement* statement = find_statement(command);
    if (statement == nullptr) return;
    if (held_ && (statement->has_cursor || statement->has_long_data))
        held_->queue_close_statements(held_->prepared.forget(*statement->text));
    statements_.erase(*protocol::decode_statement_id(command.payload));
    settle_prepared_pin();
}

/// Lets the connection go once no statement has anything open on it.
void client_session::settle_prepared_pin() {
    if (!state_->is_pinned(pin_reason::prepared_state)) return;
    const bool needed = std::any_of(statements_.begin(), statements_.end(), [](const auto& entry) {
        return entry.second.has_cursor || entry.second.has_long_data;
    });
    if (needed) return;
    state_->unpin(pin_reason::prepared_state);
    note_pins({});
    if (held_) held_->prepared.release_all();
    settle_hold();
}

}  // namespace proxy
