// One attempt to run a command on one server connection.

#include <spdlog/spdlog.h>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "protocol/capabilities.hpp"
#include "protocol/execute.hpp"
#include "protocol/packet.hpp"
#include "protocol/server_status.hpp"
#include "proxy/client_session.hpp"
#include "proxy/log.hpp"
#include "proxy/worker.hpp"

namespace proxy {
namespace asio = boost::asio;

namespace {

constexpr std::uint16_t unknown_database = 1049;   // ER_BAD_DB_ERROR
constexpr std::uint16_t syntax_error = 1064;       // ER_PARSE_ERROR
constexpr std::uint16_t unknown_statement = 1243;  // ER_UNKNOWN_STMT_HANDLER
// How the server says that it is this very command that names no statement of the connection; a
// trigger may raise the same number with words of its own.
constexpr std::string_view given_to_execute = ") given to mysql";
constexpr std::uint16_t no_room_for_statement = 1461;  // ER_MAX_PREPARED_STMT_COUNT_REACHED

constexpr std::string_view multi_statements_off("\1\0", 2);
constexpr std::string_view multi_statements_on("\0\0", 2);

/// COMMIT RELEASE and ROLLBACK RELEASE end the connection on the server, and so the session.
bool closes_connection(const rules::script_facts* facts, const pool::session_vector& state) {
    if (facts == nullptr) return false;
    const rules::statement_facts& last = facts->statements.back();
    if (last.cls != rules::statement_class::commit && last.cls != rules::statement_class::rollback)
        return false;
    const auto* completion = state.value_of(*pool::find_variable("completion_type"));
    const bool always = completion != nullptr && (*completion == "RELEASE" || *completion == "2");
    return last.transaction.release || (always && !last.transaction.chain);
}

/// A client without CLIENT_MULTI_STATEMENTS gets the server's own opinion of what may be several,
/// also where it is not known by which sql_mode the text was read.
bool must_guard(const rules::script_facts* facts, bool multi_statements,
                const pool::session_vector& state) {
    return facts != nullptr && !multi_statements &&
           (!facts->single() || facts->front().incomplete || !state.defaults());
}

bool sets_globals(const rules::script_facts& facts) {
    return std::any_of(facts.statements.begin(), facts.statements.end(),
                       [](const rules::statement_facts& s) {
                           return s.cls == rules::statement_class::set_global;
                       });
}

}  // namespace

/// Marks where the session's command runs, so that KILL finds it, until it is over.
class client_session::run_mark {
public:
    run_mark(client_session& session, pool::backend_connection& connection,
             const pool::server_endpoint& server)
        : session_(session) {
        session.running_ = &connection;
        session.running_on_ = &server;
    }
    ~run_mark() { session_.running_ = nullptr; }
    run_mark(const run_mark&) = delete;
    run_mark& operator=(const run_mark&) = delete;

private:
    client_session& session_;
};

pool::task<client_session::attempt> client_session::attempt_on(pool::server_pool& servers,
                                                               bool is_edge, const request& what) {
    response_failed_ = true;  // until there is one
    schema_is_gone_ = false;
    closed_since_.reset();
    elsewhere_ = elsewhere::no;
    withdraw_offer();
    pool::lease connection = std::move(held_);
    just_borrowed_ = !connection;
    if (!connection) {
        connection = servers.borrow_now(*account_, state_->vector());
        if (!connection && may_ride(what)) {
            const auto rode = co_await try_ride(servers, is_edge, what, connection);
            if (rode) co_return *rode;
        }
        if (!connection) {
            const attempt got = co_await obtain(servers, connection);
            if (got != attempt::finished) co_return got;
        }
    }
    if (interrupted_) {
        keep_or_give_back(std::move(connection));
        co_return refuse_interrupted();
    }
    const run_mark running(*this, *connection, servers.server());
    attempt outcome = co_await run_on(*connection, is_edge, what, false);
    if (outcome == attempt::unprepared) outcome = co_await run_on(*connection, is_edge, what, true);
    if (outcome == attempt::refused) {
        // The connection is still in the state it says it is in, and with it a transaction.
        keep_or_give_back(std::move(connection));
        co_return is_edge ? attempt::edge_refused : attempt::refused;
    }
    co_return co_await finish(std::move(connection), outcome, what);
}

/// After an answer: what it did to the session, and what becomes of the connection.
pool::task<client_session::attempt> client_session::finish(pool::lease connection, attempt outcome,
                                                           const request& what) {
    if (outcome != attempt::finished && outcome != attempt::edge_refused) co_return outcome;
    if (outcome == attempt::finished) {
        note_prepared(*connection, what);
        if (!response_failed_ && closes_connection(what.facts, *state_->vector())) {
            end(disconnect_reason::client_quit);
            co_return outcome;  // the connection ends with the lease
        }
        const bool settled = co_await settle(*connection, what);
        if (!settled) co_return attempt::lost_midway;
        if (what.facts != nullptr && sets_globals(*what.facts)) worker_->ask_globals();
    }
    note_pins(what.text);
    keep_or_give_back(std::move(connection));
    co_return outcome;
}

/// Brings the connection to where the command can run, and runs it.
pool::task<client_session::attempt> client_session::run_on(pool::backend_connection& connection,
                                                           bool is_edge, const request& what,
                                                           bool again) {
    if (speaks_otherwise(connection)) {
        refusal_ = {server_gone, "08S01", "The server is another one now: connect again"};
        if (!is_edge) end(disconnect_reason::backend_lost);
        co_return attempt::refused;
    }
    attempt ready = attempt::finished;
    if (what.statement != nullptr) ready = co_await ready_statement(connection, *what.statement);
    if (ready == attempt::refused && !is_edge) {
        state_->pin(pin_reason::last_statement);  // the connection knows why, too
        tell_schema_of_refusal(*what.statement);
    }
    const bool moves = connection.state() != state_->vector() || what.facts != nullptr;
    const bool ahead = moves && may_send_ahead(connection, what);
    if (ready == attempt::finished && moves && !ahead)
        ready = co_await bring_to_state(connection, what);
    if (ready != attempt::finished) co_return ready;

    std::vector<std::uint8_t> made;
    protocol::bytes_view frames = what.frames;
    pool::prepared_statement* bound = nullptr;
    if (what.statement != nullptr) bound = bind_execution(connection, what, made, frames);

    if (ahead) {
        const attempt arrived = co_await send_ahead(connection, what, frames);
        if (arrived != attempt::finished) co_return arrived;
    } else {
        const auto sent = co_await connection.send(frames);
        if (!sent) co_return attempt::lost_unbegun;
    }
    made = {};  // it may be as long as the command
    if (bound != nullptr && what.statement->parameters > 0) {
        bound->types_known = what.statement->types_known;
        bound->bound_types = what.statement->types;
    }
    begin_elsewhere(what, connection);
    const attempt outcome = co_await relay(connection, is_edge, what, again);
    if (response_failed_) tell_schema_of_failure();
    const bool answered = outcome == attempt::finished || outcome == attempt::edge_refused;
    if (answered && response_failed_ && bound != nullptr)
        bound->types_known = false;  // perhaps not taken over
    co_return outcome;
}

pool::task<client_session::attempt> client_session::obtain(pool::server_pool& servers,
                                                           pool::lease& connection) {
    const auto give_up = clock::now() + worker_->settings().limits.queue_timeout;
    refusal_ = {};
    auto borrowed = co_await servers.borrow(*account_, state_->vector(), give_up, refusal_);
    if (!borrowed) co_return refuse(borrowed.error(), servers);
    connection = std::move(*borrowed);
    co_return attempt::finished;
}

/// Gives the connection the session's state, and what this statement needs besides.
pool::task<client_session::attempt> client_session::bring_to_state(
    pool::backend_connection& connection, const request& what) {
    using protocol::command;
    const bool is_there = connection.state() == state_->vector() && other_schema(what).empty();
    const pool::shared_vector wanted = is_there ? nullptr : state_for(what, connection);
    if (!is_there && connection.state() != wanted) {
        worker_->count().state_replays.add();
        auto moved = co_await connection.synchronise(wanted, refusal_);
        // Into the session's own schema, if that is all.
        if (!moved && moved.error() == pool::errc::state_refused && wanted != state_->vector())
            moved = co_await connection.synchronise(state_->vector(), refusal_);
        if (!moved) co_return note_refused_move(moved.error());
    }
    if (what.facts == nullptr) co_return attempt::finished;
    if (reads_last_insert_id(what)) {
        const auto done = co_await connection.ask(command::query, set_last_insert_id());
        if (!done) co_return attempt::lost_unbegun;
    }
    if (must_guard(what.facts, multi_statements_, *state_->vector())) {
        const auto done = co_await connection.ask(command::set_option, multi_statements_off);
        if (!done) co_return attempt::lost_unbegun;
    }
    if (sees_others_warnings(what)) {
        const auto done = co_await connection.ask(command::query, "DO 0");  // has none
        if (!done) co_return attempt::lost_unbegun;
    }
    co_return attempt::finished;
}

/// The session has left the connection of its last statement, or needed none for it: then it has no
/// warnings, and those that are on this connection are none of its business.
bool client_session::sees_others_warnings(const request& what) const {
    return just_borrowed_ && what.facts != nullptr &&
           what.facts->front().effects.has(rules::effect::reads_warnings);
}

/// A read may go out in one write with the commands that bring its connection to the session's
/// state.  If the server refuses those it reads under another state, and what it answers is thrown
/// away.  A write would have been done, so it waits until they are answered.
bool client_session::may_send_ahead(const pool::backend_connection& connection,
                                    const request& what) const {
    const bool moves = connection.state() != state_->vector() ||
                       (what.facts != nullptr && reads_last_insert_id(what));
    // A schema that is gone is no error of the read's own: it is run again without one.
    const bool is_in_schema = connection.state()->schema() == state_->vector()->schema();
    return moves && is_in_schema && what.repeatable && !sees_others_warnings(what) &&
           connection.can_queue_move(*state_->vector()) && other_schema(what).empty() &&
           !must_guard(what.facts, multi_statements_, *state_->vector());
}

pool::task<client_session::attempt> client_session::send_ahead(pool::backend_connection& connection,
                                                               const request& what,
                                                               protocol::bytes_view frames) {
    if (connection.state() != state_->vector()) worker_->count().state_replays.add();
    pool::state_move move = connection.queue_move(state_->vector());
    const bool tells_id = what.facts != nullptr && reads_last_insert_id(what);
    if (tells_id) connection.queue(protocol::command::query, set_last_insert_id());
    const auto sent = co_await connection.send(frames);
    if (!sent) co_return attempt::lost_unbegun;
    const auto moved = co_await connection.end_move(std::move(move), refusal_);
    if (!moved) {
        connection.abort();  // there is an answer on its way that nobody wants
        co_return note_refused_move(moved.error());
    }
    if (tells_id) {
        const auto told = co_await connection.take_small_answer(protocol::command::query);
        if (!told) co_return attempt::lost_unbegun;
    }
    co_return attempt::finished;
}

/// What an attempt comes to whose connection could not be brought to the session's state.
client_session::attempt client_session::note_refused_move(const boost::system::error_code& why) {
    if (why != pool::errc::state_refused) return attempt::lost_unbegun;
    schema_is_gone_ = refusal_.code == unknown_database;
    return attempt::refused;
}

std::string client_session::set_last_insert_id() const {
    return fmt::format("SET SESSION last_insert_id={}", state_->last_insert_id());
}

response_relay::options client_session::relay_options(std::uint32_t backend_capabilities,
                                                      bool is_edge, const request& what,
                                                      bool again) const {
    response_relay::options how;
    how.sent = what.command->what;
    how.backend_capabilities = backend_capabilities;
    how.client_capabilities = client_.capabilities();
    how.status = state_->lasting_status();
    how.hold_error = is_edge;
    how.warnings = what.warnings;
    how.opens_cursor = what.opens_cursor;
    if (!again) how.hold_code = error_to_hold(what);
    if (how.hold_code == unknown_statement) how.hold_text = given_to_execute;
    if (how.sent == protocol::command::stmt_prepare) how.statement_id = what.statement_id;
    how.may_ask_file = may_ask_file(what);
    return how;
}

pool::task<client_session::attempt> client_session::relay(pool::backend_connection& connection,
                                                          bool is_edge, const request& what,
                                                          bool again) {
    response_failed_ = false;
    prepared_.reset();
    response_relay relay(relay_options(connection.capabilities(), is_edge, what, again), *this);
    if (is_dump(what)) co_return co_await pass_dump(relay, connection, what);
    co_return co_await take_answer(relay, connection, what);
}

pool::task<client_session::attempt> client_session::take_answer(
    response_relay& relay, pool::backend_connection& connection, const request& what) {
    pool::receive_buffer& input = connection.input();
    // The worker's, since other sessions have their turn only after it has been sent or taken.
    relay_output& output = worker_->relayed_at_once();
    rules::statement_history* history = relay.begun() ? nullptr : what.history;
    const bool timed = history != nullptr || what.repeatable;
    const auto sent_at = timed ? clock::now() : clock::time_point();
    if (what.recorder != nullptr)
        what.recorder->begin(connection.capabilities(), connection.generation);
    while (!relay.done()) {
        output.clear();
        if (what.recorder != nullptr) what.recorder->see(input.readable());
        const auto taken = relay.take(input.readable(), output);
        if (!taken) co_return relay.begun() ? attempt::lost_midway : attempt::lost_unbegun;
        if (what.recorder != nullptr) what.recorder->keep(*taken);
        if (relay.done() && what.changes_stored_code) co_await learn_stored_code();
        if (!output.empty()) {
            const bool told = co_await client_.send(output, input.readable());
            if (!told) co_return attempt::client_is_gone;
        }
        input.consume(*taken);
        if (relay.done()) break;
        if (relay.awaits_file()) {
            const attempt sent = co_await pass_file(connection, relay);
            if (sent != attempt::finished) co_return sent;
        }
        if (relay.needed() > input.size()) input.reserve(relay.needed());
        const auto read = co_await connection.receive();
        if (!read && relay.begun()) co_return attempt::lost_midway;
        if (!read) {
            if (what.repeatable) note_loss(connection, sent_at);
            co_return attempt::lost_unbegun;
        }
        if (history != nullptr) {
            history->add(
                std::chrono::duration_cast<std::chrono::microseconds>(clock::now() - sent_at),
                worker_->settings().limits.convoy_wait);
            history = nullptr;
        }
    }
    if (relay.reader().prepared() != nullptr) prepared_ = *relay.reader().prepared();
    co_return relay.held_error() ? held_refusal(relay, &connection, what) : attempt::finished;
}

/// What an error comes to that the client has not been told.
client_session::attempt client_session::held_refusal(const response_relay& relay,
                                                     pool::backend_connection* connection,
                                                     const request& what) {
    const auto error = protocol::decode_err(*relay.held_error());
    if (!error) return attempt::lost_unbegun;
    if (relay.hold_code() != 0 && error->code == relay.hold_code()) {
        if (connection != nullptr) make_room_for_statement(*connection, what);
        return attempt::unprepared;
    }
    // Whatever an edge refuses a read for, a name it lacks, a lock or a full disk, the primary may
    // answer it; if the statement itself is wrong, the client gets the primary's words.
    refusal_ = {error->code, std::string(error->sqlstate), std::string(error->message)};
    return attempt::edge_refused;
}

/// The error that says only what this connection has prepared, not what the statement is worth.
std::uint16_t client_session::error_to_hold(const request& what) {
    if (what.prepared_text != nullptr) return no_room_for_statement;
    const bool execution =
        what.statement != nullptr && what.command->what == protocol::command::stmt_execute;
    if (!execution) return 0;
    // Long data would be lost with it, and a routine may end in this error for reasons of its own.
    const bool runs_routine = what.facts->front().cls == rules::statement_class::call ||
                              what.facts->effects().has(rules::effect::calls_unknown_function);
    return what.statement->has_long_data || runs_routine ? std::uint16_t{0} : unknown_statement;
}

void client_session::make_room_for_statement(pool::backend_connection& connection,
                                             const request& what) {
    if (what.prepared_text != nullptr) {
        connection.queue_close_statements(connection.prepared.give_up_half());
    } else {
        connection.prepared.forget(*what.statement->text);  // nothing to close
    }
}

/// After a whole answer: what the statement did to the session, asking where the trackers are
/// silent. False if the connection was lost meanwhile.
pool::task<bool> client_session::settle(pool::backend_connection& connection, const request& what) {
    if (response_failed_) {
        const bool owes_news = what.facts != nullptr && session_state::may_owe_news(*what.facts);
        if (owes_news || state_->next_begins_transaction()) return settle_failure(connection, what);
    }
    end_in_state(what);
    if (must_ask_server(what)) return ask_server(connection, what);
    connection.note_state(state_behind(connection));
    return true;
}

/// The trackers' news did not come with the error.
pool::task<bool> client_session::settle_failure(pool::backend_connection& connection,
                                                const request& what) {
    const auto owed = co_await connection.ask(protocol::command::ping, {});
    if (!owed || !owed->status) co_return false;
    state_->on_status(*owed->status);
    state_->on_owed_news(owed->session_state);
    end_in_state(what);
    co_return co_await ask_server(connection, what);
}

void client_session::end_in_state(const request& what) {
    const bool guarded = must_guard(what.facts, multi_statements_, *state_->vector());
    if (guarded && response_failed_ && error_ == syntax_error) {
        state_->end_refused_script();
    } else if (what.facts != nullptr) {
        state_->end_script(*what.facts, what.text, response_failed_);
        note_new_code(what);
        note_prepared_text(what);
    } else {
        state_->end_command(response_failed_);
        if (prepared_) state_->note_warnings_of_preparation(prepared_->warnings);
        if (what.prepared_text != nullptr && response_failed_)
            state_->pin(pin_reason::last_statement);
    }
}

bool client_session::must_ask_server(const request& what) const {
    return must_guard(what.facts, multi_statements_, *state_->vector()) ||
           state_->must_restore_tracking() || !state_->to_ask().empty() ||
           state_->must_ask_last_insert_id() || !state_->locks_question().empty() ||
           is_field_list(what);
}

/// It warns that it is deprecated, but only the next OK says so.
bool client_session::is_field_list(const request& what) {
    return what.command->what == protocol::command::field_list;
}

pool::task<bool> client_session::ask_server(pool::backend_connection& connection,
                                            const request& what) {
    if (is_field_list(what)) {
        const auto pong = co_await connection.ask(protocol::command::ping, {});
        if (!pong || !pong->status) co_return false;
        state_->tell_warnings(pong->warnings);
    }
    if (must_guard(what.facts, multi_statements_, *state_->vector())) {
        const auto done =
            co_await connection.ask(protocol::command::set_option, multi_statements_on);
        if (!done) co_return false;
    }
    if (state_->must_restore_tracking()) {
        const std::string tracking = connection.tracking();
        const auto done = co_await connection.ask(protocol::command::query, tracking);
        if (!done) co_return false;
        state_->note_question();
        state_->tracking_restored();
    }
    if (!state_->to_ask().empty()) {
        const bool asked = co_await ask_values(connection);
        if (!asked) co_return false;
    }
    if (state_->must_ask_last_insert_id()) {
        const bool asked = co_await ask_last_insert_id(connection);
        if (!asked) co_return false;
    }
    if (const std::string question = state_->locks_question(); !question.empty()) {
        const bool asked = co_await ask_locks(connection, question);
        if (!asked) co_return false;
    }
    connection.note_state(state_behind(connection));
    co_return true;
}

/// Of a question of Tidegate's own: the news that MySQL tells only now are the client's.
void client_session::note_answer(const pool::small_answer& answer) {
    state_->note_question();
    state_->on_owed_news(answer.session_state);
}

pool::task<bool> client_session::ask_values(pool::backend_connection& connection) {
    std::vector<pool::variable_id> unknown = state_->to_ask();
    std::erase_if(unknown, [&](pool::variable_id id) { return !connection.knows(id); });
    if (unknown.empty()) {
        state_->told_all_values();
        co_return true;
    }
    std::string select = "SELECT ";
    for (const pool::variable_id id : unknown) {
        if (select.size() > 7) select += ", ";
        select.append("@@SESSION.").append(pool::name_of(id));
    }
    select += " LIMIT 1";  // whatever sql_select_limit is
    const auto answer = co_await connection.ask(protocol::command::query, select);
    if (!answer || answer->refusal || answer->rows.size() != 1 ||
        answer->rows[0].size() != unknown.size())
        co_return false;
    note_answer(*answer);
    for (std::size_t i = 0; i < unknown.size(); ++i) {
        // SELECT @@x tells booleans as 1 and 0, the trackers as ON and OFF; either can be set.
        state_->tell_value(unknown[i], answer->rows[0][i]);
    }
    state_->told_all_values();
    co_return true;
}

pool::task<bool> client_session::ask_last_insert_id(pool::backend_connection& connection) {
    const auto answer =
        co_await connection.ask(protocol::command::query, "SELECT LAST_INSERT_ID() LIMIT 1");
    if (!answer || answer->rows.size() != 1 || answer->rows[0].size() != 1 || !answer->rows[0][0])
        co_return false;
    note_answer(*answer);
    const std::string& text = *answer->rows[0][0];
    std::uint64_t id = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), id).ec == std::errc())
        state_->tell_last_insert_id(id);
    co_return true;
}

