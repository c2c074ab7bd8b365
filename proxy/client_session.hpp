#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include "pool/task.hpp"

#include "pool/server_pool.hpp"
#include "protocol/capabilities.hpp"
#include "protocol/prepare_ok.hpp"
#include "protocol/server_login.hpp"
#include "proxy/client_channel.hpp"
#include "proxy/disconnect_reason.hpp"
#include "proxy/learned_answers.hpp"
#include "proxy/pin_ledger.hpp"
#include "proxy/response_relay.hpp"
#include "proxy/session_state.hpp"
#include "proxy/session_statement.hpp"
#include "proxy/user_directory.hpp"
#include "router/decide.hpp"

namespace proxy {

class worker;

/// Serves one client from its login to its end, on its worker's thread.
///
/// A coroutine that reads a command, decides where it runs (router::decide), borrows a connection,
/// relays the answer, and gives the connection back as soon as the session can do without it.
///
///   client_session.cpp      login, the loop, commands that need no server
///   session_queries.cpp     text statements: routing, waiting for an edge
///   session_retry.cpp       reads that have lost their connection
///   session_prepared.cpp    prepared statements
///   session_backend.cpp     one attempt on one server connection
///   session_schema.cpp      statements that run under another default schema
///   session_ride.cpp        short reads that share a connection with those of other sessions
///   session_local_file.cpp  LOAD DATA LOCAL: files that clients send
///   session_binlog.cpp      replicas, and others that read the primary's binlog
///   session_answers.cpp     statements that need no server
///   session_kill.cpp        KILL, of other sessions and of this one
///   session_memory.cpp      when memory is short
///   session_stored_code.cpp what statements run that is stored in the server
class client_session final : public pool::reclaimable, public response_observer {
public:
    using clock = std::chrono::steady_clock;
    /// A client that takes nothing for so long is given up, and the connection with its answer:
    /// others wait for that.  As MySQL's net_write_timeout.
    static constexpr std::chrono::seconds client_write_max{60};
    /// A client that is idle for so long gives up the memory for reading the next command.
    static constexpr std::chrono::milliseconds asleep_after{500};
    /// A client that has sent a part of a command and sends no more for so long is given up, and
    /// the memory with it.  As MySQL's net_read_timeout.
    static constexpr std::chrono::seconds client_read_max{30};
    /// What every client is counted with, and one with TLS besides.
    static constexpr std::size_t client_bytes = std::size_t{6} * 1024;
    static constexpr std::size_t client_tls_bytes = std::size_t{32} * 1024;
    /// A command that lasts so long is looked after: if its client has left, it ends on the server.
    static constexpr std::chrono::seconds left_check_after{1};
    /// A KILL on the server of a connection that has run a read for so long is meant for the read.
    static constexpr std::chrono::milliseconds killed_after{1000};
    /// ER_SERVER_SHUTDOWN, which drivers and Rails take for a lost connection.  The numbers that
    /// say so, 2003 and 2013, are clients' own: MariaDB's library calls a packet with one of them
    /// malformed.
    static constexpr std::uint16_t server_gone = 1053;

    client_session(worker& owner, boost::asio::ip::tcp::socket socket, std::uint32_t id);
    ~client_session() override;
    client_session(const client_session&) = delete;
    client_session& operator=(const client_session&) = delete;

    pool::task<void> run();

    /// Ends the session from outside, between two commands if it is in one: `why` is what is
    /// logged.
    void end(disconnect_reason why);
    /// As end(), but in the middle of a command too.
    void end_now(disconnect_reason why);
    /// KILL: ends the statement that runs now, on the server too, or the whole session.
    void interrupt(bool statement_only);
    /// Who it belongs to; empty until somebody has logged in.
    std::string_view user() const noexcept;
    bool is_interactive() const noexcept {
        return (client_.capabilities() & protocol::capability::interactive) != 0;
    }

    const pin_ledger& pins() const noexcept { return ledger_; }
    std::uint32_t id() const noexcept { return id_; }

