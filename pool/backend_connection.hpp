#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include "pool/task.hpp"

#include "pool/error.hpp"
#include "pool/net_stream.hpp"
#include "pool/prepared_cache.hpp"
#include "pool/receive_buffer.hpp"
#include "pool/session_vector.hpp"
#include "protocol/command.hpp"
#include "protocol/compression.hpp"
#include "protocol/packet.hpp"
#include "protocol/prepare_ok.hpp"
#include "protocol/secret.hpp"

namespace pool {

/// TLS towards a server, as MySQL's ssl-mode has it.
enum class server_tls : std::uint8_t {
    disabled,
    preferred,        ///< If the server offers it; whoever sits in between can prevent it.
    required,         ///< Always, with whoever answers.
    verify_ca,        ///< With a certificate that one of the context's authorities vouches for.
    verify_identity,  ///< That is, besides, for the server's host.
};

/// Where a server is, and how it is spoken to.
struct server_endpoint {
    std::string name;  // for people
    std::string host;
    std::uint16_t port = 0;
    server_tls tls = server_tls::disabled;
    std::shared_ptr<boost::asio::ssl::context> tls_context{};  // null with disabled only
    protocol::compression compressed{};  // plain, if the server does not offer it
    bool proxy_header = false;           // begin with one; see protocol/proxy_header.hpp
    /// Its sessions keep defaults of its own that concern resources: it is sized for itself.
    bool is_copy = false;
};

/// Who a connection logs in as.  Connections are shared only within one account.
struct backend_account {
    std::string user;
    protocol::secret password;
    std::uint32_t capabilities = 0;   // those that cannot be emulated, such as found_rows
    std::size_t connections_max = 0;  // of the user in one pool, all capabilities; 0: the pool's
    /// While the password is being changed: tried if the server refuses the first.
    std::optional<protocol::secret> other_password{};
    /// Which of the two was right last, and is tried first: wrong ones can lock an account.
    mutable bool other_is_right = false;
};

/// The server's refusal, as a client may be told it.
struct server_refusal {
    std::uint16_t code = 0;
    std::string sqlstate{};
    std::string message{};
};

/// A small answer, read whole: rows of a text result, or an error.
struct small_answer {
    std::optional<server_refusal> refusal{};
    std::optional<protocol::prepare_ok> prepared{};
    std::vector<std::vector<std::optional<std::string>>> rows{};
    std::vector<std::uint8_t> session_state{};  // the trackers' news, of the last OK
    std::optional<std::uint16_t> status{};      // server_status bits, likewise
    std::uint16_t warnings = 0;                 // likewise
};

struct travelling_connection;

/// What is on its way to bring a connection to another state.
struct state_move {
    shared_vector to{};
    bool schema = false;     // a COM_INIT_DB
    bool variables = false;  // a SET
};

/// One authenticated connection to a server, with the session trackers on.
///
/// It belongs to one worker's thread.  Between statements it has no transaction and no state but
/// what `state()` and `prepared` say, so that any session of the account may use it next.
class backend_connection {
public:
    using clock = std::chrono::steady_clock;
    static constexpr std::size_t small_answer_bytes_max = 1 << 20;

    /// Not connected yet: establish() does that.  `account` must outlive the connection.  `blank`
    /// is what a new session on the server is thought to be; if its defaults are null, state() says
    /// nothing about defaults.
    backend_connection(boost::asio::any_io_executor executor, const backend_account& account,
                       block_pool& blocks, shared_vector blank, std::size_t prepared_max);
    ~backend_connection();  // says COM_QUIT, so that the server does not count an aborted client
    backend_connection(const backend_connection&) = delete;
    backend_connection& operator=(const backend_connection&) = delete;

    /// Connects, logs in, turns the trackers on and reads the variables' initial values.  To be
    /// called once; after an error the connection is good for nothing.
    /// Errors: timed_out, connect_failed, login_denied and tls_failed (`refusal` says why),
    /// bad_answer, lost.
    task<result<void>> establish(const server_endpoint& server, clock::time_point give_up,
                                 server_refusal& refusal);

