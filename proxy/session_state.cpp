#include "proxy/session_state.hpp"

#include <algorithm>
#include <array>
#include <boost/algorithm/string/predicate.hpp>
#include <utility>

#include "protocol/server_status.hpp"
#include "proxy/lasting_status.hpp"
#include "rules/analyze.hpp"
#include "rules/ascii.hpp"
#include "rules/literal.hpp"
#include "rules/lock_calls.hpp"
#include "rules/prepared_text.hpp"
#include "rules/utf8.hpp"

namespace proxy {
namespace {

using rules::effect;
using rules::statement_class;
namespace server_status = protocol::server_status;

// Generated ids beyond this many runs are widened to one run: waiting for more than was written is
// slower, never wrong.
constexpr std::size_t written_runs_max = 64;

constexpr std::array character_set_variables = {"character_set_client", "character_set_connection",
                                                "character_set_results", "collation_connection"};

bool concerns_character_sets(std::string_view name) {
    return name == "names" || name == "character set" || name == "collation_connection" ||
           (name.starts_with("character_set_") && pool::find_variable(name));
}

rules::multibyte multibyte_of(std::string_view charset) {
    if (charset == "gbk") return rules::multibyte::gbk;
    if (charset == "gb18030") return rules::multibyte::gb18030;
    if (charset == "big5") return rules::multibyte::big5;
    if (charset == "sjis" || charset == "cp932") return rules::multibyte::sjis;
    return rules::multibyte::none;
}

bool has_word(std::string_view list, std::string_view word) {
    for (std::size_t at = 0; at <= list.size();) {
        const std::size_t comma = std::min(list.find(',', at), list.size());
        if (list.substr(at, comma - at) == word) return true;
        at = comma + 1;
    }
    return false;
}

std::string_view text_in(const pool::session_vector& vector, std::string_view name) {
    const auto id = pool::find_variable(name);
    const pool::variable_value* value = id ? vector.value_of(*id) : nullptr;
    return value != nullptr && *value ? std::string_view(**value) : std::string_view();
}

/// What SET NAMES has chosen without COLLATE, in the state after it; empty: the character set's
/// default collation.
std::string collation_of_names(const pool::session_vector& after) {
    const std::string_view chosen = text_in(after, "default_collation_for_utf8mb4");
    const bool utf8mb4 = text_in(after, "character_set_results") == "utf8mb4";
    return utf8mb4 && chosen != "utf8mb4_0900_ai_ci" ? std::string(chosen) : std::string();
}

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x80 && c != 0; });
}

/// Whether the server takes the bytes as they are, and without a warning.
bool is_valid(std::string_view text, std::string_view charset) {
    if (text.find('\0') != text.npos) return false;
    if (charset == "utf8mb4") return rules::is_utf8(text, 4);
    if (charset == "utf8mb3") return rules::is_utf8(text, 3);
    return charset == "latin1";
}

/// True if a variable that is not tracked has the value again that connections begin with.
bool is_default(const rules::assignment& set) {
    using kind = rules::assignment::value_kind;
    // Their DEFAULT is another value.
    constexpr std::array others = {"character_set_database", "collation_database",
                                   "pseudo_thread_id"};
    if (std::find(others.begin(), others.end(), set.name) != others.end()) return false;
    if (set.kind == kind::default_value) return true;
    if (set.name == "timestamp") return set.kind == kind::number && set.text == "0";
    return set.name == "gtid_next" && set.kind == kind::string &&
           boost::algorithm::iequals(set.text, "'AUTOMATIC'");
}

/// Whoever has had it set may ask for what it has collected even when it is off again.
bool collects(std::string_view variable) {
    return variable == "profiling" || variable == "optimizer_trace";
}

bool is_on(const rules::assignment& set) {
    return set.text == "1" || set.text == "ON" || set.text == "TRUE" || set.text == "on" ||
           set.text == "true";
}