    /// Ends the session if it has waited too long, or if it is idle and Tidegate is shutting down.
    void check_time(clock::time_point now);

private:
    /// What one try to run a command on one connection came to.
    enum class attempt {
        finished,      // the client has the whole answer
        lost_unbegun,  // the connection ended before the client got any of the answer
        lost_midway,   // or after
        edge_refused,  // refusal_ says why; a read that the primary may still answer
        unprepared,    // the server has lost the statement, or had no room for it: once more
        refused,       // refusal_ says why; the client has not been told
        client_is_gone
    };

    /// A command that goes to a server.
    struct request {
        const client_command* command = nullptr;
        protocol::bytes_view frames{};           // to be sent as they are
        session_statement* statement = nullptr;  // for COM_STMT_EXECUTE and its like
        const pool::shared_prepared_text* prepared_text = nullptr;  // for COM_STMT_PREPARE
        std::uint32_t statement_id = 0;                             // likewise: towards the client
        const rules::script_facts* facts = nullptr;   // null: the command is no statement
        std::string_view text{};                      // of which they are
        rules::statement_history* history = nullptr;  // likewise; null if nobody keeps one
        std::optional<std::uint16_t> warnings{};      // told instead of the server's
        bool opens_cursor = false;
        bool repeatable = false;  // a read that may be tried again if the connection is lost
        bool has_attributes = false;
        answer_recorder* recorder = nullptr;  // takes down the answer
        bool changes_stored_code = false;     // or may do so
    };

    using maybe_reason = std::optional<disconnect_reason>;

    // client_session.cpp
    pool::task<disconnect_reason> serve();
    pool::task<maybe_reason> log_in();
    std::unique_ptr<protocol::server_login> make_login(const protocol::past_login* before);
    pool::task<maybe_reason> converse(protocol::server_login::step step, std::uint8_t sequence);
    pool::task<maybe_reason> begin_session();
    bool speaks_otherwise(const pool::backend_connection& connection) const noexcept;
    pool::shared_baseline as_client_asks(const pool::shared_baseline& defaults);
    pool::task<bool> login_is_refused();
    pool::task<maybe_reason> dispatch(client_command& command);
    pool::task<maybe_reason> change_user(client_command& command);
    pool::task<maybe_reason> set_option(const client_command& command);
    pool::task<maybe_reason> reset_connection(const client_command& command);
    pool::task<maybe_reason> pass_on(const client_command& command);
    pool::task<maybe_reason> show_route(const client_command& command);
    pool::task<maybe_reason> tell_ok(const client_command& command, std::uint16_t warnings);
    pool::task<bool> ask_about_last();
    pool::task<maybe_reason> tell_error(const client_command& command, std::uint16_t code,
                                        std::string sqlstate, std::string message);
    void log_end(disconnect_reason why);

    // session_queries.cpp
    pool::task<maybe_reason> query(client_command& command);
    bool name_known(const rules::script_facts& facts, protocol::bytes_view before,
                    std::string_view text, std::vector<std::uint8_t>& frames) const;
    pool::task<maybe_reason> run_statement(request what, std::string_view text);
    pool::task<router::decision> route_to_edge(router::decision decided, const request& what);
    pool::task<router::decision> route(const request& what);
    router::decision decide(const request& what, bool may_wait) const;
    bool must_learn_position() const;
    pool::task<maybe_reason> run_on_primary(const request& what);
    pool::task<maybe_reason> conclude(const request& what, attempt outcome, bool held);
    void note_edge_failure(std::size_t edge, attempt outcome);
    void note_coverage_bug(std::size_t edge, std::uint16_t code);
    void count_decision(const router::decision& decided);

    // session_retry.cpp
    void note_loss(pool::backend_connection& connection, clock::time_point sent_at);
    pool::task<bool> was_killed(pool::server_pool& servers);
    pool::task<attempt> read_again(const request& what);

    // session_local_file.cpp
    bool may_ask_file(const request& what) const;
    pool::task<attempt> pass_file(pool::backend_connection& connection, response_relay& relay);
    void check_file();

