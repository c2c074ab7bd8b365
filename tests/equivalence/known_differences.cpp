#include "tests/equivalence/known_differences.hpp"

#include <algorithm>
#include <cctype>

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

bool asks_for_transactions(const history& before, const step& one) {
    return has(run_by(before, one), "SET SESSION_TRACK_TRANSACTION_INFO");
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

// Tidegate knows them from the last answer.
bool knows_counts(const history& before, const step& one) {
    const std::string last = before.of(one.session).last_sql;
    return one.what == action::query && !has(upper(one.text), "FOUND_ROWS") &&
           !has(one.text, "; ") && !has(last, "CALL ") && !has(last, "EXECUTE ");
}

bool reads_counts_first(const history& before, const step& one) {
    const std::string sql = run_by(before, one);
    return reads_counts(sql) && !sql.starts_with("DO ") && !before.of(one.session).asked_counts &&
           !knows_counts(before, one);
}

bool asks_late(const history& before, const step& one) {
    const bool counts_warnings =
        one.what == action::ping || one.what == action::init_db || one.what == action::set_option;
    if (counts_warnings && before.of(one.session).last_failed && !before.was_last(one.session))
        return true;
    const std::string sql = run_by(before, one);
    const bool counts = reads_counts(sql) && !knows_counts(before, one);
    return (counts || reads_warnings(sql)) && !sql.starts_with("DO ") &&
           !before.was_last(one.session);
}

bool asks_after_question(const history& before, const step& one) {
    const std::string sql = run_by(before, one);
    const std::string last = before.of(one.session).last_sql;
    const bool asked = has(last, "LAST_INSERT_ID") || has(last, "SET ");
    const bool counts = reads_counts(sql) && !knows_counts(before, one);
    return asked && (counts || reads_warnings(sql)) && !sql.starts_with("DO ");
}

bool asks_for_schemas_character_set(const history& before, const step& one) {
    const std::string sql = run_by(before, one);
    return before.of(one.session).was_reset &&
           (has(sql, "SET CHARACTER SET") || has(sql, "SET CHARSET"));
}

bool sets_character_set(std::string_view sql) {
    return has(sql, "SET ") &&
           (has(sql, "NAMES") || has(sql, "CHARACTER SET") || has(sql, "CHARSET") ||
            has(sql, "CHARACTER_SET_") || has(sql, "COLLATION_CONNECTION"));
}

bool runs_under_other_character_set(const history& before, const step& one) {
    const history::session session = before.of(one.session);
    const auto prepared_under = session.prepared_under.find(one.name);
    const std::string sql = run_by(before, one);
    const bool writes =
        sql.starts_with("INSERT") || sql.starts_with("UPDATE") || sql.starts_with("DELETE");
    const auto is_ascii = [](const parameter& value) {
        return std::ranges::all_of(value.value, [](unsigned char c) { return c < 0x80; });
    };
    const bool excused = !writes || !std::ranges::all_of(one.parameters, is_ascii);
    return one.what == action::execute && has(sql, "?") && excused &&
           prepared_under != session.prepared_under.end() &&
           prepared_under->second != session.character_sets;
}

bool compares_text_with_number(const history& before, const step& one) {
    const std::string sql = run_by(before, one);
    const bool compares = sql.starts_with("UPDATE") || sql.starts_with("DELETE");
    if (one.what != action::execute || !compares || !has(sql, "= ?") || one.parameters.empty())
        return false;
    switch (one.parameters.back().type) {
        case parameter::kind::text:
        case parameter::kind::blob:
        case parameter::kind::long_data:
        case parameter::kind::date:
        case parameter::kind::datetime:
        case parameter::kind::time:
            return true;
        default:
            return false;
    }
}

bool flags_unsigned_late(const history& before, const step& one) {
    return one.what == action::execute && has(run_by(before, one), "BIN(");
}

bool prepares_global(const history&, const step& one) {
    const std::string sql = upper(one.text);
    return one.what == action::prepare && (has(sql, "SET PERSIST") || has(sql, "SET GLOBAL"));
}

bool follows_failed_call(const history& before, const step& one) {
    const history::session session = before.of(one.session);
    return session.last_failed && session.last_sql.starts_with("CALL ");
}

bool finds_rows_of_no_read(const history& before, const step& one) {
    const history::session session = before.of(one.session);
    const std::string& last = session.last_sql;
    const bool read = last.starts_with("SELECT") || last.starts_with("TABLE") ||
                      last.starts_with("WITH") || last.starts_with("(");
    const std::string sql = run_by(before, one);
    return has(sql, "FOUND_ROWS(") && !sql.starts_with("DO ") && (!read || session.last_failed);
}

}  // namespace