/// A string literal as SQL that gives the same value under every character set and sql_mode; empty
/// if that cannot be said of it.
std::string portable_literal(std::string_view text, const pool::session_vector& vector,
                             const rules::lex_options& lexing) {
    const std::string_view charset = text_in(vector, "character_set_connection");
    const std::string_view collation = text_in(vector, "collation_connection");
    if (text.empty() || (text.front() != '\'' && text.front() != '"')) return {};  // N'x'
    if (charset.empty() || collation.empty()) return {};
    if (charset == "ucs2" || charset.starts_with("utf16") || charset.starts_with("utf32"))
        return {};
    const std::string value = rules::string_value(text, lexing);
    const bool as_sent = text_in(vector, "character_set_client") == charset;
    if (!is_ascii(value) && !(as_sent && is_valid(value, charset))) return {};
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out = "_";
    out.append(charset).append(" 0x");
    for (const char c : value) {
        out += digits[static_cast<unsigned char>(c) >> 4];
        out += digits[static_cast<unsigned char>(c) & 15];
    }
    if (value.empty()) out.replace(out.size() - 2, 2, "''");
    return out.append(" COLLATE ").append(collation);
}

/// False for those that change nothing of what the server reports as the session's state.
bool may_change_state(const rules::statement_facts& statement) {
    switch (statement.cls) {
        case statement_class::read:
        case statement_class::locking_read:
        case statement_class::show:
        case statement_class::describe:
            return statement.effects.has(effect::calls_unknown_function |
                                         effect::writes_user_variable);
        case statement_class::empty:
        case statement_class::begin:
        case statement_class::commit:
        case statement_class::rollback:
        case statement_class::savepoint:
        case statement_class::rollback_to_savepoint:
        case statement_class::release_savepoint:
            return false;
        default:
            return true;
    }
}

bool assigns_literals_only(const rules::statement_facts& statement) {
    return std::none_of(statement.assignments.begin(), statement.assignments.end(),
                        [](const rules::assignment& set) {
                            return set.kind == rules::assignment::value_kind::expression;
                        });
}

/// True if a change of state that the server reports of it is one that it takes back itself (tried
/// on 9.7): SET_VAR, and what SHOW does to read the dictionary.  A view may call a function that
/// changes more.
bool changes_only_meanwhile(const rules::statement_facts& statement, std::string_view text) {
    if (may_change_state(statement)) return false;
    const auto has = [&](std::string_view word) { return boost::algorithm::icontains(text, word); };
    if (statement.cls == statement_class::show) return !has("SELECT");
    return statement.cls == statement_class::read && statement.tables.empty() && has("SET_VAR");
}

/// Whether the first answer is the first statement's, and so on.
bool has_one_answer_each(const rules::script_facts& script) {
    return std::none_of(script.statements.begin(), script.statements.end(), [](const auto& s) {
        return s.cls == statement_class::call || s.cls == statement_class::execute_text ||
               s.cls == statement_class::unknown || s.incomplete;
    });
}

/// True if a connection on which this ran has no other state afterwards than the trackers tell.
bool leaves_nothing(const rules::script_facts& script) {
    constexpr rules::effect_set lasting =
        effect::takes_get_lock | effect::releases_lock | effect::creates_temporary_table |
        effect::writes_user_variable | effect::sets_sql_log_bin | effect::locks_globally |
        effect::changes_identity | effect::opens_handler | effect::calls_unknown_function |
        effect::sets_last_insert_id | effect::sets_found_rows;
    if (script.effects().has(lasting)) return false;
    return std::all_of(script.statements.begin(), script.statements.end(), [](const auto& s) {
        return s.cls == statement_class::read || s.cls == statement_class::locking_read ||
               s.cls == statement_class::write || s.cls == statement_class::show ||
               s.cls == statement_class::ddl;
    });
}

}  // namespace