    // session_binlog.cpp
    struct acknowledgements;
    static bool is_dump(const request& what);
    pool::task<maybe_reason> replicate(const client_command& command);
    pool::task<attempt> pass_dump(response_relay& relay, pool::backend_connection& connection,
                                  const request& what);
    pool::task<void> pass_acknowledgements(pool::backend_connection& connection,
                                           acknowledgements& beside);
    // session_answers.cpp
    bool is_about_session(const rules::script_facts& facts, std::string_view text) const;
    learned_answers::question question_of(std::string_view text) const;
    std::optional<std::uint64_t> own_number(const rules::script_facts& facts) const;
    pool::task<std::optional<maybe_reason>> answer_again(const client_command& command,
                                                         const rules::script_facts& facts,
                                                         std::string_view text);
    void learn_from(const answer_recorder& recorded, learned_answers::question asked,
                    const rules::script_facts& facts);

    // session_kill.cpp
    static bool kills(const rules::script_facts& facts);
    pool::task<maybe_reason> kill_statement(client_command& command, std::string_view text,
                                            const rules::script_facts& facts);
    pool::task<maybe_reason> process_kill(const client_command& command);
    pool::task<maybe_reason> kill(const client_command& command, std::uint32_t id, bool query_only);
    pool::task<bool> may_kill_others();
    pool::task<std::optional<std::uint64_t>> evaluate_id(std::string_view expression);
    pool::task<std::optional<pool::small_answer>> ask_primary(std::string_view sql);
    bool client_has_left();
    attempt refuse_interrupted();

    // session_prepared.cpp
    pool::task<maybe_reason> prepare(client_command& command);
    pool::task<maybe_reason> execute(client_command& command);
    pool::task<maybe_reason> send_long_data(client_command& command);
    pool::task<maybe_reason> fetch(client_command& command);
    pool::task<maybe_reason> reset_statement(client_command& command);
    void close_statement(const client_command& command);
    std::uint32_t next_statement_id();
    session_statement* find_statement(const client_command& command);
    pool::task<maybe_reason> tell_unknown_statement(const client_command& command,
                                                    std::string_view where);
    void settle_prepared_pin();
    pool::task<attempt> ready_statement(pool::backend_connection& connection,
                                        const session_statement& statement);
    pool::prepared_statement* bind_execution(pool::backend_connection& connection,
                                             const request& what, std::vector<std::uint8_t>& made,
                                             protocol::bytes_view& frames);

    // session_memory.cpp
    pool::task<maybe_reason> tell_dropped(const client_command& command);
    pool::task<maybe_reason> tell_no_memory(const client_command& command);
    pool::task<maybe_reason> tell_long_data_lost(const client_command& command,
                                                 session_statement& statement);
    std::optional<pool::memory_share> room_for_statement(std::size_t text_bytes,
                                                         const rules::script_facts& facts);

    // session_stored_code.cpp
    bool changes_stored_code(const rules::script_facts& facts, std::string_view text) const;
    pool::task<void> learn_stored_code();
    void note_new_code(const request& what);
    void note_prepared_text(const request& what);
    bool reads_last_insert_id(const request& what) const;
    pool::task<void> settle_last_insert_id();
    void renew_facts(session_statement& statement);

    // session_backend.cpp
    class run_mark;
    pool::task<attempt> attempt_on(pool::server_pool& servers, bool is_edge, const request& what);
    pool::task<attempt> run_on(pool::backend_connection& connection, bool is_edge,
                               const request& what, bool again);
    pool::task<attempt> obtain(pool::server_pool& servers, pool::lease& connection);
    pool::task<attempt> bring_to_state(pool::backend_connection& connection, const request& what);
    bool sees_others_warnings(const request& what) const;
    bool may_send_ahead(const pool::backend_connection& connection, const request& what) const;
    pool::task<attempt> send_ahead(pool::backend_connection& connection, const request& what,
                                   protocol::bytes_view frames);
    attempt note_refused_move(const boost::system::error_code& why);
    std::string set_last_insert_id() const;
    response_relay::options relay_options(std::uint32_t backend_capabilities, bool is_edge,
                                          const request& what, bool again) const;
    pool::task<attempt> relay(pool::backend_connection& connection, bool is_edge,
                              const request& what, bool again);
    pool::task<attempt> take_answer(response_relay& relay, pool::backend_connection& connection,
                                    const request& what);
    attempt held_refusal(const response_relay& relay, pool::backend_connection* connection,
                         const request& what);
    static std::uint16_t error_to_hold(const request& what);
    void make_room_for_statement(pool::backend_connection& connection, const request& what);
    pool::task<attempt> finish(pool::lease connection, attempt outcome, const request& what);
    void note_prepared(pool::backend_connection& connection, const request& what);
    pool::task<bool> settle(pool::backend_connection& connection, const request& what);
    pool::task<bool> settle_failure(pool::backend_connection& connection, const request& what);
    void end_in_state(const request& what);
    bool must_ask_server(const request& what) const;
    static bool is_field_list(const request& what);
    pool::task<bool> ask_server(pool::backend_connection& connection, const request& what);
    void note_answer(const pool::small_answer& answer);
    pool::task<bool> ask_values(pool::backend_connection& connection);
    pool::task<bool> ask_last_insert_id(pool::backend_connection& connection);
    pool::task<bool> ask_locks(pool::backend_connection& connection, std::string_view question);
    void note_pins(std::string_view statement);
    void keep_or_give_back(pool::lease connection);
    bool holds_edge() const;
    void leave_edge();
    void settle_hold();
    pool::task<void> let_go();
    void withdraw_offer();
    attempt refuse(const boost::system::error_code& why, const pool::server_pool& servers);

