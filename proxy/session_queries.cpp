// Text statements: where they run, waiting for an edge, trying again.

#include <spdlog/spdlog.h>

#include <fmt/format.h>

#include <algorithm>
#include <boost/algorithm/string/predicate.hpp>
#include <boost/algorithm/string/trim.hpp>
#include <utility>

#include "protocol/packet.hpp"
#include "protocol/query_attributes.hpp"
#include "proxy/client_session.hpp"
#include "proxy/log.hpp"
#include "proxy/repeatable_read.hpp"
#include "proxy/worker.hpp"
#include "rules/known_calls.hpp"

namespace proxy {
namespace asio = boost::asio;

namespace {

using rules::effect;

// refuse() says these too, when all connections are in use.
constexpr std::uint16_t too_many_connections = 1040;       // ER_CON_COUNT_ERROR
constexpr std::uint16_t too_many_user_connections = 1203;  // ER_TOO_MANY_USER_CONNECTIONS

constexpr std::uint16_t local_files_disabled = 3948;  // ER_CLIENT_LOCAL_FILES_DISABLED

// What a server says of a name that it does not have, or that the account may not see there.  From
// an edge it means that its coverage was wrong.
bool is_lack_of_a_name(std::uint16_t code) {
    switch (code) {
        case 1044:  // ER_DBACCESS_DENIED_ERROR
        case 1049:  // ER_BAD_DB_ERROR
        case 1054:  // ER_BAD_FIELD_ERROR
        case 1142:  // ER_TABLEACCESS_DENIED_ERROR
        case 1143:  // ER_COLUMNACCESS_DENIED_ERROR
        case 1146:  // ER_NO_SUCH_TABLE
        case 1176:  // ER_KEY_DOES_NOT_EXITS
        case 1305:  // ER_SP_DOES_NOT_EXIST
        case 1356:  // ER_VIEW_INVALID
            return true;
        default:
            return false;
    }
}

bool changes_globals(const rules::script_facts& facts) {
    using rules::statement_class;
    return std::any_of(facts.statements.begin(), facts.statements.end(), [](const auto& s) {
        return s.cls == statement_class::set_global || s.cls == statement_class::admin;
    });
}

bool is_show_route(std::string_view text) {
    constexpr std::string_view begin = "SHOW";
    if (text.size() < begin.size() || (text[2] != 'O' && text[2] != 'o')) return false;
    const std::string trimmed = boost::algorithm::trim_right_copy_if(
        std::string(text.substr(0, 64)), boost::algorithm::is_any_of("; \t\r\n"));
    return boost::algorithm::iequals(trimmed, "SHOW TIDEGATE ROUTE");
}

// What only the connection of the last statement can answer.
bool asks_about_last_statement(const rules::script_facts& facts) {
    return facts.effects().has(effect::reads_warnings | effect::reads_found_rows |
                               effect::reads_row_count);
}

// Asks about the last statement and does nothing besides, so that an edge's connection may answer.
bool only_asks(const rules::script_facts& facts) {
    const rules::statement_facts& first = facts.front();
    const bool reads =
        first.cls == rules::statement_class::read || first.cls == rules::statement_class::show;
    return facts.single() && reads && first.tables.empty() && asks_about_last_statement(facts) &&
           !first.effects.has(effect::writes_user_variable | effect::select_into |
                              effect::calls_unknown_function);
}

/// Whether the client learns from the answer what is in tables.
bool reads_data(const rules::script_facts& facts) {
    using rules::statement_class;
    return std::any_of(
        facts.statements.begin(), facts.statements.end(), [](const rules::statement_facts& s) {
            switch (s.cls) {
                case statement_class::read:
                    return !s.tables.empty() || s.effects.has(effect::calls_unknown_function);
                case statement_class::locking_read:
                case statement_class::write:
                case statement_class::call:
                case statement_class::execute_text:
                case statement_class::do_statement:
                case statement_class::handler:
                case statement_class::unknown:
                    return true;
                default:
                    return false;
            }
        });
}

}  // namespace

/// The query with what only this session knows in its place, framed: the id of CONNECTION_ID(), and
/// ROW_COUNT() as the last answer told it.  False if it asks for nothing of the kind.  `before` is
/// what comes before its text.
bool client_session::name_known(const rules::script_facts& facts, protocol::bytes_view before,
                                std::string_view text, std::vector<std::uint8_t>& frames) const {
    std::optional<std::string> named;
    if (facts.effects().has(effect::reads_connection_id))
        named = rules::with_connection_id(text, state_->lexing(), id_);
    const std::optional<std::int64_t> rows = state_->row_count();
    if (facts.single() && facts.effects().has(effect::reads_row_count) && rows) {
        auto counted =
            rules::with_row_count(named ? std::string_view(*named) : text, state_->lexing(), *rows);
        if (counted) named = std::move(counted);
    }
    if (!named) return false;
    std::uint8_t sequence = 0;
    const std::size_t header_at = protocol::begin_packet(frames);
    frames.insert(frames.end(), before.begin(), before.end());
    frames.insert(frames.end(), named->begin(), named->end());
    protocol::finish_packet(frames, header_at, sequence);
    return true;
}

pool::task<client_session::maybe_reason> client_session::query(client_command& command) {
    const auto layout = protocol::decode_query(command.payload, client_.capabilities());
    if (!layout)
        co_return co_await tell_error(command, 1835, "HY000", "Malformed communication packet.");
    std::string_view text = layout->sql;
    worker_->count().queries.add();
    if (text.size() < 64 && is_show_route(text)) co_return co_await show_route(command);

    const auto known = worker_->facts().find(text, state_->lexing());
    const rules::script_facts& facts = *known.facts;
    // Several statements of a client that has not asked for them are for the server to refuse.
    const bool may_kill = multi_statements_ || facts.single();
    if (may_kill && kills(facts)) co_return co_await kill_statement(command, text, facts);
    std::string kept;
    if (facts.effects().has(effect::local_infile)) {
        if (!user_->settings.local_infile && facts.single())
            co_return co_await tell_error(command, local_files_disabled, "42000",
                                          "Loading local data is disabled for this user "
                                          "(users[].local_infile)");
        kept = text;  // the file is read into where the command is
        text = kept;
    }
    const bool about_session = layout->attribute_count == 0 && is_about_session(facts, text);
    if (about_session) {
        const auto ended = co_await answer_again(command, facts, text);
        if (ended) co_return *ended;
    }
    request what;
    what.command = &command;
    what.frames = command.frames;
    std::vector<std::uint8_t> named;
    constexpr rules::effect_set known_here = effect::reads_connection_id | effect::reads_row_count;
    const protocol::bytes_view before = command.payload.first(layout->sql_at);
    if (facts.effects().has(known_here) && name_known(facts, before, text, named))
        what.frames = named;
    what.facts = &facts;
    what.history = known.history.get();
    what.repeatable = is_repeatable_read(facts);
    what.has_attributes = layout->attribute_count > 0;
    what.changes_stored_code = changes_stored_code(facts, text);
    if (!about_session) co_return co_await run_statement(what, text);
    answer_recorder recorder;
    what.recorder = &recorder;
    const learned_answers::question asked = question_of(text);
    const maybe_reason ended = co_await run_statement(what, text);
    if (!ended) learn_from(recorder, asked, facts);
    co_return ended;
}

pool::task<client_session::maybe_reason> client_session::run_statement(request what,
                                                                       std::string_view text) {
    what.text = text;
    const bool asks_about_last = asks_about_last_statement(*what.facts);
    if (state_->owes_last_insert_id() && !asks_about_last) co_await settle_last_insert_id();
    state_->begin_command();
    withdraw_offer();
    if (state_->is_pinned(pin_reason::last_statement) && !asks_about_last) {
        state_->unpin(pin_reason::last_statement);
        note_pins({});
        if (!state_->holds_connection()) held_.give_back();
    }

    struct {
        std::size_t edge = 0;
        std::uint16_t code = 0;
    } lacking;
    router::decision decided{.why = router::reason::server_specific};
    if (what.recorder == nullptr) decided = co_await route(what);
    last_route_.cls = what.facts->front().cls;
    last_route_.on_edge = false;
    last_route_.learned = false;
    count_decision(decided);
    if (decided.to == router::target::edge && !held_) {
        const std::size_t edge = decided.edge;
        last_route_.on_edge = true;
        const clock::time_point began = clock::now();
        const attempt outcome = co_await attempt_on(worker_->edge(edge), true, what);
        if (outcome == attempt::finished) {
            worker_->count().reads_edge.add();
            const auto took = clock::now() - began;
            worker_->edge_answered(edge,
                                   std::chrono::duration_cast<std::chrono::microseconds>(took));
            last_route_.decided = std::move(decided);
            co_return std::nullopt;
        }
        if (outcome == attempt::lost_midway || outcome == attempt::client_is_gone)
            co_return co_await conclude(what, outcome, false);
        if (outcome == attempt::lost_unbegun) {
            const bool killed = co_await was_killed(worker_->edge(edge));
            if (killed) co_return co_await conclude(what, outcome, false);
        }
        // The client has had nothing of it yet, so the primary may answer in the edge's place.
        note_edge_failure(edge, outcome);
        if (outcome == attempt::edge_refused && is_lack_of_a_name(refusal_.code))
            lacking = {edge, refusal_.code};
        last_route_.on_edge = false;
        decided.why = router::reason::no_edge;
    }
    last_route_.decided = std::move(decided);
    if (what.repeatable) {
        worker_->count().reads_primary.add();
    } else {
        worker_->count().writes.add();
    }
    // Before it runs: a GTID that it brings is proof enough, and takes this back.
    if (reads_data(*what.facts)) state_->note_primary_read();
    const maybe_reason ended = co_await run_on_primary(what);
    if (lacking.code != 0 && !response_failed_) note_coverage_bug(lacking.edge, lacking.code);
    if (changes_globals(*what.facts)) worker_->answers().clear();
    co_return ended;
}

void client_session::note_edge_failure(std::size_t edge, attempt outcome) {
    // All its connections in use means that it is busy, not away.
    const bool busy = outcome == attempt::refused && (refusal_.code == too_many_connections ||
                                                      refusal_.code == too_many_user_connections);
    if (outcome != attempt::edge_refused && !busy) worker_->edge_failed(edge);
}

/// The edge lacked a name that the primary has.
void client_session::note_coverage_bug(std::size_t edge, std::uint16_t code) {
    worker_->count().coverage_bugs.add();
    worker_->log().warn(log_event("coverage_bug")("edge", worker_->topology().edges[edge].name)(
                            "code", code)("connection", id_)
                            .text());
}

/// Decides where a statement runs; waits for an edge that is a little behind, as long as allowed.
pool::task<router::decision> client_session::route(const request& what) {
    last_route_.waited = {};
    router::decision decided = decide(what, true);
    if (decided.to == router::target::primary) return decided;
    return route_to_edge(std::move(decided), what);
}

pool::task<router::decision> client_session::route_to_edge(router::decision decided,
                                                           const request& what) {
    const clock::time_point began = clock::now();
    const clock::time_point give_up = began + worker_->settings().routing.wait;
    if (must_learn_position()) {
        const auto seen = co_await worker_->position().learn(give_up);
        if (seen) state_->must_see_too(*seen);
        decided = decide(what, seen != nullptr);
        if (!seen) {
            decided.to = router::target::primary;
            decided.why = router::reason::edge_behind;
        }
    }
    if (decided.to == router::target::wait_for_edge) {
        worker_->count().edge_waits.add();
        const bool arrived =
            co_await worker_->watch().wait(decided.edge, state_->must_see(), give_up);
        if (!arrived) worker_->count().edge_wait_timeouts.add();
        decided = decide(what, false);
    }
    last_route_.waited =
        std::chrono::duration_cast<std::chrono::microseconds>(clock::now() - began);
    worker_->count().edge_wait_microseconds.add(
        static_cast<std::uint64_t>(last_route_.waited.count()));
    if (!state_->must_see().empty() && worker_->all_edges_have(state_->must_see()))
        state_->forget_must_see();
    co_return decided;
}

router::decision client_session::decide(const request& what, bool may_wait) const {
    router::session_view session = state_->view(user_->settings.level);
    session.may_wait = may_wait;
    if (const std::string_view other = other_schema(what); !other.empty()) session.schema = other;
    return router::decide(*what.facts, session, worker_->topology(), what.text, state_->lexing());
}

/// Consistency `session` also means not to go back behind what was read from the primary.
bool client_session::must_learn_position() const {
    return state_->has_read_primary() && user_->settings.level == router::consistency::session;
}

pool::task<client_session::maybe_reason> client_session::run_on_primary(const request& what) {
    if (what.facts == nullptr || !only_asks(*what.facts)) leave_edge();
    const bool held = static_cast<bool>(held_);
    attempt outcome = co_await attempt_on(worker_->primary(), false, what);
    if (outcome == attempt::lost_unbegun && what.repeatable && !held)
        outcome = co_await read_again(what);
    // Another session has dropped the schema of this one, which could not even choose another.
    if (outcome == attempt::refused && std::exchange(schema_is_gone_, false) && !held) {
        state_->forget_schema();
        outcome = co_await attempt_on(worker_->primary(), false, what);
    }
    if (outcome == attempt::finished) co_return std::nullopt;
    co_return co_await conclude(what, outcome, held);
}

/// Tells the client what became of its command, if it has not been told by the server.
pool::task<client_session::maybe_reason> client_session::conclude(const request& what,
                                                                  attempt outcome, bool held) {
    switch (outcome) {
        case attempt::finished:
            co_return std::nullopt;
        case attempt::client_is_gone:
            co_return disconnect_reason::client_lost;
        case attempt::lost_midway:
            co_return disconnect_reason::backend_lost;
        case attempt::edge_refused:  // asked of an edge only
        case attempt::unprepared:    // attempt_on() tries again
            co_return disconnect_reason::internal_error;
        case attempt::refused:
        case attempt::lost_unbegun:
            break;
    }
    if (outcome == attempt::lost_unbegun)
        refusal_ = {server_gone, "08S01", "Lost connection to MySQL server during query"};
    const maybe_reason gone =
        co_await tell_error(*what.command, refusal_.code, refusal_.sqlstate, refusal_.message);
    if (gone) co_return gone;
    // With the connection went a transaction, locks or temporary tables: the client must not go on
    // as if it had them.
    if (held && !held_) co_return disconnect_reason::backend_lost;
    co_return std::nullopt;
}

void client_session::count_decision(const router::decision& decided) {
    worker_->count().decisions[decided.why].add();
}

}  // namespace proxy