void apply_sql_mode(rules::lex_options& lexing, std::string_view sql_mode) {
    lexing.ansi_quotes = has_word(sql_mode, "ANSI_QUOTES");
    lexing.no_backslash_escapes = has_word(sql_mode, "NO_BACKSLASH_ESCAPES");
    lexing.ignore_space = has_word(sql_mode, "IGNORE_SPACE");
}

namespace {

void widen(protocol::gtid_set& written) {
    protocol::gtid_set wide;
    bool widened = false;
    for (const auto& run : written.runs()) {
        widened = widened || run.numbers.size() > written_runs_max;
        wide.add(run.sequence, {run.numbers.front().first, run.numbers.back().last});
    }
    if (widened) written = std::move(wide);
}

}  // namespace

session_state::session_state(pool::vector_interner& vectors, pool::session_vector initial,
                             const rules::lex_options& lexing)
    : vectors_(&vectors), default_lexing_(lexing), status_(server_status::autocommit) {
    set_vector(std::move(initial));
    status_ = status_by_default();
}

/// What a server tells of a session that has done nothing yet.
std::uint16_t session_state::status_by_default() const {
    const bool autocommit = text_in(*vector_, "autocommit") != "OFF";
    const bool no_escapes = has_word(text_in(*vector_, "sql_mode"), "NO_BACKSLASH_ESCAPES");
    return static_cast<std::uint16_t>((autocommit ? server_status::autocommit : 0) |
                                      (no_escapes ? server_status::no_backslash_escapes : 0));
}

std::uint16_t session_state::lasting_status() const noexcept {
    return proxy::lasting_status(status_);
}

bool session_state::in_transaction() const noexcept {
    return (status_ & server_status::in_transaction) != 0 || characteristics_pending_;
}

bool session_state::next_begins_transaction() const noexcept {
    return (status_ & (server_status::autocommit | server_status::in_transaction)) == 0;
}

bool session_state::is_autocommit() const noexcept {
    return (status_ & server_status::autocommit) != 0;
}

pin_reason session_state::first_pin() const noexcept {
    std::size_t i = 0;
    while (i + 1 < pins_.size() && !pins_.test(i)) ++i;
    return static_cast<pin_reason>(i);
}

router::session_view session_state::view(router::consistency level) const {
    router::session_view seen;
    seen.in_transaction = in_transaction() || (status_ & server_status::autocommit) == 0;
    // What is kept only for the sake of the next statement's questions is no reason to stay.
    seen.pinned = is_pinned_for_more_than_questions();
    seen.schema = vector_->schema();
    seen.must_see = must_see_.empty() ? nullptr : &must_see_;
    seen.level = level;
    seen.in_system_time_zone = in_system_time_zone_;
    return seen;
}

void session_state::begin_command() {
    vector_before_ = vector_;
    lexing_before_ = lexing_;
    changes_.clear();
    warnings_left_ = 0;
    only_knows_warnings_ = false;
    last_insert_id_unknown_ = false;
    locks_changed_ = false;
    to_ask_.clear();
}

protocol::bytes_view session_state::on_ok(const protocol::ok_packet& ok, bool carries_news) {
    status_ = ok.status;
    warnings_left_ = ok.warnings;
    row_count_.on_ok(ok);
    if (ok.header == protocol::ok_packet::plain_header && ok.last_insert_id != 0) {
        last_insert_id_ = ok.last_insert_id;
        pin_for_null();
    }
    if (!ok.session_state.empty()) on_owed_news(ok.session_state);
    changes_.next_answer();
    if (!carries_news) return {};
    news_ = std::exchange(owed_news_, {});
    return news_;
}

/// With sql_auto_is_null the next `WHERE id IS NULL` finds the row of a generated id, but only on
/// the connection that has generated it: SET last_insert_id does not do (tried on 9.7).
void session_state::pin_for_null() {
    static const pool::variable_id null_is_id = *pool::find_variable("sql_auto_is_null");
    const pool::variable_value* value = vector_->value_of(null_is_id);
    if (value != nullptr && *value && (**value == "ON" || **value == "1")) pin(pin_reason::unknown);
}