pool::task<bool> client_session::ask_locks(pool::backend_connection& connection,
                                           std::string_view question) {
    const auto answer = co_await connection.ask(protocol::command::query, question);
    if (!answer) co_return false;
    note_answer(*answer);
    // A name that is no lock's name is refused: then they stay until all are released.
    const bool held = answer->refusal || answer->rows.size() != 1 || answer->rows[0].empty() ||
                      answer->rows[0][0] != "0";
    state_->tell_locks(held);
    co_return true;
}

/// The connection now has the statement that the client has just prepared on it.
void client_session::note_prepared(pool::backend_connection& connection, const request& what) {
    if (!prepared_ || what.prepared_text == nullptr) return;
    pool::prepared_statement added;
    added.id = prepared_->statement_id;
    added.parameters = prepared_->parameters;
    added.columns = prepared_->columns;
    connection.queue_close_statements(connection.prepared.add(*what.prepared_text, added));
}

void client_session::note_pins(std::string_view statement) {
    ledger_.update(state_->pins(), statement, state_->lexing(), worker_->count());
}

void client_session::keep_or_give_back(pool::lease connection) {
    held_ = std::move(connection);
    if (holds_edge() && (state_->in_transaction() || state_->is_pinned_for_more_than_questions())) {
        // What pins a session would send its writes to the edge, too.
        worker_->count().tracker_mismatches.add();
        worker_->log().warn(log_event("edge_pinned")("edge", held_.owner()->server().name)(
                                "reason", to_string(state_->first_pin()))("connection", id_)
                                .text());
        held_.discard();
        state_->lose_connection();
        note_pins({});
        return;
    }
    settle_hold();
}

