// Statements that MySQL runs under another default schema than the session's: what was prepared
// under another, and procedures of another.
//
// The server changes the schema for them and back, and reports that as a change of the session's
// state, in which any other would be lost.  So the connection is taken there before; then what is
// reported is what the statement did.
#include <algorithm>
#include <array>
#include <utility>

#include "proxy/client_session.hpp"
#include "proxy/worker.hpp"

namespace proxy {

namespace {

/// The schema of a procedure that is called by its whole name, if nothing else in the statement
/// could mean something else there.
std::string_view procedures_schema(const rules::script_facts& facts) {
    const rules::statement_facts& call = facts.front();
    const bool plain = facts.single() && call.cls == rules::statement_class::call &&
                       call.schema_qualifiers.size() == 1 && call.names.size() <= 2 &&
                       call.tables.empty();
    return plain ? std::string_view(call.schema_qualifiers.front()) : std::string_view();
}

bool asks_for_schema(const rules::script_facts& facts) {
    const std::vector<std::string>& names = facts.front().names;
    return std::ranges::find(names, "database") != names.end() ||
           std::ranges::find(names, "schema") != names.end();
}

}  // namespace

/// Empty, if the session's own will do or no other can be chosen.
std::string_view client_session::other_schema(const request& what) const {
    const std::string& own = state_->vector()->schema();
    if (what.facts == nullptr || own.empty()) return {};
    const std::string_view other = what.statement != nullptr
                                       ? std::string_view(what.statement->text->state->schema())
                                       : procedures_schema(*what.facts);
    return other == own ? std::string_view() : other;
}

/// The state in which the connection is to run this.
pool::shared_vector client_session::state_for(const request& what,
                                              const pool::backend_connection& connection) const {
    const std::string_view other = other_schema(what);
    if (!other.empty()) return in_schema(other);
    // A question about the last statement needs no schema, and choosing one could change the
    // answer.
    const std::string& there = connection.state()->schema();
    const bool stays = what.facts != nullptr && state_->is_pinned(pin_reason::last_statement) &&
                       what.facts->single() && what.facts->front().tables.empty() &&
                       !asks_for_schema(*what.facts) && !there.empty();
    return stays ? in_schema(there) : state_->vector();
}

pool::shared_vector client_session::in_schema(std::string_view schema) const {
    if (state_->vector()->schema() == schema) return state_->vector();
    pool::session_vector there = *state_->vector();
    there.use_schema(schema);
    return worker_->vectors().intern(std::move(there));
}

/// Before the statement is sent, on a connection that is in the state it is to run in.
void client_session::begin_elsewhere(const request& what,
                                     const pool::backend_connection& connection) {
    elsewhere_ = elsewhere::no;
    told_elsewhere_ = false;
    const std::string& own = state_->vector()->schema();
    // To forget its data, or to fetch from its cursor, a statement goes nowhere.
    const bool executes = what.command->what == protocol::command::stmt_execute;
    const bool without = executes && !own.empty() && what.statement->text->state->schema().empty();
    if (without) elsewhere_ = elsewhere::prepared;  // the news are the same
    if (connection.state() == state_->vector() || connection.state()->schema() == own) return;
    elsewhere_ = elsewhere::there;
    if (other_schema(what).empty()) return;
    elsewhere_ = what.statement != nullptr ? elsewhere::prepared : elsewhere::calling;
}

/// MySQL tells its clients that it has changed the schema, in the results of a procedure, and that
/// it has changed it back, when all is over.
void client_session::tell_schema(bool is_last_ok) {
    if (elsewhere_ == elsewhere::prepared || (elsewhere_ == elsewhere::calling && is_last_ok)) {
        elsewhere_ = elsewhere::there;
        state_->owe_schema(state_->vector()->schema());
    } else if (elsewhere_ == elsewhere::calling && !std::exchange(told_elsewhere_, true)) {
        state_->owe_schema(running_->state()->schema());
    }
}

/// Behind an answer that has failed, perhaps before the schema was changed.
void client_session::tell_schema_of_failure() {
    constexpr std::array<std::uint16_t, 4> before_call{
        1064,  // ER_PARSE_ERROR
        1305,  // ER_SP_DOES_NOT_EXIST
        1318,  // ER_SP_WRONG_NO_OF_ARGS
        1370,  // ER_PROCACCESS_DENIED_ERROR
    };
    constexpr std::uint16_t wrong_arguments = 1210;   // of COM_STMT_EXECUTE
    constexpr std::uint16_t malformed_packet = 1835;  // likewise: its values end too soon
    const bool unchanged = elsewhere_ == elsewhere::calling
                               ? std::ranges::find(before_call, error_) != before_call.end()
                               : error_ == wrong_arguments || error_ == malformed_packet;
    if (!unchanged) tell_schema(true);
}

/// Behind an execution whose statement the server would not prepare again: MySQL does that within.
void client_session::tell_schema_of_refusal(const session_statement& statement) {
    const std::string& own = state_->vector()->schema();
    if (!own.empty() && statement.text->state->schema() != own) state_->owe_schema(own);
}

/// The state of a connection on which the session's command has run.
pool::shared_vector client_session::state_behind(const pool::backend_connection& connection) const {
    return elsewhere_ == elsewhere::no ? state_->vector() : in_schema(connection.state()->schema());
}

}  // namespace proxy