void session_state::on_owed_news(protocol::bytes_view session_state) {
    on_news(session_state);
    owe(session_state);
}

void session_state::owe_schema(std::string_view schema) {
    std::vector<std::uint8_t> news;
    protocol::writer out(news);
    protocol::encode({protocol::session_track_type::schema, {}, schema}, out);
    protocol::encode({protocol::session_track_type::state_change, {}, "1"}, out);
    owe(news);
}

void session_state::owe(protocol::bytes_view session_state) {
    std::vector<std::uint8_t> wanted;
    wishes_.filter(session_state, wanted);
    owed_news_ = owed_news_.empty() ? std::move(wanted) : merged_news(owed_news_, wanted);
}

void session_state::on_news(protocol::bytes_view session_state) {
    protocol::session_track_reader in(session_state);
    while (in.next()) on_change(in.change());
}

bool session_state::may_owe_news(const rules::script_facts& script) {
    return std::any_of(script.statements.begin(), script.statements.end(),
                       [](const rules::statement_facts& s) {
                           switch (s.cls) {
                               case statement_class::call:
                               case statement_class::write:  // by a trigger
                               case statement_class::execute_text:
                               case statement_class::unknown:
                                   return true;
                               case statement_class::set_session:
                               case statement_class::set_global:
                                   // Those before the one that is refused are done (tried on 9.7).
                                   return s.assignments.size() > 1;
                               default:
                                   return s.effects.has(effect::calls_unknown_function);
                           }
                       });
}

void session_state::on_change(const protocol::session_change& change) {
    using type = protocol::session_track_type;
    switch (change.type) {
        case type::system_variables:
            if (const auto id = pool::find_variable(change.name)) {
                pool::session_vector changed = *vector_;
                changed.set(*id, pool::value_from_tracker(*id, change.value));
                set_vector(std::move(changed));
            }
            break;
        case type::schema: {
            pool::session_vector changed = *vector_;
            changed.use_schema(change.value);
            set_vector(std::move(changed));
            break;
        }
        case type::state_change:
            changes_.add();
            break;
        case type::gtids:
            if (auto written = protocol::gtid_set::parse(change.value)) {
                must_see_too(*written);
            }
            break;
        case type::transaction_characteristics:
            // Told with an open transaction too (as the statement that would begin it again).
            characteristics_pending_ =
                !change.value.empty() && (status_ & server_status::in_transaction) == 0;
            break;
        case type::transaction_state:
            break;
    }
}

void session_state::must_see_too(const protocol::gtid_set& seen) {
    must_see_ += seen;
    widen(must_see_);
    has_read_primary_ = false;
}

void session_state::end_script(const rules::script_facts& script, std::string_view text,
                               bool failed) {
    // Of several statements any may have failed, those before it having done their work.
    const bool partly_done = !script.front().assignments.empty() && changes_.any();
    const bool undone = failed && script.single() && !partly_done;
    if (script.single()) {
        const rules::statement_facts& only = script.front();
        const bool explained = apply(only, failed, undone, true);
        if (changes_.any() && !explained && !changes_only_meanwhile(only, text))
            pin(pin_reason::unknown);
    } else {
        apply_all(script, failed);
    }
    if (last_insert_id_unknown_) pin_for_null();
    const rules::effect_set effects = script.effects();
    if (effects.has(effect::takes_get_lock | effect::releases_lock))
        apply_named_locks(script, text, failed);
    apply_prepared_text(script, text, failed);
    // Whoever asks for warnings leaves them there, and may ask again.
    const bool left_as_it_was =
        is_pinned(pin_reason::last_statement) && effects.has(effect::reads_warnings);
    unpin(pin_reason::last_statement);
    // The next statement may ask for what only this connection knows.
    asks_counts_ = asks_counts_ || effects.has(effect::reads_found_rows | effect::reads_row_count);
    const bool may_be_asked_about = failed || warnings_left_ > 0 || asks_counts_ ||
                                    left_as_it_was || effects.has(effect::sets_found_rows);
    if (may_be_asked_about) pin(pin_reason::last_statement);
    changes_.clear();
    const bool calls = std::any_of(
        script.statements.begin(), script.statements.end(), [](const rules::statement_facts& s) {
            return s.cls == statement_class::call || s.cls == statement_class::execute_text;
        });
    if (calls && may_be_asked_about && last_insert_id_unknown_) {
        last_insert_id_unknown_ = false;
        owes_last_insert_id_ = true;
    }
    if (failed) row_count_.on_err();
    if (failed) warnings_left_ = 1;  // the error itself
    if (calls && !failed) row_count_.on_call();
}

