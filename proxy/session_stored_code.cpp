// What statements run that is stored in the server: routines, triggers, views.

#include <spdlog/spdlog.h>

#include <algorithm>

#include "proxy/client_session.hpp"
#include "proxy/log.hpp"
#include "proxy/worker.hpp"
#include "rules/prepared_text.hpp"
#include "rules/stored_ddl.hpp"

namespace proxy {

namespace {

// Whoever has changed stored code waits for so long until all know what it does now.
constexpr std::chrono::seconds reading_max{2};

}  // namespace

bool client_session::changes_stored_code(const rules::script_facts& facts,
                                         std::string_view text) const {
    return rules::may_change_stored_code(facts, text, state_->lexing());
}

/// Before the client is told that its DDL is done: it, or whom it tells, may run the new code next.
pool::task<void> client_session::learn_stored_code() {
    const bool known = co_await worker_->code_news().learn(clock::now() + reading_max);
    if (!known) worker_->log().warn(log_event("stored_code_late")("connection", id_).text());
}

/// What a text creates and runs nobody could know before.
void client_session::note_new_code(const request& what) {
    if (!what.changes_stored_code || what.facts->single()) return;
    const bool runs = std::ranges::any_of(what.facts->statements, [](const auto& s) {
        using enum rules::statement_class;
        return s.cls == read || s.cls == locking_read || s.cls == write || s.cls == call ||
               s.cls == unknown || s.effects.has(rules::effect::calls_unknown_function);
    });
    if (runs) state_->pin(pin_reason::unknown);
}

/// PREPARE … FROM: what EXECUTE runs may leave what DEALLOCATE does not end.
void client_session::note_prepared_text(const request& what) {
    using rules::effect;
    constexpr rules::effect_set lasting = effect::takes_get_lock | effect::creates_temporary_table |
                                          effect::writes_user_variable | effect::locks_globally |
                                          effect::changes_identity | effect::calls_unknown_function;
    const bool prepares = what.facts->single() &&
                          what.facts->front().cls == rules::statement_class::prepare_text &&
                          state_->is_pinned(pin_reason::prepared_text);
    if (!prepares) return;
    const auto prepared = rules::prepared_text(what.text, state_->lexing());
    if (!prepared) return;
    const auto known = worker_->facts().find(*prepared, state_->lexing());
    if (known.facts->effects().has(lasting)) state_->pin_without_name(pin_reason::prepared_text);
}

/// Whether the connection must be told the session's before.  EXECUTE may read it, for all that its
/// own text tells.
bool client_session::reads_last_insert_id(const request& what) const {
    if (state_->owes_last_insert_id()) return false;  // it knows better
    return what.facts->effects().has(rules::effect::reads_last_insert_id) ||
           std::ranges::any_of(what.facts->statements, [](const auto& s) {
               return s.cls == rules::statement_class::execute_text;
           });
}

/// Before anything else runs on the connection that has it.
pool::task<void> client_session::settle_last_insert_id() {
    bool asked = false;
    if (held_) asked = co_await ask_last_insert_id(*held_);
    if (asked) co_return;
    state_->tell_last_insert_id(state_->last_insert_id());
    if (!held_) co_return;
    if (state_->in_transaction() || state_->is_pinned_for_more_than_questions()) {
        held_->abort();  // what runs next finds it lost
    } else {
        held_.discard();
        state_->lose_connection();
    }
}

/// A statement that was prepared before the server's code was changed may do something else now.
void client_session::renew_facts(session_statement& statement) {
    rules::facts_cache& facts = worker_->facts();
    if (statement.facts_generation == facts.generation()) return;
    const auto known = facts.find(statement.text->text, statement.lexing);
    statement.facts = known.facts;
    statement.history = known.history;
    statement.facts_generation = facts.generation();
}

}  // namespace proxy