void history::add(const step& one, bool failed) {
    session& changed = sessions_[one.session];
    const std::string sql = run_by(*this, one);
    last_ = one.session;
    switch (one.what) {
        case action::connect:
        case action::change_user:
        case action::reset_connection:
            changed = {};
            changed.was_reset = one.what == action::reset_connection;
            break;
        case action::init_db:
            changed.was_reset = changed.was_reset && failed;
            break;
        case action::prepare:
            changed.prepared[one.name] = one.text;
            changed.prepared_under[one.name] = changed.character_sets;
            break;
        case action::close_statement:
            changed.prepared.erase(one.name);
            break;
        default:
            break;
    }
    changed.last_failed = failed;
    changed.last_sql = sql;
    if (sets_character_set(sql)) ++changed.character_sets;
    if (has(sql, "USE ") && !failed) changed.was_reset = false;
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
        {"counts_first_asked", "; and `ROW_COUNT()` in a prepared statement or after a `CALL`",
         &reads_counts_first},
        {"asked_late", "the same, unless other sessions had to wait for a connection meanwhile",
         &asks_late},
        {"asked_after_question", "| `SHOW WARNINGS` after a statement with", &asks_after_question},
        {"schema_after_reset", "| `SET CHARACTER SET` and `@@collation_database` after",
         &asks_for_schemas_character_set},
        {"id_of_failed_insert", "| `LAST_INSERT_ID()` after an `INSERT` of several rows", nullptr},
        {"rows_of_empty_call", "| the count of rows of a `CALL`, whose procedure runs no statement",
         nullptr},
        {"type_of_parameter", "| the type of a parameter (`SELECT ?`, `SET x = ?`)", nullptr},
        {"text_as_number", "| what a parameter is compared as that is text where the column is",
         &compares_text_with_number},
        {"unsigned_late", "| the flag `UNSIGNED` of `BIN()` and `OCT()`", &flags_unsigned_late},
        {"literals_of_prepared",
         "| the types of a prepared statement with parameters, and whether text",
         &runs_under_other_character_set},
        {"global_prepared", "| `COM_STMT_PREPARE` of a `SET GLOBAL`", &prepares_global},
        {"news_of_failed_call", "| the schema among the news behind a `CALL` that failed",
         &follows_failed_call},
        {"rows_of_no_read", "| `FOUND_ROWS()` after anything but a `SELECT` that succeeded",
         &finds_rows_of_no_read},
        {"cursor_once", "| a statement executed with a cursor and then without", nullptr},
        {"metadata_changed", "| the status flag `SERVER_STATUS_METADATA_CHANGED`", nullptr},
        {"news_of_prepared_call", "| the news of `COM_STMT_PREPARE` of a `CALL`", nullptr},
        {"eof_before_rows", "| the EOF packet between columns and rows, for clients without",
         nullptr},
        {"transaction_state",
         "| news of a transaction's state, while `session_track_transaction_info`",
         &asks_for_transactions},
    };
    return table;
}

const known_difference* known(const history& before, const step& one) {
    for (const known_difference& difference : known_differences())
        if (difference.applies != nullptr && difference.applies(before, one)) return &difference;
    return nullptr;
}

}  // namespace equivalence