void session_state::end_command(bool failed) {
    changes_.clear();
    if (!failed) return;
    row_count_.on_err();
    warnings_left_ = 1;
}

void session_state::note_warnings_of_preparation(std::uint16_t count) {
    tell_warnings(count);
    if (count > 0) pin(pin_reason::last_statement);
}

void session_state::note_own_error() noexcept {
    only_knows_warnings_ = true;
    warnings_left_ = 1;
    row_count_.on_err();
}

void session_state::end_refused_script() {
    row_count_.on_err();
    warnings_left_ = 1;
    pin(pin_reason::last_statement);
    changes_.clear();
}

/// Several statements; what changes the state must be explained by the statement that did it.
void session_state::apply_all(const rules::script_facts& script, bool failed) {
    const bool placed = has_one_answer_each(script);
    bool any = false;          // explains a change
    bool unexplained = false;  // one of them may have done what nobody knows
    bool wrong = false;
    for (std::size_t i = 0; i < script.statements.size(); ++i) {
        const rules::statement_facts& statement = script.statements[i];
        // A SET that was done is reported, and its neighbours may be what has failed.
        const bool undone =
            failed && placed && !changes_.in(i) && statement.cls == statement_class::set_session;
        const bool explains = apply(statement, failed, undone, false);
        any = any || explains;
        unexplained = unexplained || (!explains && may_change_state(statement));
        wrong = wrong || (!explains && changes_.in(i));
    }
    const bool explained = placed ? !wrong : any && !unexplained;
    if (changes_.any() && !explained) pin(pin_reason::unknown);
}

