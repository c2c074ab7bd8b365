#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pool/session_vector.hpp"
#include "protocol/gtid_set.hpp"
#include "protocol/ok_packet.hpp"
#include "proxy/last_row_count.hpp"
#include "proxy/pin_holders.hpp"
#include "proxy/pin_reason.hpp"
#include "proxy/reported_changes.hpp"
#include "proxy/tracker_wishes.hpp"
#include "router/decide.hpp"
#include "rules/sql_mode.hpp"
#include "rules/statement_facts.hpp"

namespace proxy {

/// Sets what a sql_mode says about cutting a text into tokens.
void apply_sql_mode(rules::lex_options& lexing, std::string_view sql_mode);

/// What a client's session is, apart from sockets: its vector, its transaction, its pins.
///
/// The statement's facts predict what it changes, the server's trackers confirm with the values; a
/// change of state that neither explains pins the session to its connection, because another
/// connection could not be brought to the same state.  Not for several threads.
class session_state {
public:
    /// `vectors` is the worker's and must outlive this object.  `lexing` is by the server's
    /// version; the session's variables, changed or by default, go before it.
    session_state(pool::vector_interner& vectors, pool::session_vector initial,
                  const rules::lex_options& lexing);

    const pool::shared_vector& vector() const noexcept { return vector_; }
    const rules::lex_options& lexing() const noexcept { return lexing_; }
    std::uint16_t status() const noexcept { return status_; }  // of the last OK
    /// Of that, what is still true when another command is answered.
    std::uint16_t lasting_status() const noexcept;

    /// True while the session cannot do without its connection.
    bool holds_connection() const noexcept { return in_transaction() || pins_.any(); }
    bool in_transaction() const noexcept;
    bool is_autocommit() const noexcept;
    /// True if the server has reported a change in this command that no variable told.
    bool reported_change() const noexcept { return changes_.any(); }
    bool is_pinned() const noexcept { return pins_.any(); }
    bool is_pinned(pin_reason why) const noexcept { return pins_.test(index(why)); }
    /// False if the connection is kept only because the next statement may ask about the last.
    bool is_pinned_for_more_than_questions() const noexcept {
        return pins_.count() > (is_pinned(pin_reason::last_statement) ? 1u : 0u) ||
               owes_last_insert_id_;
    }
    /// True if it has asked for FOUND_ROWS() or ROW_COUNT() before, and so may again.
    bool asks_counts() const noexcept { return asks_counts_; }
    /// True if COM_RESET_CONNECTION undoes whatever the session has left on its connection.  It
    /// does not undo SET ROLE (tried on 9.7), which a procedure may hide, nor what a replica is to
    /// its source.
    bool can_be_reset() const noexcept {
        return !is_pinned(pin_reason::unknown) && !is_pinned(pin_reason::replication);
    }
    void pin(pin_reason why) { pins_.set(index(why)); }
    /// What for has no name that could end it.
    void pin_without_name(pin_reason why) {
        holders_.add_unknown(why);
        pin(why);
    }
    void unpin(pin_reason why) { pins_.reset(index(why)); }
    const std::bitset<pin_reason_count>& pins() const noexcept { return pins_; }
    /// The first pin, for a message; only if is_pinned().
    pin_reason first_pin() const noexcept;

    router::session_view view(router::consistency level) const;
    const protocol::gtid_set& must_see() const noexcept { return must_see_; }
    /// All copies have what the session must see.
    void forget_must_see() { must_see_ = {}; }
    /// True if the session has read from the primary what no GTID of its own is known to follow: a
    /// copy may be behind that.  A transaction that the session commits later follows all it read
    /// before, in the binlog and so on every copy.
    bool has_read_primary() const noexcept { return has_read_primary_; }
    void note_primary_read() { has_read_primary_ = true; }
    /// `seen` has all that the session may have read.
    void must_see_too(const protocol::gtid_set& seen);
    /// What LAST_INSERT_ID() is, as far as OK packets tell.
    std::uint64_t last_insert_id() const noexcept { return last_insert_id_; }
    /// True if only the server can tell what it is now: ask, then tell.
    bool must_ask_last_insert_id() const noexcept { return last_insert_id_unknown_; }
    /// True if the connection that the session keeps knows another one: to be asked before the next
    /// statement, unless that asks about the last one, which a question would be.
    bool owes_last_insert_id() const noexcept { return owes_last_insert_id_; }
    void tell_last_insert_id(std::uint64_t id) noexcept {
        last_insert_id_ = id;
        last_insert_id_unknown_ = false;
        owes_last_insert_id_ = false;
    }

