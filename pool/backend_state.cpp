// How a connection is brought to a session's state.

#include <utility>

#include "pool/backend_connection.hpp"

namespace pool {

namespace {

constexpr std::uint16_t privilege_needed = 1227;  // ER_SPECIFIC_ACCESS_DENIED_ERROR

/// `state` in another schema; a state of its own, which equals no session's by address.
shared_vector in_schema(const session_vector& state, const std::string& schema) {
    auto moved = std::make_shared<session_vector>(state);
    moved->use_schema(schema);
    return moved;
}

}  // namespace

task<result<void>> backend_connection::synchronise(shared_vector wanted, server_refusal& refusal) {
    if (wanted == state_) co_return result<void>{};
    const carried_defaults usual = usually_carried();
    if (is_compressed() && wanted->schema() != state_->schema()) {
        // Two commands, and so one after the other.
        const result<void> there =
            co_await move_to(in_schema(*state_, wanted->schema()), usual, refusal);
        if (!there) co_return there.error();
    }
    const result<void> moved = co_await move_to(wanted, usual, refusal);
    // A default that takes a privilege may have been set for all sessions, but not by this one: it
    // decides no answer.
    const bool again = moved.has_error() && moved.error() == errc::state_refused &&
                       refusal.code == privilege_needed && usual == carried_defaults::all &&
                       wanted->defaults() != state_->defaults();
    if (!again) co_return moved;
    co_return co_await move_to(std::move(wanted), carried_defaults::permitted, refusal);
}

task<result<void>> backend_connection::move_to(shared_vector wanted, carried_defaults carried,
                                               server_refusal& refusal) {
    state_move move = queue_move(std::move(wanted), carried);
    if (move.schema || move.variables) {
        const result<void> sent = co_await send({});
        if (!sent) co_return sent.error();
    }
    co_return co_await end_move(std::move(move), refusal);
}

state_move backend_connection::queue_move(shared_vector wanted) {
    return queue_move(std::move(wanted), usually_carried());
}

state_move backend_connection::queue_move(shared_vector wanted, carried_defaults carried) {
    using protocol::command;
    state_move move;
    if (wanted != state_) {
        move.schema = wanted->schema() != state_->schema();
        if (move.schema) queue(command::init_db, wanted->schema());
        const std::string set = set_statement(*state_, *wanted, *own_defaults_, carried);
        move.variables = !set.empty();
        if (move.variables) queue(command::query, set);
    }
    move.to = std::move(wanted);
    return move;
}

task<result<void>> backend_connection::end_move(state_move move, server_refusal& refusal) {
    bool refused = false;
    if (move.schema) {
        const auto used = co_await take_small_answer(protocol::command::init_db);
        if (!used) co_return used.error();
        refused = used->refusal.has_value();
        if (refused)
            refusal = *used->refusal;
        else
            state_ = in_schema(*state_, move.to->schema());  // should the SET be refused
    }
    if (move.variables) {
        const auto done = co_await take_small_answer(protocol::command::query);
        if (!done) co_return done.error();
        if (!done->refusal && refused) state_ = in_schema(*move.to, state_->schema());
        if (done->refusal && !refused) refusal = *done->refusal;
        refused = refused || done->refusal;
    }
    if (refused) co_return errc::state_refused;
    state_ = std::move(move.to);
    co_return result<void>{};
}

}  // namespace pool