/// `undone` statements have failed alone.  Most do all or nothing; those that do their work row by
/// row, or lock by lock, may have done it in part.  What is to be known by name is only told by a
/// statement that is `alone`.
bool session_state::apply(const rules::statement_facts& statement, bool failed, bool undone,
                          bool alone) {
    const rules::effect_set effects = statement.effects;
    bool explained = false;
    const auto pin_for = [&](bool applies, pin_reason why) {
        if (!applies) return;
        explained = true;
        pin(why);
    };
    // LAST_INSERT_ID(expression): only an INSERT's or UPDATE's OK tells the value.
    if (effects.has(effect::sets_last_insert_id)) last_insert_id_unknown_ = true;
    const bool sets = statement.cls == statement_class::set_session ||
                      statement.cls == statement_class::set_transaction ||
                      statement.cls == statement_class::set_global;
    // Literals that a SET assigns are carried in the vector.
    const bool plain_set = sets && alone && !failed && assigns_literals_only(statement);
    pin_for(effects.has(effect::writes_user_variable) && !plain_set, pin_reason::user_variable);
    if (effects.has(effect::locks_globally)) {
        explained = true;
        hold(pin_reason::table_locks, rules::lock_subject::tables);
    }
    if (!undone) {
        pin_for(effects.has(effect::changes_identity), pin_reason::unknown);
        if (statement.cls == statement_class::lock_tables) {
            explained = true;
            hold(pin_reason::table_locks, statement.subject);
        }
        // Prepared, it may belong to the connection still (xa_detach_on_prepare); until then the
        // server says that a transaction is open.
        pin_for(statement.cls == statement_class::xa && statement.subject == "PREPARE",
                pin_reason::xa_transaction);
    }
    apply_temporary_tables(statement, failed, alone);
    if (!undone && effects.has(effect::opens_handler)) hold(pin_reason::handler, statement.subject);
    if (!failed && alone) {
        if (statement.cls == statement_class::unlock_tables) release_locks(statement.subject);
        if (effects.has(effect::closes_handler)) let_go(pin_reason::handler, statement.subject);
        if (statement.cls == statement_class::xa &&
            (statement.subject == "COMMIT" || statement.subject == "ROLLBACK"))
            unpin(pin_reason::xa_transaction);
    }

    if (sets && !undone) apply_assignments(statement, alone && !failed);
    switch (statement.cls) {
        case statement_class::set_session:
        case statement_class::set_transaction:
        case statement_class::set_global:
        case statement_class::use_schema:
        case statement_class::prepare_text:
        case statement_class::deallocate_text:
        case statement_class::execute_text:  // see apply_prepared_text()
        case statement_class::ddl:           // the default schema was dropped; temporary tables pin
        case statement_class::handler:
            explained = true;
            break;
        default:
            break;
    }
    return explained;
}

/// UNLOCK TABLES releases the lock on the instance too (tried on 9.7), UNLOCK INSTANCE only that.
void session_state::release_locks(const std::string& subject) {
    if (subject == rules::lock_subject::instance) return let_go(pin_reason::table_locks, subject);
    holders_.clear(pin_reason::table_locks);
    unpin(pin_reason::table_locks);
}

/// Pins for what has a name and can be ended by it.
void session_state::hold(pin_reason why, std::string name) {
    holders_.add(why, std::move(name));
    pin(why);
}

void session_state::let_go(pin_reason why, const std::string& name) {
    if (!is_pinned(why)) return;
    holders_.remove(why, name);
    if (!holders_.any(why)) unpin(why);
}

std::string session_state::qualified(const rules::table_name& table) const {
    const std::string& schema = table.schema.empty() ? vector_->schema() : table.schema;
    return schema + '\0' + table.table;
}

void session_state::apply_temporary_tables(const rules::statement_facts& statement, bool failed,
                                           bool alone) {
    if (statement.effects.has(effect::creates_temporary_table) && !(failed && alone)) {
        if (!alone || statement.targets.size() != 1) {
            holders_.add_unknown(pin_reason::temporary_table);
            pin(pin_reason::temporary_table);
        } else {
            hold(pin_reason::temporary_table, qualified(statement.targets.front()));
        }
    }
    // Perhaps one of those held; what it is called now is nobody's business.
    if (statement.effects.has(effect::renames_table) && !(failed && alone) &&
        is_pinned(pin_reason::temporary_table))
        holders_.add_unknown(pin_reason::temporary_table);
    const bool drops = statement.effects.has(effect::drops_temporary_table | effect::drops_table);
    if (!drops || failed || !alone) return;
    for (const rules::table_name& table : statement.targets)
        let_go(pin_reason::temporary_table, qualified(table));
}

