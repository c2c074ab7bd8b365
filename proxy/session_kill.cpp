// KILL and COM_PROCESS_KILL: ids are Tidegate's own, and so are the sessions that they end.

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "proxy/client_session.hpp"
#include "proxy/worker.hpp"
#include "rules/kill_statement.hpp"
#include "rules/known_calls.hpp"

namespace proxy {
namespace asio = boost::asio;

namespace {

constexpr std::uint16_t query_interrupted = 1317;  // ER_QUERY_INTERRUPTED

// Of the account that the session's connections log in as.  A user sees at least the own rows.
constexpr std::string_view privilege_question =
    "SELECT COUNT(*) FROM information_schema.USER_PRIVILEGES WHERE PRIVILEGE_TYPE IN "
    "('CONNECTION_ADMIN', 'CONNECTION ADMIN', 'SUPER') AND GRANTEE = CONCAT('''', "
    "SUBSTRING_INDEX(CURRENT_USER(), '@', 1), '''@''', "
    "SUBSTRING_INDEX(CURRENT_USER(), '@', -1), '''') LIMIT 1";

}  // namespace

std::string_view client_session::user() const noexcept {
    return user_ == nullptr ? std::string_view() : std::string_view(user_->settings.name);
}

void client_session::interrupt(bool statement_only) {
    if (phase_ == phase::busy) {
        interrupted_ = true;
        if (running_ != nullptr) {
            // It may arrive when the statement is over: then nobody else may have the connection.
            running_->retired = true;
            worker_->kill_on_server(*running_on_, *account_, running_->connection_id(),
                                    statement_only);
        }
    }
    if (!statement_only) end_now(disconnect_reason::killed);
}

client_session::attempt client_session::refuse_interrupted() {
    refusal_ = {query_interrupted, "70100", "Query execution was interrupted"};
    return attempt::refused;
}

/// Whether the client has closed its connection, which nobody reads from during a command.
bool client_session::client_has_left() {
    std::uint8_t byte = 0;
    const auto got =
        ::recv(client_.stream().socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got == 0;
}

bool client_session::kills(const rules::script_facts& facts) {
    return std::any_of(facts.statements.begin(), facts.statements.end(), [](const auto& statement) {
        return statement.cls == rules::statement_class::kill;
    });
}

pool::task<client_session::maybe_reason> client_session::kill_statement(
    client_command& command, std::string_view text, const rules::script_facts& facts) {
    const auto wanted = rules::read_kill(text, state_->lexing());
    if (!wanted && !facts.single())
        co_return co_await tell_error(command, 1235, "42000",
                                      "This version of Tidegate doesn't yet support 'KILL together "
                                      "with other statements'");
    std::optional<std::uint64_t> id = wanted ? wanted->id : std::nullopt;
    if (wanted && !id) id = co_await evaluate_id(wanted->expression);
    if (id && connection_ids::is_own(*id)) {
        // The last statement's warnings are gone, as behind any other statement.
        if (state_->owes_last_insert_id()) co_await settle_last_insert_id();
        withdraw_offer();
        state_->unpin(pin_reason::last_statement);
        note_pins({});
        if (!state_->holds_connection()) held_.give_back();
        co_return co_await kill(command, static_cast<std::uint32_t>(*id), wanted->query_only);
    }
    // One of the server's own ids, or no KILL at all: the server has the last word.
    request what;
    what.command = &command;
    what.frames = command.frames;
    what.facts = &facts;
    co_return co_await run_statement(what, text);
}

pool::task<client_session::maybe_reason> client_session::process_kill(
    const client_command& command) {
    protocol::cursor in(command.argument());
    const std::uint32_t id = in.u32();
    if (in.failed())
        co_return co_await tell_error(command, 1835, "HY000", "Malformed communication packet.");
    co_return co_await kill(command, id, false);
}

pool::task<client_session::maybe_reason> client_session::kill(const client_command& command,
                                                              std::uint32_t id, bool query_only) {
    if (id == id_) {
        const auto gone = co_await tell_error(command, query_interrupted, "70100",
                                              "Query execution was interrupted");
        if (gone) co_return gone;
        co_return query_only ? maybe_reason{} : disconnect_reason::killed;
    }
    kill_order order{.id = id, .query_only = query_only, .user = std::string(user())};
    kill_outcome outcome = kill_outcome::unknown_id;
    if (connection_ids::is_own(id)) outcome = co_await worker_->kill(order);
    if (outcome == kill_outcome::not_owner && co_await may_kill_others()) {
        order.privileged = true;
        outcome = co_await worker_->kill(order);
    }
    if (outcome == kill_outcome::unknown_id)
        co_return co_await tell_error(command, 1094, "HY000",
                                      fmt::format("Unknown thread id: {}", id));
    if (outcome == kill_outcome::not_owner)
        co_return co_await tell_error(command, 1095, "HY000",
                                      fmt::format("You are not owner of thread {}", id));
    state_->tell_warnings(0);
    state_->note_question();  // a connection that is held may know of some
    co_return co_await tell_ok(command, 0);
}

pool::task<bool> client_session::may_kill_others() {
    const auto answer = co_await ask_primary(privilege_question);
    co_return answer && answer->rows.size() == 1 && answer->rows[0].size() == 1 &&
        answer->rows[0][0] && answer->rows[0][0] != "0";
}

pool::task<std::optional<std::uint64_t>> client_session::evaluate_id(std::string_view expression) {
    std::string question = fmt::format("SELECT {} LIMIT 1", expression);
    if (auto named = rules::with_connection_id(question, state_->lexing(), id_))
        question = std::move(*named);
    const auto answer = co_await ask_primary(question);
    if (!answer || answer->rows.size() != 1 || answer->rows[0].size() != 1 || !answer->rows[0][0])
        co_return std::nullopt;
    const std::string& value = *answer->rows[0][0];
    std::uint64_t id = 0;
    const auto [rest, failed] = std::from_chars(value.data(), value.data() + value.size(), id);
    if (failed != std::errc() || rest != value.data() + value.size()) co_return std::nullopt;
    co_return id;
}

/// Asks the primary something in the session's state; nothing if it cannot be asked, or refuses.
pool::task<std::optional<pool::small_answer>> client_session::ask_primary(std::string_view sql) {
    leave_edge();
    withdraw_offer();
    pool::lease connection = std::move(held_);
    if (!connection) {
        const attempt got = co_await obtain(worker_->primary(), connection);
        if (got != attempt::finished) co_return std::nullopt;
    }
    std::optional<pool::small_answer> told;
    const auto moved = co_await connection->synchronise(state_->vector(), refusal_);
    if (!moved && moved.error() != pool::errc::state_refused) co_return std::nullopt;
    if (moved) {
        auto answer = co_await connection->ask(protocol::command::query, sql);
        if (!answer) co_return std::nullopt;
        if (!answer->refusal) told = std::move(*answer);
    }
    keep_or_give_back(std::move(connection));
    co_return told;
}

}  // namespace proxy
