// Statements that need no server: what they ask for, and what they set, is the session's own state,
// and a server has answered the same statement in the same state a moment ago.

#include <algorithm>
#include <array>
#include <utility>

#include "proxy/client_session.hpp"
#include "proxy/worker.hpp"

namespace proxy {

namespace {

using namespace std::string_view_literals;
using rules::effect;

// Besides those that sessions carry with them: what is one value for the whole server, and seldom
// another one.
constexpr std::array server_variables{
    "character_set_server"sv,
    "collation_server"sv,
    "hostname"sv,
    "init_connect"sv,
    "license"sv,
    "lower_case_table_names"sv,
    "max_allowed_packet"sv,
    "performance_schema"sv,
    "system_time_zone"sv,
    "version"sv,
    "version_comment"sv,
    "version_compile_machine"sv,
    "version_compile_os"sv,
};
static_assert(std::ranges::is_sorted(server_variables));

bool is_known(const std::string& variable) {
    return pool::find_variable(variable) || std::ranges::binary_search(server_variables, variable);
}

bool is_known(const rules::assignment& set) {
    return set.name == "names" || pool::find_variable(set.name);
}

}  // namespace

/// Whether the answer is the same for every session in this state, so that one may be learned from
/// another.  What depends on the connection of the last statement is not: the session must have
/// none.
bool client_session::is_about_session(const rules::script_facts& facts,
                                      std::string_view text) const {
    const rules::statement_facts& only = facts.front();
    return only.session_only && facts.single() && !only.incomplete &&
           text.size() <= learned_answers::text_bytes_max &&
           worker_->settings().limits.answer_age_max.count() > 0 && !held_ &&
           !state_->holds_connection() && !state_->asks_counts() &&
           std::ranges::all_of(only.system_variables, [](const auto& v) { return is_known(v); }) &&
           std::ranges::all_of(only.assignments, [](const auto& a) { return is_known(a); });
}

learned_answers::question client_session::question_of(std::string_view text) const {
    return {account_, state_->vector(), text};
}

/// What the session has of its own and the answer tells, if it does.
std::optional<std::uint64_t> client_session::own_number(const rules::script_facts& facts) const {
    if (facts.effects().has(effect::reads_connection_id)) return id_;
    if (facts.effects().has(effect::reads_last_insert_id)) return state_->last_insert_id();
    return std::nullopt;
}

/// Answers as a server has answered before; nothing if none has.
pool::task<std::optional<client_session::maybe_reason>> client_session::answer_again(
    const client_command& command, const rules::script_facts& facts, std::string_view text) {
    const learned_answer* known =
        worker_->answers().find(question_of(text), worker_->primary().generation(*account_),
                                clock::now(), worker_->settings().limits.answer_age_max);
    if (known == nullptr) co_return std::nullopt;
    const auto number = own_number(facts);
    std::vector<std::uint8_t> bytes = number ? answer_with(*known, *number) : known->bytes;
    const pool::shared_vector after = known->after;

    request what;
    what.command = &command;
    what.facts = &facts;
    state_->begin_command();
    response_failed_ = false;
    response_relay relay(relay_options(known->capabilities, false, what, false), *this);
    std::vector<std::uint8_t> answer;
    relay_output output;
    for (std::span<std::uint8_t> rest(bytes); !relay.done();) {
        output.clear();
        const auto taken = relay.take(rest, output);
        if (!taken || *taken == 0) co_return maybe_reason(disconnect_reason::internal_error);
        output.append_to(answer, rest);
        rest = rest.subspan(*taken);
    }
    state_->end_script(facts, text, response_failed_);
    for (const pool::variable_id id : std::vector(state_->to_ask())) {
        const pool::variable_value* value = after->find(id);
        if (value != nullptr) state_->tell_value(id, *value);
    }
    state_->told_all_values();
    worker_->count().learned_answers.add();
    last_route_.learned = true;
    last_route_.cls = facts.front().cls;
    const bool told = co_await client_.send(answer);
    co_return told ? maybe_reason() : maybe_reason(disconnect_reason::client_lost);
}

/// A server has answered a statement that was asked in the state `asked` names.
void client_session::learn_from(const answer_recorder& recorded, learned_answers::question asked,
                                const rules::script_facts& facts) {
    if (response_failed_ || last_route_.on_edge || held_ || state_->holds_connection()) return;
    auto answer = learn_answer(recorded, own_number(facts));
    if (!answer || answer->generation != worker_->primary().generation(*account_)) return;
    // Had the schema been dropped, it would have run in another state than was asked in.
    if (state_->vector()->schema() != asked.state->schema()) return;
    answer->after = state_->vector();
    answer->learned_at = clock::now();
    worker_->answers().keep(asked, std::move(*answer));
}

}  // namespace proxy
