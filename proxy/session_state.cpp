#include "proxy/session_state.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "protocol/server_status.hpp"

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
    return name == "names" || name == "character set" || name.starts_with("character_set_") ||
           name == "collation_connection";
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
    const pool::variable_value* value = id ? vector.find(*id) : nullptr;
    return value != nullptr && *value ? std::string_view(**value) : std::string_view();
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
}

bool session_state::in_transaction() const noexcept {
    return (status_ & server_status::in_transaction) != 0 || characteristics_pending_;
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
    return seen;
}

void session_state::begin_command() {
    unexplained_change_ = false;
    warnings_left_ = false;
    last_insert_id_unknown_ = false;
    to_ask_.clear();
}

protocol::bytes_view session_state::on_ok(const protocol::ok_packet& ok) {
    status_ = ok.status;
    warnings_left_ = ok.warnings > 0;
    if (ok.header == protocol::ok_packet::plain_header && ok.last_insert_id != 0)
        last_insert_id_ = ok.last_insert_id;
    news_.clear();
    if (ok.session_state.empty()) return {};
    on_news(ok.session_state);
    wishes_.filter(ok.session_state, news_);
    return news_;
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
            unexplained_change_ = true;
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

void session_state::end_script(const rules::script_facts& script, bool failed) {
    // Of several statements any may have failed, those before it having done their work.
    const bool undone = failed && script.single();
    for (const rules::statement_facts& statement : script.statements)
        apply(statement, failed, undone);
    unpin(pin_reason::last_statement);
    // The next statement may ask for what only this connection knows.
    const rules::effect_set effects = script.effects();
    asks_counts_ = asks_counts_ || effects.has(effect::reads_found_rows | effect::reads_row_count);
    if (failed || warnings_left_ || asks_counts_ || effects.has(effect::sets_found_rows))
        pin(pin_reason::last_statement);
    unexplained_change_ = false;
}

/// `undone` statements have failed alone.  Most do all or nothing; those that do their work row by
/// row, or lock by lock, may have done it in part.
void session_state::apply(const rules::statement_facts& statement, bool failed, bool undone) {
    const rules::effect_set effects = statement.effects;
    bool explained = false;
    const auto pin_for = [&](bool applies, pin_reason why) {
        if (!applies) return;
        explained = true;
        pin(why);
    };
    // LAST_INSERT_ID(expression): only an INSERT's or UPDATE's OK tells the value.
    if (effects.has(effect::sets_last_insert_id)) last_insert_id_unknown_ = true;
    pin_for(effects.has(effect::takes_get_lock), pin_reason::named_lock);
    pin_for(effects.has(effect::writes_user_variable), pin_reason::user_variable);
    pin_for(effects.has(effect::locks_globally), pin_reason::table_locks);
    if (!undone) {
        pin_for(effects.has(effect::creates_temporary_table), pin_reason::temporary_table);
        pin_for(effects.has(effect::sets_sql_log_bin), pin_reason::binary_log_off);
        pin_for(effects.has(effect::opens_handler), pin_reason::handler);
        pin_for(effects.has(effect::changes_identity), pin_reason::unknown);
        pin_for(statement.cls == statement_class::prepare_text, pin_reason::prepared_text);
        pin_for(statement.cls == statement_class::lock_tables, pin_reason::table_locks);
        pin_for(statement.cls == statement_class::xa, pin_reason::unknown);
    }
    if (statement.cls == statement_class::unlock_tables && !failed) unpin(pin_reason::table_locks);

    switch (statement.cls) {
        case statement_class::set_session:
        case statement_class::set_transaction:
        case statement_class::set_global:
            apply_assignments(statement, undone);
            explained = true;
            break;
        case statement_class::use_schema:
        case statement_class::deallocate_text:
        case statement_class::execute_text:  // pinned by PREPARE
        case statement_class::ddl:           // the default schema was dropped; temporary tables pin
            explained = true;
            break;
        default:
            break;
    }
    if (unexplained_change_ && !explained) pin(pin_reason::unknown);
}

void session_state::apply_assignments(const rules::statement_facts& statement, bool undone) {
    using scope = rules::assignment::scope_kind;
    if (undone) return;  // "no variables are changed", says the manual
    for (const rules::assignment& set : statement.assignments) {
        if (set.scope != scope::session) continue;  // user variables pin by their effect
        if (concerns_character_sets(set.name)) {
            // The trackers do not tell the collation that SET NAMES chooses (tried on 9.7).
            for (const char* name : character_set_variables) ask(name);
            if (set.name == "character_set_filesystem") ask(set.name);
        } else if (set.name == "last_insert_id" || set.name == "identity") {
            last_insert_id_unknown_ = true;
        } else if (set.name == "tx_isolation" || set.name == "tx_read_only") {
            pin(pin_reason::unknown);
        } else if (wishes_.assign(set)) {
            tracking_touched_ = true;
        } else if (statement.cls == statement_class::set_transaction) {
            ask(set.name);  // SET SESSION TRANSACTION is not told either
        } else if (!pool::find_variable(set.name)) {
            pin(pin_reason::unknown);
        } else if (set.name == "max_join_size") {
            ask("sql_big_selects");  // is reset by it, untold (tried on 9.7)
        }
    }
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
    status_ = static_cast<std::uint16_t>(status_ & ~server_status::in_transaction);
    characteristics_pending_ = false;
    asks_counts_ = false;
    begin_command();
}

void session_state::reset() {
    pool::session_vector blank;
    blank.use_schema(vector_->schema());
    set_vector(std::move(blank));
    wishes_ = {};
    lose_connection();
    status_ = server_status::autocommit;
    last_insert_id_ = 0;
}

void session_state::set_vector(pool::session_vector changed) {
    vector_ = vectors_->intern(std::move(changed));
    update_lexing();
}

void session_state::update_lexing() {
    lexing_ = default_lexing_;
    if (const auto id = pool::find_variable("sql_mode"); vector_->find(*id) != nullptr)
        apply_sql_mode(lexing_, text_in(*vector_, "sql_mode"));
    lexing_.charset = multibyte_of(text_in(*vector_, "character_set_client"));
}

}  // namespace proxy