    /// Makes a connection and establishes it; errors as there.
    static task<result<std::unique_ptr<backend_connection>>> open(
        boost::asio::any_io_executor executor, const server_endpoint& server,
        const backend_account& account, block_pool& blocks, shared_vector blank,
        std::size_t prepared_max, clock::time_point give_up, server_refusal& refusal);

    /// The connection, idle, as it goes to another thread; nothing if it cannot.  What is left of
    /// this object is good for nothing then.
    std::unique_ptr<travelling_connection> depart();
    /// The connection as it has come, on this thread: `account` is the same here.  Null, and `from`
    /// untouched, if the system has no room for it.
    static std::unique_ptr<backend_connection> arrive(boost::asio::any_io_executor executor,
                                                      const backend_account& account,
                                                      block_pool& blocks, shared_vector blank,
                                                      std::size_t prepared_max,
                                                      vector_interner& vectors,
                                                      travelling_connection& from);

    /// Ends whatever is going on: it finds the connection lost.
    void abort() noexcept;
    bool is_aborted() const noexcept { return aborted_; }

    boost::asio::ip::tcp::socket& socket() noexcept { return stream_.socket(); }
    bool is_tls() const noexcept { return stream_.is_tls(); }
    /// On a compressed connection no command may be sent before the last one has its answer: the
    /// packets of both are counted from 0.
    bool is_compressed() const noexcept { return stream_.is_compressed(); }
    receive_buffer& input() noexcept { return input_; }
    const backend_account& account() const noexcept { return *account_; }
    std::uint32_t capabilities() const noexcept { return capabilities_; }
    /// Those that the server offers, whether they are used or not.
    std::uint32_t offered_capabilities() const noexcept { return offered_capabilities_; }
    const std::string& server_version() const noexcept { return server_version_; }
    bool is_mariadb() const noexcept { return is_mariadb_; }
    /// Whether the server has the variable.
    bool knows(variable_id id) const noexcept;
    /// What turns its session trackers on.
    std::string tracking() const;
    std::uint32_t connection_id() const noexcept { return connection_id_; }

    /// What the server gave this connection to begin with.
    const shared_baseline& own_defaults() const noexcept { return own_defaults_; }

    /// What the server's session is set to.
    const shared_vector& state() const noexcept { return state_; }
    /// Takes note of a state that the session's own statement has brought about.
    void note_state(shared_vector now) { state_ = std::move(now); }

    /// True if synchronise() can reach `wanted`: a default schema cannot be given up again.
    bool can_become(const session_vector& wanted) const noexcept {
        return !wanted.schema().empty() || state_->schema().empty();
    }

    /// Brings the server's session to `wanted`: nothing, or one COM_INIT_DB, or one SET, or both;
    /// another SET if `wanted` has other defaults, of which the account may not set all.
    /// Errors: state_refused (`refusal` says why; state() is still true), lost.
    task<result<void>> synchronise(shared_vector wanted, server_refusal& refusal);

    /// Whether queue_move() can bring the session to `wanted`: not if it has other defaults, of
    /// which the account may not set all, nor by two commands in one compressed packet.
    bool can_queue_move(const session_vector& wanted) const noexcept {
        return !is_compressed() && wanted.defaults() == state_->defaults();
    }
    /// Likewise in two parts: puts the commands in queued(), so that they go out in one write with
    /// the command that is sent next.  The server runs that one even if it refuses these.
    state_move queue_move(shared_vector wanted);
    /// Takes the answers to them, before that of the command behind.  Errors as synchronise().
    task<result<void>> end_move(state_move move, server_refusal& refusal);

    /// COM_RESET_CONNECTION: whatever a session has left, known or not, is gone.  The trackers are
    /// on again, and state() is what a fresh connection's is, but for the schema and the character
    /// sets, which the server chooses by its own rule (tried on 9.7).
    /// Errors: timed_out, lost, bad_answer; then the connection is good for nothing.
    task<result<void>> reset(vector_interner& vectors, clock::time_point give_up);