/// Which locks are taken and released depends on what the functions return: the names are
/// collected, and the server is asked whether one of them is still held.
void session_state::apply_named_locks(const rules::script_facts& script, std::string_view text,
                                      bool failed) {
    using kind = rules::lock_call::kind;
    bool takes = false;
    bool releases_all = false;
    const rules::effect_set effects = script.effects();
    for (const rules::lock_call& call : rules::lock_calls(text, lexing_before_)) {
        releases_all = releases_all || call.what == kind::release_all;
        if (call.what != kind::take) continue;
        takes = true;
        if (call.name.empty()) {
            holders_.add_unknown(pin_reason::named_lock);
        } else {
            holders_.add(pin_reason::named_lock, std::string(call.name));
        }
    }
    // What a routine, a trigger or a view has locked has a name that nobody knows here.
    const bool within = effects.has(effect::takes_get_lock) &&
                        (!takes || effects.has(effect::calls_unknown_function));
    if (within) holders_.add_unknown(pin_reason::named_lock);
    if (takes || within) pin(pin_reason::named_lock);
    if (!is_pinned(pin_reason::named_lock)) return;
    const rules::statement_facts& only = script.front();
    const bool surely_run = !failed && script.single() && only.tables.empty() && !takes && !within;
    if (releases_all && surely_run) {
        holders_.clear(pin_reason::named_lock);
        unpin(pin_reason::named_lock);
        return;
    }
    locks_changed_ = !holders_.has_unknown(pin_reason::named_lock);
}

std::string session_state::locks_question() const {
    std::string question;
    if (!locks_changed_ || !is_pinned(pin_reason::named_lock)) return question;
    // The literals are as the client wrote them, and mean what they meant to it.
    for (const std::string& name : holders_.names(pin_reason::named_lock)) {
        question += question.empty() ? "SELECT " : " OR ";
        question.append("(IS_USED_LOCK(").append(name).append(")<=>CONNECTION_ID())");
    }
    if (!question.empty()) question += " LIMIT 1";
    return question;
}

void session_state::tell_locks(bool held) {
    locks_changed_ = false;
    if (held) return;
    holders_.clear(pin_reason::named_lock);
    unpin(pin_reason::named_lock);
}

/// A prepared text is gone with DEALLOCATE, but what it did when it was executed need not be.
void session_state::apply_prepared_text(const rules::script_facts& script, std::string_view text,
                                        bool failed) {
    for (const rules::statement_facts& statement : script.statements) {
        switch (statement.cls) {
            case statement_class::prepare_text: {
                if (failed && script.single()) break;  // an older one of that name pins still
                const auto inner =
                    script.single() ? rules::prepared_text(text, lexing_before_) : std::nullopt;
                if (inner && leaves_nothing(rules::analyze(*inner, lexing_before_))) {
                    hold(pin_reason::prepared_text, rules::lower(statement.subject));
                } else {
                    holders_.add_unknown(pin_reason::prepared_text);
                    pin(pin_reason::prepared_text);
                }
                break;
            }
            case statement_class::deallocate_text:
                if (!failed && script.single())
                    let_go(pin_reason::prepared_text, rules::lower(statement.subject));
                break;
            default:
                break;
        }
    }
}

/// `surely`: it stands alone and has succeeded.
void session_state::apply_assignments(const rules::statement_facts& statement, bool surely) {
    using scope = rules::assignment::scope_kind;
    for (const rules::assignment& set : statement.assignments) {
        if (set.scope == scope::user) apply_user_variable(set);
        if (set.scope != scope::session) continue;
        if (concerns_character_sets(set.name)) {
            // The trackers do not tell the collation that SET NAMES chooses (tried on 9.7).
            for (const char* name : character_set_variables) ask(name);
            if (set.name == "character_set_filesystem") ask(set.name);
            apply_results_collation(set);
        } else if (set.name == "last_insert_id" || set.name == "identity") {
            last_insert_id_unknown_ = true;
        } else if (set.name == "sql_log_bin") {
            if (is_on(set)) {
                unpin(pin_reason::binary_log_off);
            } else {
                pin(pin_reason::binary_log_off);
            }
        } else if (wishes_.assign(set)) {
            tracking_touched_ = true;
        } else if (statement.cls == statement_class::set_transaction) {
            ask(set.name);  // SET SESSION TRANSACTION is not told either
        } else if (!pool::find_variable(set.name)) {
            apply_untracked(set, surely);
        } else if (set.name == "max_join_size") {
            ask("sql_big_selects");  // is reset by it, untold (tried on 9.7)
        }
    }
}