    // session_schema.cpp
    std::string_view other_schema(const request& what) const;
    pool::shared_vector state_for(const request& what,
                                  const pool::backend_connection& connection) const;
    pool::shared_vector in_schema(std::string_view schema) const;
    void begin_elsewhere(const request& what, const pool::backend_connection& connection);
    void tell_schema(bool is_last_ok);
    void tell_schema_of_failure();
    void tell_schema_of_refusal(const session_statement& statement);
    pool::shared_vector state_behind(const pool::backend_connection& connection) const;

    // session_ride.cpp
    class ride;
    bool may_ride(const request& what) const;
    pool::task<std::optional<attempt>> try_ride(pool::server_pool& servers, bool is_edge,
                                                const request& what, pool::lease& connection);
    pool::task<std::optional<attempt>> arrive(ride& rider, const request& what);

    // pool::reclaimable
    void reclaim() override;
    // response_observer
    protocol::bytes_view on_ok(const protocol::ok_packet& ok) override;
    void on_err(const protocol::err_packet& err) override;

    worker* worker_;
    pool::memory_share tls_memory_;
    client_channel client_;
    std::uint32_t id_;
    std::string peer_;
    enum class phase { logging_in, idle, busy } phase_ = phase::logging_in;
    clock::time_point since_;  // in this phase
    maybe_reason end_wanted_;

    std::unique_ptr<protocol::server_login> login_;  // while logging in
    protocol::past_login past_login_;                // for COM_CHANGE_USER
    const user_directory::entry* user_ = nullptr;
    const pool::backend_account* account_ = nullptr;
    std::optional<session_state> state_;
    pin_ledger ledger_;
    bool multi_statements_ = false;
    pool::lease held_;      // while the session cannot do without it
    bool offered_ = false;  // held_ may be reclaimed
    pool::server_refusal refusal_;
    pool::backend_connection* running_ = nullptr;  // what the command runs on now
    const pool::server_endpoint* running_on_ = nullptr;
    bool sends_file_ = false;     // the client does, to the server
    bool dumps_ = false;          // the server sends its binlog, without end
    bool interrupted_ = false;    // by KILL QUERY, during this command
    bool just_borrowed_ = false;  // the connection that the statement runs on
    enum class elsewhere : std::uint8_t { no, there, prepared, calling };
    elsewhere elsewhere_ = elsewhere::no;           // the command runs in another default schema
    bool told_elsewhere_ = false;                   // the client has been told which one
    bool schema_is_gone_ = false;                   // the server lacks the session's schema
    /// When the read began whose connection the server has closed; see was_killed().
    std::optional<clock::time_point> closed_since_{};
    bool response_failed_ = false;                  // the last response ended with an ERR
    std::uint16_t error_ = 0;                       // its number
    std::optional<protocol::prepare_ok> prepared_;  // what the last response prepared

    std::unordered_map<std::uint32_t, session_statement> statements_;
    std::uint32_t next_statement_id_ = 1;

    struct {
        router::decision decided;
        bool on_edge = false;
        bool learned = false;  // no server was asked
        std::chrono::microseconds waited{};
        rules::statement_class cls = rules::statement_class::empty;
    } last_route_;
};

}  // namespace proxy
