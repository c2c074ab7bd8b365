#include "proxy/client_session.hpp"

#include <spdlog/spdlog.h>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "protocol/capabilities.hpp"
#include "protocol/packet.hpp"
#include "protocol/server_status.hpp"
#include "protocol/session_track.hpp"
#include "proxy/log.hpp"
#include "proxy/worker.hpp"

namespace proxy {
namespace asio = boost::asio;

namespace {

// What clients are offered.
constexpr std::uint32_t offered_capabilities = [] {
    namespace c = protocol::capability;
    return c::long_password | c::found_rows | c::long_flag | c::connect_with_db | c::local_files |
           c::ignore_space | c::protocol_41 | c::interactive | c::transactions |
           c::secure_connection | c::multi_statements | c::multi_results | c::ps_multi_results |
           c::plugin_auth | c::connect_attrs | c::plugin_auth_lenenc_data | c::session_track |
           c::deprecate_eof | c::compress | c::zstd_compression | c::query_attributes |
           c::optional_resultset_metadata;
}();

// Those that change the form of commands and answers, which pass through Tidegate as they are: the
// servers must have them, too.
constexpr std::uint32_t needed_of_servers =
    protocol::capability::query_attributes | protocol::capability::optional_resultset_metadata;

/// Those of a session's capabilities that its backend connections must share, because they change
/// what the server answers.
std::uint32_t backend_capabilities(std::uint32_t of_session, const user_config& user) {
    namespace c = protocol::capability;
    std::uint32_t shared =
        c::found_rows | c::multi_results | c::ps_multi_results | needed_of_servers;
    if (user.local_infile) shared |= c::local_files;
    return of_session & shared;
}

// Of a login's packets; a client is counted with more.
constexpr std::size_t login_bytes_free = 2048;

const std::vector<std::string_view> route_columns{
    "server", "role", "reason", "waited_ms", "watermark_lag_ms", "statement_class"};

std::string address_of(const asio::ip::tcp::socket& socket) {
    boost::system::error_code failed;
    const auto peer = socket.remote_endpoint(failed);
    return failed ? std::string("?") : peer.address().to_string();
}

constexpr std::uint16_t client_interaction_timeout = 4031;  // ER_CLIENT_INTERACTION_TIMEOUT

/// Whether whoever connects from there must say whose connection it passes on.
bool must_introduce(const config& settings, const asio::ip::tcp::socket& socket) {
    boost::system::error_code failed;
    const auto peer = socket.remote_endpoint(failed);
    return !failed && std::ranges::any_of(settings.proxy_protocol_from, [&](const network& one) {
        return one.contains(peer.address());
    });
}

}  // namespace

client_session::client_session(worker& owner, asio::ip::tcp::socket socket, std::uint32_t id)
    : worker_(&owner),
      tls_memory_(&owner.memory(), pool::memory_use::tls),
      client_(std::move(socket), owner.client_blocks(), owner.count(), &owner.memory()),
      id_(id),
      peer_(address_of(client_.stream().socket())),
      since_(clock::now()) {}

client_session::~client_session() {
    withdraw_offer();
    // During a command the connection is not here, so what is here has read its answer to the end.
    if (!held_ || !state_) return;
    if (!state_->in_transaction() && !state_->is_pinned_for_more_than_questions()) {
        held_.give_back();
    } else if (state_->can_be_reset()) {
        held_.reset(worker_->vectors());
    }
}

void client_session::end(disconnect_reason why) {
    if (end_wanted_) return;
    end_wanted_ = why;
    if (phase_ != phase::busy) client_.stream().close();
}

void client_session::end_now(disconnect_reason why) {
    end(why);
    client_.stream().close();
}

void client_session::check_time(clock::time_point now) {
    const limits_config& limits = worker_->settings().limits;
    if (phase_ == phase::logging_in && now - since_ > limits.login_timeout)
        end(disconnect_reason::login_timeout);
    if (client_.writing_since() && now - *client_.writing_since() > client_write_max)
        end_now(disconnect_reason::client_stalled);
    if (phase_ == phase::busy && now - since_ > left_check_after && client_has_left()) {
        interrupt(false);
        end_wanted_ = disconnect_reason::client_lost;
    }
    if (sends_file_) check_file();
    if (dumps_ && worker_->shutting_down()) end_now(disconnect_reason::shutdown);
    if (phase_ != phase::idle) return;
    if (client_.stuck_since() && now - *client_.stuck_since() > client_read_max)
        end(disconnect_reason::client_stalled);
    const auto idle_for = now - since_;
    const bool too_long = idle_for > limits.client_idle_timeout ||
                          idle_for > idle_max(worker_->primary_facts(), *state_->vector());
    if (too_long) {
        client_.say_goodbye({client_interaction_timeout, "HY000",
                             "The client was disconnected by the server because of inactivity. See "
                             "wait_timeout and interactive_timeout for configuring this "
                             "behavior."});
        end(disconnect_reason::client_idle);
    }
    if (worker_->shutting_down() && !(state_ && state_->in_transaction()))
        end(disconnect_reason::shutdown);
    if (!end_wanted_ && now - since_ > asleep_after) client_.begin_sleep();
}

pool::task<void> client_session::run() {
    disconnect_reason why = co_await serve();
    if (end_wanted_) why = *end_wanted_;
    worker_->count().disconnects[why].add();
    log_end(why);
    client_.stream().close();
}

void client_session::log_end(disconnect_reason why) {
    const bool ordinary = why == disconnect_reason::client_quit ||
                          why == disconnect_reason::client_lost ||
                          why == disconnect_reason::shutdown;
    log_event line("client_ended");
    line("reason", to_string(why))("client", peer_)("connection", id_);
    if (user_ != nullptr) line("user", user_->settings.name);
    worker_->log().log(ordinary ? spdlog::level::debug : spdlog::level::warn, line.text());
}

pool::task<disconnect_reason> client_session::serve() {
    if (const maybe_reason failed = co_await log_in()) co_return *failed;
    const limits_config& limits = worker_->settings().limits;
    client_command command;
    for (;;) {
        phase_ = phase::idle;
        since_ = clock::now();
        command = {};
        maybe_reason left =
            co_await client_.read_command(command, limits.packet_bytes_max, limits.queue_timeout);
        while (left && client_.falls_asleep()) {
            refusal_ = {};
            co_await client_.sleep_on();
            left = co_await client_.read_command(command, limits.packet_bytes_max,
                                                 limits.queue_timeout);
        }
        if (end_wanted_) co_return *end_wanted_;
        if (left == disconnect_reason::packet_too_large)
            co_await tell_error(command, 1153, "08S01",
                                "Got a packet bigger than 'max_allowed_packet' bytes "
                                "(limits.packet_bytes_max)");
        if (left && command.out_of_order)
            co_await tell_error(command, 1156, "08S01", "Got packets out of order");
        if (left) co_return *left;
        phase_ = phase::busy;
        since_ = clock::now();
        interrupted_ = false;
        const maybe_reason ended = co_await dispatch(command);
        if (ended) co_return *ended;
        if (end_wanted_) co_return *end_wanted_;
        if (worker_->shutting_down() && !state_->in_transaction())
            co_return disconnect_reason::shutdown;
    }
}

pool::task<client_session::maybe_reason> client_session::log_in() {
    if (must_introduce(worker_->settings(), client_.stream().socket())) {
        const maybe_reason failed = co_await client_.read_proxy_header(peer_);
        if (failed) co_return failed;
    }
    login_ = make_login(nullptr);
    const auto challenge = protocol::random_nonce();
    const auto second = protocol::random_nonce();
    if (!challenge || !second) co_return disconnect_reason::internal_error;
    protocol::server_login::step greeting = login_->greet(*challenge, *second);
    const maybe_reason failed = co_await converse(greeting, 1);
    if (failed) co_return failed;
    co_return co_await begin_session();
}

/// A login from the beginning, or one that goes on behind `before`.
std::unique_ptr<protocol::server_login> client_session::make_login(
    const protocol::past_login* before) {
    protocol::server_login_options options;
    options.server_version = worker_->primary_facts().version;
    options.connection_id = id_;
    options.capabilities =
        offered_capabilities & (worker_->primary_facts().capabilities | ~needed_of_servers);
    options.tls_available = worker_->tls() != nullptr;
    options.tls_required = worker_->settings().tls.mode == tls_mode::required;
    options.client_host = peer_;
    options.rsa_key = worker_->rsa_key();
    const auto find = [this](std::string_view name) {
        return worker_->login_account(std::string(name));
    };
    if (before == nullptr) return std::make_unique<protocol::server_login>(options, find);
    return std::make_unique<protocol::server_login>(options, find, *before);
}

/// Goes on with a login until it is decided.  `sequence` is the id of the client's next packet.
pool::task<client_session::maybe_reason> client_session::converse(protocol::server_login::step step,
                                                                  std::uint8_t sequence) {
    using action = protocol::server_login::action;
    protocol::packet_assembler packets(protocol::server_login::payload_bytes_max);
    packets.next(sequence);
    pool::memory_share memory(&worker_->memory(), pool::memory_use::logins);
    std::size_t read = 0;
    for (;;) {
        if (!step.output.empty()) {
            const bool told = co_await client_.send(step.output);
            if (!told) co_return disconnect_reason::client_lost;
        }
        if (step.next == action::authenticated) co_return std::nullopt;
        if (step.next == action::denied) {
            worker_->count().logins_failed.add();
            co_return step.why == protocol::errc::access_denied ||
                    step.why == protocol::errc::tls_required
                ? disconnect_reason::login_failed
                : disconnect_reason::malformed_packet;
        }
        if (step.next == action::start_tls) {
            if (!tls_memory_.resize(client_tls_bytes)) co_return disconnect_reason::no_memory;
            const auto broken =
                co_await client_.stream().accept_tls(*worker_->tls(), client_.input());
            if (broken) co_return disconnect_reason::tls_failed;
            step = login_->tls_established();
            packets.next();
            continue;
        }
        while (!packets.complete()) {
            if (client_.input().empty()) {
                const auto lost = co_await client_.stream().read(client_.input());
                if (lost) co_return disconnect_reason::client_lost;
            }
            const auto taken = packets.feed(client_.input().readable());
            if (!taken) co_return disconnect_reason::malformed_packet;
            client_.input().consume(*taken);
            read += *taken;
            // Twice: the packet, and what is made of it.
            if (read > login_bytes_free && !memory.resize(2 * read))
                co_return disconnect_reason::no_memory;
        }
        const std::uint8_t got = packets.sequence();
        step = login_->advance(packets.payload(), got);
        // The client answers the last packet that it is sent, if it is sent one.
        std::uint8_t sent = 0;
        for (std::size_t at = 0; at + protocol::header_size <= step.output.size(); ++sent) {
            const auto header = step.output.subspan(at).first<protocol::header_size>();
            at += protocol::header_size + protocol::decode_header(header).payload_size;
        }
        packets.next(static_cast<std::uint8_t>(got + sent + 1));
    }
}

/// Whether commands and answers cannot pass between this session and this server as they are: it
/// is not of the version that the primary had when the session began.
bool client_session::speaks_otherwise(const pool::backend_connection& connection) const noexcept {
    return (account_->capabilities & ~connection.capabilities() & needed_of_servers) != 0;
}

/// What is left after a user has proved who it is: a session in its first state, and an OK.
pool::task<client_session::maybe_reason> client_session::begin_session() {
    const protocol::login& who = login_->who();
    user_ = worker_->users().find(who.user);
    worker_->learn_password(who.user, login_->take_password());
    client_.set_capabilities(who.capabilities);
    multi_statements_ = (who.capabilities & protocol::capability::multi_statements) != 0;
    account_ =
        &worker_->account(user_->settings, backend_capabilities(who.capabilities, user_->settings));

    const std::string& schema = who.schema.empty() ? user_->settings.default_schema : who.schema;
    const server_facts& server = worker_->primary_facts();
    pool::session_vector initial =
        state_after_login(server, who.collation, schema, is_interactive());
    initial.use_defaults(as_client_asks(worker_->defaults()));
    state_.emplace(worker_->vectors(), std::move(initial), server.lexing);
    const bool must_ask = !schema.empty() || server.runs_init_connect;
    const bool refused = must_ask && co_await login_is_refused();
    if (refused) {
        const bool told = co_await client_.send(login_->refuse(
            protocol::err_packet{refusal_.code, refusal_.sqlstate, refusal_.message}));
        co_return told ? disconnect_reason::login_failed : disconnect_reason::client_lost;
    }
    std::vector<std::uint8_t> news;
    if (!schema.empty()) {
        protocol::writer out(news);
        protocol::encode({protocol::session_track_type::schema, {}, schema}, out);
    }
    protocol::ok_packet ok{.status = state_->status()};
    ok.session_state = news;
    const bool told = co_await client_.send(login_->accept(ok));
    if (!told) co_return disconnect_reason::client_lost;
    client_.start_compression(who.compressed);
    past_login_ = login_->past();
    login_.reset();
    co_return std::nullopt;
}

/// The server would change what the session begins with, if it had seen the client's flag.
pool::shared_baseline client_session::as_client_asks(const pool::shared_baseline& defaults) {
    const bool asks = (client_.capabilities() & protocol::capability::ignore_space) != 0;
    return worker_->vectors().intern_defaults(asks ? ignoring_space(defaults) : defaults);
}

/// As a server does, a login with a schema that is not there, or is forbidden, is refused at once.
/// If the primary cannot be asked, the login is not refused: an edge may have what the client
/// wants.  What init_connect does to the account's sessions is learned from its connection.
pool::task<bool> client_session::login_is_refused() {
    const auto give_up = clock::now() + worker_->settings().limits.queue_timeout;
    auto borrowed =
        co_await worker_->primary().borrow(*account_, state_->vector(), give_up, refusal_);
    if (borrowed.has_error()) {
        const auto why = borrowed.error();
        if (why == pool::errc::connect_failed || why == pool::errc::lost) co_return false;
        refuse(why, worker_->primary());
        co_return true;
    }
    if (worker_->primary_facts().runs_init_connect || !state_->vector()->defaults())
        state_->learn_defaults(as_client_asks((*borrowed)->own_defaults()));
    // Only the schema: in all else the connection stays as others have left it, and need it next.
    pool::session_vector there = *(*borrowed)->state();
    there.use_schema(state_->vector()->schema());
    const auto moved =
        co_await (*borrowed)->synchronise(worker_->vectors().intern(std::move(there)), refusal_);
    if (moved.has_error() && moved.error() != pool::errc::state_refused) co_return false;
    borrowed->give_back();
    co_return moved.has_error();
}

pool::task<client_session::maybe_reason> client_session::dispatch(client_command& command) {
    using protocol::command;
    if (command.dropped) return tell_dropped(command);
    if (!state_->vector()->defaults() && worker_->defaults() && !held_)
        state_->learn_defaults(as_client_asks(worker_->defaults()));
    switch (command.what) {
        case command::quit:
            return maybe_reason(disconnect_reason::client_quit);
        case command::query:
            return query(command);
        case command::stmt_prepare:
            return prepare(command);
        case command::stmt_execute:
            return execute(command);
        case command::stmt_send_long_data:
            return send_long_data(command);
        case command::stmt_fetch:
            return fetch(command);
        case command::stmt_reset:
            return reset_statement(command);
        case command::stmt_close:
            close_statement(command);
            return maybe_reason();
        case command::ping:
            // The server's OK has the warnings of the last statement, which are why it is held.
            return held_ && !state_->only_knows_warnings() ? pass_on(command)
                                                           : tell_ok(command, state_->warnings());
        case command::process_kill:
            return process_kill(command);
        case command::init_db:
        case command::field_list:
        case command::statistics:
            return pass_on(command);
        case command::register_replica:
        case command::binlog_dump:
        case command::binlog_dump_gtid:
            return replicate(command);
        case command::set_option:
            return set_option(command);
        case command::reset_connection:
            return reset_connection(command);
        case command::change_user:
            return change_user(command);
        default:
            return tell_error(command, 1047, "08S01", "Unknown command");
    }
}

pool::task<client_session::maybe_reason> client_session::pass_on(const client_command& command) {
    request what;
    what.command = &command;
    what.frames = command.frames;
    what.repeatable = command.what != protocol::command::init_db;
    // What is no statement leaves the number of the last one's warnings.  The server tells that of
    // the last statement on the connection.
    const std::uint16_t warnings = state_->warnings();
    const bool only_here = state_->only_knows_warnings();
    if (command.what == protocol::command::init_db && (!held_ || only_here))
        what.warnings = warnings;
    state_->begin_command();
    if (command.what != protocol::command::field_list) {
        state_->tell_warnings(warnings);
        if (only_here) state_->note_question();
    }
    co_return co_await run_on_primary(what);
}

pool::task<client_session::maybe_reason> client_session::set_option(const client_command& command) {
    protocol::cursor in(command.argument());
    const std::uint16_t option = in.u16();
    if (in.failed() || option > 1)
        co_return co_await tell_error(command, 1047, "08S01", "Unknown command");
    multi_statements_ = option == 0;  // MYSQL_OPTION_MULTI_STATEMENTS_ON
    const bool alive = co_await ask_about_last();
    if (!alive) co_return disconnect_reason::backend_lost;
    protocol::ok_packet end{.status = state_->lasting_status(), .warnings = state_->warnings()};
    std::vector<std::uint8_t> news;
    if ((client_.capabilities() & protocol::capability::deprecate_eof) != 0)
        news = state_->take_owed_news();
    end.session_state = news;
    const bool told = co_await client_.send_result_end(command, end);
    co_return told ? maybe_reason{} : disconnect_reason::client_lost;
}

pool::task<client_session::maybe_reason> client_session::reset_connection(
    const client_command& command) {
    co_await let_go();
    statements_.clear();
    const pool::shared_baseline now = as_client_asks(worker_->defaults());
    state_->reset(now ? now : state_->vector()->defaults());
    const server_facts& server = worker_->primary_facts();
    if (is_interactive() && !server.interactive_timeout.empty())
        state_->tell_value(*pool::find_variable("wait_timeout"), server.interactive_timeout);
    note_pins({});
    co_return co_await tell_ok(command, 0);
}

/// Gives up the held connection, and with it the transaction, locks and temporary tables.  Waits
/// until the server has let go of them, for the client's next statement may ask for the same locks.
pool::task<void> client_session::let_go() {
    withdraw_offer();
    pool::lease connection = std::move(held_);
    if (!connection) co_return;
    const auto done = co_await connection->reset(worker_->vectors(), clock::time_point::max());
    // If it is lost, all of it is gone as well.
    if (worker_->primary_facts().runs_init_connect) connection->retired = true;
    if (done && state_->can_be_reset()) connection.give_back();
}

pool::task<client_session::maybe_reason> client_session::change_user(client_command& command) {
    co_await let_go();
    statements_.clear();
    phase_ = phase::logging_in;
    since_ = clock::now();
    const auto challenge = protocol::random_nonce();
    if (!challenge) co_return disconnect_reason::internal_error;
    login_ = make_login(&past_login_);
    const auto step = login_->change_user(command.payload, command.sequence, *challenge);
    std::uint8_t next = static_cast<std::uint8_t>(command.sequence + 1);
    if (!step.output.empty()) ++next;
    // The command lies in the buffer that the conversation reads into.
    client_.forget_command();
    const maybe_reason failed = co_await converse(step, next);
    if (failed) co_return failed;
    const bool several = multi_statements_;  // as COM_SET_OPTION has it (tried on 9.7)
    const maybe_reason ended = co_await begin_session();
    multi_statements_ = several;
    co_return ended;
}

pool::task<client_session::maybe_reason> client_session::show_route(const client_command& command) {
    const router::decision& last = last_route_.decided;
    if (last_route_.learned) {
        const bool told = co_await client_.send_row(
            command, state_->status(), route_columns,
            {"tidegate", "proxy", "answered as a server answered it before", "0.0", "0.0",
             std::string(rules::to_string(last_route_.cls))});
        co_return told ? maybe_reason{} : disconnect_reason::client_lost;
    }
    const bool edge = last_route_.on_edge;
    const router::topology& cluster = worker_->topology();
    const std::string server =
        edge ? cluster.edges[last.edge].name : worker_->settings().primary.name;
    const auto lag = edge ? worker_->edge_news(last.edge).lag : std::chrono::microseconds::zero();
    // The role has a column of its own, so "primary: " is taken off.
    const std::string sentence = router::explain(last, cluster);
    const std::string_view why = std::string_view(sentence).substr(sentence.find(": ") + 2);
    const bool told = co_await client_.send_row(
        command, state_->status(), route_columns,
        {server, edge ? "edge" : "primary", std::string(why),
         fmt::format("{:.1f}", static_cast<double>(last_route_.waited.count()) / 1000),
         fmt::format("{:.1f}", static_cast<double>(lag.count()) / 1000),
         std::string(rules::to_string(last_route_.cls))});
    co_return told ? maybe_reason{} : disconnect_reason::client_lost;
}

/// An OK that needs no server.
pool::task<client_session::maybe_reason> client_session::tell_ok(const client_command& command,
                                                                 std::uint16_t warnings) {
    state_->note_own_ok();
    const std::vector<std::uint8_t> news = state_->take_owed_news();
    protocol::ok_packet ok{.status = state_->lasting_status(), .warnings = warnings};
    ok.session_state = news;
    const bool told = co_await client_.send_ok(command, ok);
    co_return told ? maybe_reason{} : disconnect_reason::client_lost;
}

/// Learns what only the session's connection knows before Tidegate gives an OK of its own: how many
/// warnings the last statement left, and news.  False if the connection is lost, and with it what
/// the session had on it.
pool::task<bool> client_session::ask_about_last() {
    if (!held_ || state_->only_knows_warnings()) co_return true;
    withdraw_offer();
    const auto pong = co_await held_->ask(protocol::command::ping, {});
    if (!pong || !pong->status) {
        held_.discard();
        const bool needed = state_->in_transaction() || state_->is_pinned_for_more_than_questions();
        if (!needed) state_->lose_connection();
        co_return !needed;
    }
    state_->on_ok(
        {.status = *pong->status, .warnings = pong->warnings, .session_state = pong->session_state},
        false);
    settle_hold();
    co_return true;
}

pool::task<client_session::maybe_reason> client_session::tell_error(const client_command& command,
                                                                    std::uint16_t code,
                                                                    std::string sqlstate,
                                                                    std::string message) {
    if (state_) state_->note_own_error();
    pool::server_refusal error{code, std::move(sqlstate), std::move(message)};
    const bool told = co_await client_.send_error(command, std::move(error));
    co_return told ? maybe_reason{} : disconnect_reason::client_lost;
}

}  // namespace proxy