void session_state::apply_untracked(const rules::assignment& set, bool surely) {
    if (!surely || !is_default(set)) return hold(pin_reason::session_variable, set.name);
    if (!collects(set.name)) let_go(pin_reason::session_variable, set.name);
}

/// SET NAMES chooses the collation of results, too; who sets their character set takes its default
/// one.
void session_state::apply_results_collation(const rules::assignment& set) {
    if (set.name != "names" && set.name != "character set" && set.name != "character_set_results")
        return;
    std::string chosen = rules::lower(set.collation);
    if (chosen.empty() && set.name == "names") chosen = collation_of_names(*vector_);
    pool::session_vector changed = *vector_;
    changed.set_results_collation(chosen);
    set_vector(std::move(changed));
}

/// A literal is carried in the vector, as SQL that means the same on every connection; all else is
/// known to the server only.
void session_state::apply_user_variable(const rules::assignment& set) {
    if (is_pinned(pin_reason::user_variable)) return;  // until all of them are forgotten
    using kind = rules::assignment::value_kind;
    std::string literal;
    if (set.kind == kind::number || set.kind == kind::null_value) literal = set.text;
    if (set.kind == kind::string)
        literal = portable_literal(set.text, *vector_before_, lexing_before_);
    pool::session_vector changed = *vector_;
    const bool kept = !literal.empty() && is_ascii(set.name) && !set.name.empty() &&
                      changed.set_user_variable(set.name, literal);
    if (!kept) return pin(pin_reason::user_variable);
    set_vector(std::move(changed));
}

void session_state::ask(std::string_view name) {
    const auto id = pool::find_variable(name);
    if (!id || std::find(to_ask_.begin(), to_ask_.end(), *id) != to_ask_.end()) return;
    to_ask_.push_back(*id);
}

void session_state::tell_value(pool::variable_id id, pool::variable_value value) {
    pool::session_vector changed = *vector_;
    changed.set(id, std::move(value));
    set_vector(std::move(changed));
}

void session_state::told_all_values() {
    to_ask_.clear();
}

void session_state::forget_schema() {
    pool::session_vector changed = *vector_;
    changed.use_schema({});
    set_vector(std::move(changed));
}

void session_state::lose_connection() {
    pins_.reset();
    holders_.clear();
    status_ = static_cast<std::uint16_t>(status_ & ~server_status::in_transaction);
    characteristics_pending_ = false;
    owes_last_insert_id_ = false;
    asks_counts_ = false;
    row_count_.forget();
    begin_command();
}

void session_state::learn_defaults(pool::shared_baseline defaults) {
    pool::session_vector changed = *vector_;
    changed.use_defaults(std::move(defaults));
    set_vector(std::move(changed));
}

void session_state::reset(pool::shared_baseline defaults) {
    pool::session_vector blank;
    blank.use_defaults(std::move(defaults));
    blank.use_schema(vector_->schema());
    set_vector(std::move(blank));
    wishes_ = {};
    owed_news_.clear();
    lose_connection();
    row_count_ = {};
    status_ = status_by_default();
    last_insert_id_ = 0;
}

void session_state::set_vector(pool::session_vector changed) {
    vector_ = vectors_->intern(std::move(changed));
    update_lexing();
}

void session_state::update_lexing() {
    lexing_ = default_lexing_;
    if (const auto id = pool::find_variable("sql_mode"); vector_->value_of(*id) != nullptr)
        apply_sql_mode(lexing_, text_in(*vector_, "sql_mode"));
    const std::string_view zone = text_in(*vector_, "time_zone");
    in_system_time_zone_ = zone.empty() || zone == "SYSTEM";
    lexing_.charset = multibyte_of(text_in(*vector_, "character_set_client"));
}

}  // namespace proxy