/// An edge's connection is only ever kept in case the client asks about the last statement.
bool client_session::holds_edge() const {
    return held_ && held_.owner() != &worker_->primary();
}

/// Nothing but such a question may go to an edge's connection because it is held.
void client_session::leave_edge() {
    if (!holds_edge()) return;
    withdraw_offer();
    state_->unpin(pin_reason::last_statement);
    held_.give_back();
}

/// Keeps, offers or gives back the held connection, as the session's state now has it.
void client_session::settle_hold() {
    if (!held_) return;
    if (!state_->holds_connection()) {
        withdraw_offer();
        held_.give_back();
        return;
    }
    if (offered_ || state_->in_transaction() || state_->is_pinned_for_more_than_questions()) return;
    offered_ = true;  // first: it may be taken up at once
    held_.owner()->offer(*this, *account_);
}

/// Somebody waits for a connection that this session keeps only in case it asks for warnings.
void client_session::reclaim() {
    offered_ = false;
    state_->unpin(pin_reason::last_statement);
    note_pins({});
    held_.give_back();
}

void client_session::withdraw_offer() {
    if (!offered_) return;
    offered_ = false;
    held_.owner()->withdraw(*this);
}

client_session::attempt client_session::refuse(const boost::system::error_code& why,
                                               const pool::server_pool& servers) {
    const std::string& server = servers.server().name;
    if (why == pool::errc::login_denied) {
        // The server's own words, such as "Account is locked", with its number.
    } else if (why == pool::errc::timed_out) {
        refusal_ = {1040, "08004",
                    fmt::format("Too many connections: no connection to '{}' became free in {} ms "
                                "(limits.queue_timeout; the server's connections_max)",
                                server, worker_->settings().limits.queue_timeout.count())};
    } else if (why == pool::errc::user_limit) {
        refusal_ = {
            1203, "42000",
            fmt::format("User {} already has more than 'max_user_connections' active "
                        "connections: none to '{}' became free in {} ms "
                        "(limits.queue_timeout; users[].connections_max)",
                        account_->user, server, worker_->settings().limits.queue_timeout.count())};
    } else if (why == pool::errc::line_full) {
        refusal_ = {1040, "08004",
                    fmt::format("Too many connections: too many sessions wait for a connection to "
                                "'{}' already (limits.queue_max; the server's connections_max)",
                                server)};
    } else if (why == pool::errc::shutting_down) {
        refusal_ = {server_gone, "08S01", "Server shutdown in progress"};
    } else {
        refusal_ = {server_gone, "08S01",
                    fmt::format("Can't connect to MySQL server '{}': {}", server, why.message())};
    }
    worker_->log().warn(log_event("backend_unavailable")("server", server)("error", why.message())(
                            "code", refusal_.code)("connection", id_)
                            .text());
    return attempt::refused;
}

protocol::bytes_view client_session::on_ok(const protocol::ok_packet& ok) {
    const bool in_eof = ok.header == protocol::ok_packet::result_end_header &&
                        (client_.capabilities() & protocol::capability::deprecate_eof) == 0;
    const bool last = ok.header == protocol::ok_packet::plain_header &&
                      (ok.status & protocol::server_status::more_results_exist) == 0;
    tell_schema(last);
    return state_->on_ok(ok, !in_eof);
}

void client_session::on_err(const protocol::err_packet& err) {
    response_failed_ = true;
    error_ = err.code;
}

}  // namespace proxy