    /// Writes what is queued() and then `bytes`, one command, in one call.  Errors: lost.
    task<result<void>> send(protocol::bytes_view bytes);

    /// Writes what belongs to the command that was sent last.  Errors: lost.
    task<result<void>> send_more(protocol::bytes_view bytes);

    /// Reads at least one byte into input().  Errors: lost.
    task<result<void>> receive();

    /// Runs a command of Tidegate's own and reads the whole answer.
    /// Errors: lost, bad_answer (also for an answer beyond small_answer_bytes_max).
    task<result<small_answer>> ask(protocol::command command, std::string_view argument);
    /// The second half of it, for a command that has been sent.
    task<result<small_answer>> take_small_answer(protocol::command command);

    /// Prepares `key`, if this connection has not, in the state that its text was prepared in; the
    /// connection is left in that state.  The statement is then found in `prepared`.
    /// Errors: state_refused and statement_refused (`refusal` says why), lost, bad_answer.
    task<result<void>> make_ready(const shared_prepared_text& key, vector_interner& vectors,
                                  server_refusal& refusal);

    /// Frames that go out in front of the next command: whole commands of one packet each, that
    /// have no answer, such as COM_STMT_CLOSE, or whose answers whoever queued them takes.
    std::vector<std::uint8_t>& queued() noexcept { return queued_; }
    void queue_close_statements(const std::vector<std::uint32_t>& ids);
    /// Puts a command of Tidegate's own there.
    void queue(protocol::command command, std::string_view argument) {
        append_own(queued_, command, argument);
    }

    /// True if the server has closed the connection, or has said something unasked.
    bool is_dead() noexcept;

    prepared_cache prepared;
    clock::time_point idle_since{};
    /// Equal for connections of an account that began in one state; 0: not known.
    std::uint64_t generation = 0;
    bool retired = false;  // not to be lent again: a KILL may be on its way to it
    clock::time_point retire_at = clock::time_point::max();  // not to be lent again from then on

private:
    task<result<void>> connect(const server_endpoint& server, clock::time_point give_up);
    task<result<void>> connect_to(std::span<const boost::asio::ip::tcp::endpoint> addresses,
                                  clock::time_point give_up);
    void begin_again();
    task<result<void>> introduce();
    task<result<void>> log_in(const server_endpoint& server, server_refusal& refusal);
    task<result<void>> read_login_packet(protocol::packet_assembler& packets);
    task<result<void>> start_tls(const server_endpoint& server, server_refusal& refusal);
    void append_own(std::vector<std::uint8_t>& out, protocol::command command,
                    std::string_view argument) const;
    task<result<void>> send_rest(protocol::bytes_view bytes);
    task<result<void>> send_after_queued(protocol::bytes_view bytes);
    task<result<void>> write_through_layers(protocol::bytes_view bytes);
    task<result<void>> start_tracking(server_refusal& refusal);
    task<result<variable_baseline>> read_variables();
    void note_defaults(variable_baseline values);
    shared_baseline defaults_of_state() const;
    carried_defaults usually_carried() const noexcept {
        return is_copy_ ? carried_defaults::answers : carried_defaults::all;
    }
    state_move queue_move(shared_vector wanted, carried_defaults carried);
    task<result<void>> move_to(shared_vector wanted, carried_defaults carried,
                               server_refusal& refusal);
    task<result<void>> forget_session(vector_interner& vectors);
    task<result<small_answer>> prepare(const std::string& text);

    net_stream stream_;
    block_pool* blocks_;
    receive_buffer input_;
    const backend_account* account_;
    shared_vector blank_;
    shared_vector state_;
    shared_baseline own_defaults_ = std::make_shared<const variable_baseline>();
    bool is_copy_ = false;
    std::uint32_t capabilities_ = 0;
    std::uint32_t offered_capabilities_ = 0;
    std::uint32_t connection_id_ = 0;
    std::string server_version_;
    bool is_mariadb_ = false;
    std::vector<std::uint8_t> queued_;
    bool logged_in_ = false;
    bool aborted_ = false;
};

}  // namespace pool
