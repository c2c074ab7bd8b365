#include "tests/equivalence/known_differences.hpp"

#include <algorithm>
#include <cctype>

#include "protocol/capabilities.hpp"

namespace equivalence {
namespace {

std::string upper(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return result;
}

// The statements that a step runs, in capitals.  To prepare is to run nothing.
std::string run_by(const history& before, const step& one) {
    if (one.what == action::query) return upper(one.text);
    if (one.what != action::execute) return {};
    const history::session session = before.of(one.session);
    const auto prepared = session.prepared.find(one.name);
    return prepared == session.prepared.end() ? std::string() : upper(prepared->second);
}

bool has(std::string_view text, std::string_view word) {
    return text.find(word) != std::string_view::npos;
}

bool reads_counts(std::string_view sql) {
    return has(sql, "ROW_COUNT(") || has(sql, "FOUND_ROWS(");
}

bool reads_warnings(std::string_view sql) {
    return has(sql, "SHOW WARNINGS") || has(sql, "SHOW ERRORS") || has(sql, "SHOW COUNT(*)") ||
           has(sql, "@@WARNING_COUNT") || has(sql, "@@ERROR_COUNT") || has(sql, "GET DIAGNOSTICS");
}

bool shows_connection_id(const history& before, const step& one) {
    const std::string sql = run_by(before, one);
    return has(sql, "CONNECTION_ID") || has(sql, "PSEUDO_THREAD_ID");
}

bool shows_tracking(const history& before, const step& one) {
    return has(run_by(before, one), "@@SESSION_TRACK") ||
           has(run_by(before, one), "@@SESSION.SESSION_TRACK");
}

bool kills_among_others(const history& before, const step& one) {
    const std::string sql = run_by(before, one);
    return has(sql, "KILL ") && (one.what != action::query || has(sql, "; "));
}

bool reads_unset_variable(const history& before, const step& one) {
    const std::string sql = run_by(before, one);
    if (!has(sql, "SELECT") && !has(sql, "EXECUTE")) return false;
    const history::session session = before.of(one.session);
    return (has(sql, "@A") && !session.set_a) || (has(sql, "@B") && !session.set_b) ||
           has(sql, "@NO_SUCH");
}

bool reads_id_after_explicit_one(const history& before, const step& one) {
    const std::string sql = run_by(before, one);
    const bool reads = has(sql, "LAST_INSERT_ID") || has(sql, "@@IDENTITY");
    return reads && before.of(one.session).gave_explicit_id;
}

bool reads_counts_first(const history& before, const step& one) {
    const std::string sql = run_by(before, one);
    return reads_counts(sql) && !sql.starts_with("DO ") && !before.of(one.session).asked_counts;
}

bool asks_late(const history& before, const step& one) {
    const std::string sql = run_by(before, one);
    return (reads_counts(sql) || reads_warnings(sql)) && !sql.starts_with("DO ") &&
           !before.was_last(one.session);
}

bool asks_after_failure(const history& before, const step& one) {
    return has(run_by(before, one), "ROW_COUNT()") && before.of(one.session).last_failed;
}

bool asks_after_question(const history& before, const step& one) {
    const std::string sql = run_by(before, one);
    const std::string last = before.of(one.session).last_sql;
    const bool asked = has(last, "LAST_INSERT_ID") || has(last, "SET ");
    return asked && (reads_counts(sql) || reads_warnings(sql)) && !sql.starts_with("DO ");
}

bool reads_interactive_timeout(const history& before, const step& one) {
    const std::string sql = run_by(before, one);
    return (has(sql, "@@WAIT_TIMEOUT") || has(sql, "@@SESSION.WAIT_TIMEOUT")) &&
           (before.of(one.session).capabilities & protocol::capability::interactive) != 0;
}

bool returns_parameters_with_eof(const history& before, const step& one) {
    return one.what == action::execute && has(run_by(before, one), "CALL SHARED.P_OUT") &&
           (before.of(one.session).capabilities & protocol::capability::deprecate_eof) == 0;
}

bool buffers_results(const history& before, const step& one) {
    return has(run_by(before, one), "SQL_BUFFER_RESULT") && has(run_by(before, one), "SET ");
}

bool finds_rows_of_no_read(const history& before, const step& one) {
    const history::session session = before.of(one.session);
    const std::string& last = session.last_sql;
    const bool read = last.starts_with("SELECT") || last.starts_with("TABLE") ||
                      last.starts_with("WITH") || last.starts_with("(");
    const std::string sql = run_by(before, one);
    return has(sql, "FOUND_ROWS(") && !sql.starts_with("DO ") && (!read || session.last_failed);
}

bool calls_without_results(const history& before, const step& one) {
    namespace capability = protocol::capability;
    std::uint32_t needed = capability::multi_results;
    if (one.what == action::execute) needed |= capability::ps_multi_results;
    return has(run_by(before, one), "CALL ") &&
           !capability::has(before.of(one.session).capabilities, needed);
}

bool has_several_unasked(const history& before, const step& one) {
    return one.what == action::query && has(one.text, "; ") &&
           !before.of(one.session).multi_statements;
}

}  // namespace

void history::add(const step& one, bool failed) {
    session& changed = sessions_[one.session];
    const std::string sql = run_by(*this, one);
    last_ = one.session;
    switch (one.what) {
        case action::connect:
        case action::change_user:
        case action::reset_connection: {
            const session old = changed;
            changed = {};
            changed.multi_statements = old.multi_statements;
            changed.capabilities = old.capabilities;
            if (one.what != action::connect) break;
            changed.capabilities = one.to.capabilities;
            changed.multi_statements =
                (one.to.capabilities & protocol::capability::multi_statements) != 0;
            break;
        }
        case action::set_option:
            changed.multi_statements = one.number == 0;
            break;
        case action::prepare:
            changed.prepared[one.name] = one.text;
            break;
        case action::close_statement:
            changed.prepared.erase(one.name);
            break;
        default:
            break;
    }
    changed.last_failed = failed;
    changed.last_sql = sql;
    const bool sets_both = has(sql, "INTO @A, @B");
    const bool sets_a = sets_both || has(sql, "SET @A =") || has(sql, "CALL SHARED.P_OUT(");
    changed.set_a = changed.set_a || (sets_a && !failed);
    changed.set_b = changed.set_b || ((sets_both || has(sql, "@B =")) && !failed);
    if (reads_counts(sql)) changed.asked_counts = true;
    if (has(sql, "(ID, A")) changed.gave_explicit_id = true;
}

history::session history::of(const std::string& name) const {
    const auto known = sessions_.find(name);
    return known == sessions_.end() ? session{} : known->second;
}

const std::vector<known_difference>& known_differences() {
    static const std::vector<known_difference> table{
        {"kill", "| `KILL` among several statements of one text", &kills_among_others},
        {"connection_id", "| `CONNECTION_ID()` | the server's id of the connection",
         &shows_connection_id},
        {"tracking_variables", "| `SELECT @@session_track_…` | what the client has set",
         &shows_tracking},
        {"unset_variable", "| the type of a user variable that was never set",
         &reads_unset_variable},
        {"explicit_id", "| `LAST_INSERT_ID()` after `INSERT` with an explicit id",
         &reads_id_after_explicit_one},
        {"counts_first_asked", "the first time that a session uses one of them without",
         &reads_counts_first},
        {"asked_late", "the same, unless other sessions had to wait for a connection meanwhile",
         &asks_late},
        {"counts_after_failure", "| `ROW_COUNT()` after a write or `CALL` that failed",
         &asks_after_failure},
        {"asked_after_question", "| `ROW_COUNT()` and `SHOW WARNINGS` after a statement with",
         &asks_after_question},
        {"interactive_timeout", "| `@@wait_timeout` of an interactive client",
         &reads_interactive_timeout},
        {"id_of_failed_insert", "| `LAST_INSERT_ID()` after an `INSERT` of several rows", nullptr},
        {"type_of_parameter", "| the type of a result's column that is a parameter", nullptr},
        {"buffered_results",
         "| a prepared statement's column flags under another `sql_buffer_result`",
         &buffers_results},
        {"rows_of_no_read", "| `FOUND_ROWS()` after anything but a `SELECT` that succeeded",
         &finds_rows_of_no_read},
        {"cursor_once", "| a statement executed with a cursor and then without", nullptr},
        {"metadata_changed", "| the status flag `SERVER_STATUS_METADATA_CHANGED`", nullptr},
        {"news_of_prepared_call", "| the news of `COM_STMT_PREPARE` of a `CALL`", nullptr},
        {"eof_behind_parameters",
         "| the EOF packet behind the `OUT` parameters of a prepared `CALL`",
         &returns_parameters_with_eof},
        {"calls_without_results", "| `CALL` by a client without `CLIENT_MULTI_RESULTS`",
         &calls_without_results},
        {"warnings_without_statement", "| the warnings of the answers to `COM_PING`", nullptr},
        {"collation_of_results",
         "| a column's collation, after a login or `SET NAMES` with one that is not", nullptr},
        {"eof_before_rows", "| the EOF packet between columns and rows, for clients without",
         nullptr},
        {"transaction_state",
         "| news of a transaction's state, while `session_track_transaction_info`", nullptr},
        {"several_statements",
         "| several statements in one query without `CLIENT_MULTI_STATEMENTS`",
         &has_several_unasked},
    };
    return table;
}

const known_difference* known(const history& before, const step& one) {
    for (const known_difference& difference : known_differences())
        if (difference.applies != nullptr && difference.applies(before, one)) return &difference;
    return nullptr;
}

}  // namespace equivalence