    /// Before a command is sent: forgets what the last one left to the next.
    void begin_command();
    /// One OK packet of the response.  Returns the news for the client, valid until the next call.
    /// An EOF packet, in which the client is told of it, `carries_news` not: they come with the
    /// next OK, as a server's do.
    protocol::bytes_view on_ok(const protocol::ok_packet& ok, bool carries_news = true);
    /// What a statement that failed has changed: the client is told with the next OK.
    void on_owed_news(protocol::bytes_view session_state);
    /// The client is told with the next OK that this is its schema.
    void owe_schema(std::string_view schema);
    /// What the trackers told besides, to Tidegate only.
    void on_news(protocol::bytes_view session_state);
    /// Likewise, of the transaction.
    void on_status(std::uint16_t status) noexcept { status_ = status; }
    /// True if any statement begins a transaction, even one that fails: then no packet of its
    /// answer says so, and its locks stay (tried on 9.7 with NOWAIT and with a duplicate key).
    bool next_begins_transaction() const noexcept;
    /// True if `script`, which failed, may have changed what the server tells only with its next
    /// OK: ask for that before end_script(), or the next session will be told (tried on 9.7).
    static bool may_owe_news(const rules::script_facts& script);
    /// After the response to `script`, whose text is `text`: pins for what it did, and unpins for
    /// what it ended.  `failed` if it ended with an error.
    void end_script(const rules::script_facts& script, std::string_view text, bool failed);
    /// After a text of which the server ran nothing.
    void end_refused_script();
    /// After COM_INIT_DB and the like, where the trackers say all.
    void end_command(bool failed);
    /// News that the client is yet to be told, with an OK that no server has made.
    std::vector<std::uint8_t> take_owed_news() { return std::exchange(owed_news_, {}); }
    /// What ROW_COUNT() is; nothing if only the connection knows.
    std::optional<std::int64_t> row_count() const noexcept { return row_count_.value(); }
    /// Tidegate has answered a command itself.
    void note_own_ok() noexcept { row_count_.on_ok({}); }
    void note_own_error() noexcept;
    /// Tidegate has asked the connection something since the last answer.
    void note_question() noexcept { only_knows_warnings_ = true; }
    /// True if no connection knows how many warnings there were.
    bool only_knows_warnings() const noexcept { return only_knows_warnings_; }
    /// How many warnings the last statement left, an error being one.
    void tell_warnings(std::uint16_t count) noexcept { warnings_left_ = count; }
    std::uint16_t warnings() const noexcept { return warnings_left_; }
    /// Likewise of COM_STMT_PREPARE, after end_command().
    void note_warnings_of_preparation(std::uint16_t count);

    /// Variables whose new value the trackers did not tell: ask the server, then tell_values().
    const std::vector<pool::variable_id>& to_ask() const noexcept { return to_ask_; }
    void tell_value(pool::variable_id id, pool::variable_value value);
    void told_all_values();
    /// The question whether the session still has one of its named locks, after a statement that
    /// took or released one; empty if it need not be asked.
    std::string locks_question() const;
    void tell_locks(bool held);
    /// True if the client has set session_track_*: the backend's must be set again.
    bool must_restore_tracking() const noexcept { return tracking_touched_; }
    void tracking_restored() { tracking_touched_ = false; }

    /// The server has the default schema no more.
    void forget_schema();

    /// The connection is gone, and with it the transaction and what it was pinned for.
    void lose_connection();

    /// Takes over defaults, for a session that began when they were not known.
    void learn_defaults(pool::shared_baseline defaults);

    /// COM_RESET_CONNECTION: everything but the schema is as after a login with the server's
    /// default character set (tried on 9.7), and with the defaults that a new session has now.
    void reset(pool::shared_baseline defaults);

private:
    static std::size_t index(pin_reason why) { return static_cast<std::size_t>(why); }
    void on_change(const protocol::session_change& change);
    void pin_for_null();
    void owe(protocol::bytes_view session_state);
    void apply_all(const rules::script_facts& script, bool failed);
    /// True if it explains a change of state that the server has reported.
    bool apply(const rules::statement_facts& statement, bool failed, bool undone, bool alone);
    void apply_assignments(const rules::statement_facts& statement, bool surely);
    void apply_untracked(const rules::assignment& set, bool surely);
    void apply_results_collation(const rules::assignment& set);
    void apply_user_variable(const rules::assignment& set);
    void apply_temporary_tables(const rules::statement_facts& statement, bool failed, bool alone);
    void apply_named_locks(const rules::script_facts& script, std::string_view text, bool failed);
    void apply_prepared_text(const rules::script_facts& script, std::string_view text, bool failed);
    void hold(pin_reason why, std::string name);
    void let_go(pin_reason why, const std::string& name);
    void release_locks(const std::string& subject);
    std::string qualified(const rules::table_name& table) const;
    void ask(std::string_view name);
    void set_vector(pool::session_vector changed);
    void update_lexing();
    std::uint16_t status_by_default() const;

    pool::vector_interner* vectors_;
    pool::shared_vector vector_;
    pool::shared_vector vector_before_;  // this command: what its literals mean
    rules::lex_options default_lexing_;
    rules::lex_options lexing_;
    rules::lex_options lexing_before_;
    tracker_wishes wishes_;
    last_row_count row_count_;
    protocol::gtid_set must_see_;
    std::bitset<pin_reason_count> pins_;
    pin_holders holders_;
    std::uint16_t status_;
    std::uint64_t last_insert_id_ = 0;
    bool last_insert_id_unknown_ = false;
    bool owes_last_insert_id_ = false;
    bool characteristics_pending_ = false;  // SET TRANSACTION for the next one
    reported_changes changes_;              // in this command
    bool only_knows_warnings_ = false;
    std::uint16_t warnings_left_ = 0;  // by the last OK
    bool tracking_touched_ = false;
    bool has_read_primary_ = false;
    bool locks_changed_ = false;  // by this command, as far as known by name
    bool in_system_time_zone_ = true;
    bool asks_counts_ = false;  // has used FOUND_ROWS() or ROW_COUNT() before
    std::vector<pool::variable_id> to_ask_;
    std::vector<std::uint8_t> news_;
    std::vector<std::uint8_t> owed_news_;
};

}  // namespace proxy
