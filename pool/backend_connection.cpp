#include "pool/backend_connection.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/write.hpp>
#include <utility>

#include "pool/deadline.hpp"
#include "protocol/client_login.hpp"
#include "protocol/error.hpp"
#include "protocol/packet.hpp"
#include "protocol/proxy_header.hpp"
#include "protocol/query_attributes.hpp"
#include "protocol/response_reader.hpp"
#include "protocol/text_row.hpp"

namespace pool {
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr std::uint16_t too_many_prepared = 1461;  // ER_MAX_PREPARED_STMT_COUNT_REACHED

// What Tidegate needs of every connection.  DEPRECATE_EOF, because only then does the end of a
// result carry the trackers' news; multi-statements, so that sessions with and without them share
// connections (the session enforces its own).
constexpr std::uint32_t base_capabilities = [] {
    namespace c = protocol::capability;
    return c::long_password | c::long_flag | c::transactions | c::multi_statements |
           c::plugin_auth_lenenc_data | c::session_track | c::deprecate_eof;
}();

/// Those that a login sets, by its collation.
bool is_character_set(variable_id id) {
    const std::string_view name = name_of(id);
    return name == "character_set_client" || name == "character_set_connection" ||
           name == "character_set_results" || name == "collation_connection";
}
constexpr std::uint16_t access_denied_code = 1045;
constexpr std::uint16_t too_big_select = 1104;  // ER_TOO_BIG_SELECT

bool is_about_the_plugin(const boost::system::error_code& why) {
    return why == protocol::errc::unknown_auth_plugin || why == protocol::errc::access_denied;
}

protocol::network_endpoint wire_form(const tcp::endpoint& end) {
    protocol::network_endpoint out{.is_v6 = end.address().is_v6(), .port = end.port()};
    if (out.is_v6)
        std::ranges::copy(end.address().to_v6().to_bytes(), out.address.begin());
    else
        std::ranges::copy(end.address().to_v4().to_bytes(), out.address.begin());
    return out;
}

protocol::client_login_options::tls_mode login_tls(server_tls wanted) {
    using mode = protocol::client_login_options::tls_mode;
    if (wanted == server_tls::disabled) return mode::off;
    return wanted == server_tls::preferred ? mode::preferred : mode::required;
}

server_refusal tls_refusal(const std::string& why) {
    constexpr std::uint16_t bad_handshake = 1043;
    return {bad_handshake, "08S01", "TLS with the server failed: " + why};
}

server_refusal plugin_refusal(const std::string& user) {
    return {access_denied_code, "28000",
            "Access denied for user '" + user +
                "': the server wants an authentication plugin that Tidegate does not have, or has "
                "only over TLS (an account that it does not know may look so)"};
}

}  // namespace

backend_connection::backend_connection(asio::any_io_executor executor,
                                       const backend_account& account, block_pool& blocks,
                                       shared_vector blank, std::size_t prepared_max)
    : prepared(prepared_max),
      stream_(tcp::socket(std::move(executor))),
      blocks_(&blocks),
      input_(blocks),
      account_(&account),
      blank_(std::move(blank)),
      state_(blank_) {}

backend_connection::~backend_connection() {
    if (!logged_in_ || aborted_) return;
    static constexpr std::array<std::uint8_t, 5> quit{
        1, 0, 0, 0, static_cast<std::uint8_t>(protocol::command::quit)};
    stream_.begin_command();
    stream_.try_write(quit);
}

task<result<std::unique_ptr<backend_connection>>> backend_connection::open(
    asio::any_io_executor executor, const server_endpoint& server, const backend_account& account,
    block_pool& blocks, shared_vector blank, std::size_t prepared_max, clock::time_point give_up,
    server_refusal& refusal) {
    auto opened = std::make_unique<backend_connection>(std::move(executor), account, blocks,
                                                       std::move(blank), prepared_max);
    const result<void> done = co_await opened->establish(server, give_up, refusal);
    if (!done) co_return done.error();
    co_return std::move(opened);
}

task<result<void>> backend_connection::establish(const server_endpoint& server,
                                                 clock::time_point give_up,
                                                 server_refusal& refusal) {
    const deadline guard(socket(), give_up);
    result<void> done = co_await connect(server, give_up);
    if (done) done = co_await log_in(server, refusal);
    if (done.has_error() && done.error() == errc::login_denied &&
        refusal.code == access_denied_code && account_->other_password) {
        account_->other_is_right = !account_->other_is_right;
        begin_again();
        done = co_await connect(server, give_up);
        if (done) done = co_await log_in(server, refusal);
    }
    is_copy_ = server.is_copy;
    if (done) done = co_await start_tracking(refusal);
    if (done) {
        auto values = co_await read_variables();
        if (values) note_defaults(std::move(*values));
        if (!values) done = values.error();
    }
    if (done && defaults_of_state() != blank_->defaults()) {
        auto fresh = std::make_shared<session_vector>(*blank_);
        fresh->use_defaults(own_defaults_);
        state_ = std::move(fresh);
    }
    if (!done && guard.expired()) co_return errc::timed_out;
    co_return done;
}

void backend_connection::abort() noexcept {
    aborted_ = true;
    boost::system::error_code ignored;
    socket().close(ignored);
}

/// After a refused login: as if nothing had been.
void backend_connection::begin_again() {
    stream_.reset();
    input_.consume(input_.size());
}

task<result<void>> backend_connection::connect(const server_endpoint& server,
                                               clock::time_point give_up) {
    std::vector<tcp::endpoint> addresses;
    boost::system::error_code not_an_address;
    const auto address = asio::ip::make_address(server.host, not_an_address);
    if (!not_an_address) {
        addresses.emplace_back(address, server.port);
    } else {
        tcp::resolver resolver(socket().get_executor());
        auto [unknown, found] =
            co_await resolver.async_resolve(server.host, std::to_string(server.port), awaited);
        if (unknown) co_return errc::connect_failed;
        for (const auto& entry : found) addresses.push_back(entry.endpoint());
    }
    co_return co_await connect_to(addresses, give_up);
}

/// Tries the addresses of a name in turn.  The deadline closes the socket only while it is open, so
/// the time is looked at in between as well.
task<result<void>> backend_connection::connect_to(std::span<const tcp::endpoint> addresses,
                                                  clock::time_point give_up) {
    for (const tcp::endpoint& at : addresses) {
        if (aborted_) co_return errc::lost;
        if (clock::now() >= give_up) co_return errc::timed_out;
        auto [refused] = co_await socket().async_connect(at, awaited);
        boost::system::error_code ignored;
        if (!refused) {
            socket().set_option(tcp::no_delay(true), ignored);
            // A server that vanished without a word is noticed in the end.
            socket().set_option(tcp::socket::keep_alive(true), ignored);
            co_return result<void>{};
        }
        socket().close(ignored);
    }
    co_return errc::connect_failed;
}

/// Sessions share the connection, so it is Tidegate's own ends that the PROXY header names.
task<result<void>> backend_connection::introduce() {
    boost::system::error_code failed;
    protocol::connection_ends ends;
    ends.source = wire_form(socket().local_endpoint(failed));
    if (!failed) ends.destination = wire_form(socket().remote_endpoint(failed));
    if (failed) co_return errc::lost;
    protocol::writer header;
    protocol::encode_v2({ends}, header);
    co_return co_await send(header.view());
}

task<result<void>> backend_connection::log_in(const server_endpoint& server,
                                              server_refusal& refusal) {
    if (server.proxy_header) {
        const result<void> introduced = co_await introduce();
        if (!introduced) co_return introduced.error();
    }
    const bool other = account_->other_is_right && account_->other_password;
    protocol::client_login_options options;
    options.user = account_->user;
    options.password = other ? *account_->other_password : account_->password;
    options.capabilities = base_capabilities | account_->capabilities;
    options.attributes = {{"program_name", "tidegate"}, {"_server_name", server.name}};
    options.tls = login_tls(server.tls);
    options.compressed = server.compressed;
    protocol::client_login login(std::move(options));
    protocol::packet_assembler packets(protocol::client_login::payload_bytes_max);

    for (;;) {
        const result<void> read = co_await read_login_packet(packets);
        if (!read) co_return read.error();
        std::uint8_t sequence = packets.sequence();
        auto step = login.advance(packets.payload(), sequence);
        using action = protocol::client_login::action;
        if (step && step->next == action::start_tls) {
            const result<void> sent = co_await send(step->output);
            if (!sent) co_return sent.error();
            const result<void> secured = co_await start_tls(server, refusal);
            if (!secured) co_return secured.error();
            step = login.tls_established();
        }
        if (!step && step.error() == protocol::errc::tls_unavailable) {
            refusal = tls_refusal("the server does not offer it");
            co_return errc::tls_failed;
        }
        if (!step && is_about_the_plugin(step.error())) {
            refusal = plugin_refusal(account_->user);
            co_return errc::login_denied;
        }
        if (!step) co_return errc::bad_answer;
        if (!step->output.empty()) {
            const result<void> sent = co_await send(step->output);
            if (!sent) co_return sent.error();
        }
        if (step->next == action::logged_in) break;
        if (step->next == action::denied) {
            const protocol::server_error& denial = login.denial();
            refusal = {denial.code, denial.sqlstate, denial.message};
            co_return errc::login_denied;
        }
        // A login may answer one packet with two, and the server with as many.
        if (!step->output.empty()) sequence = step->output[3];
        packets.next(static_cast<std::uint8_t>(sequence + 1));
    }
    capabilities_ = login.outcome().capabilities;
    offered_capabilities_ = login.outcome().offered;
    connection_id_ = login.outcome().connection_id;
    server_version_ = login.outcome().server_version;
    is_mariadb_ = server_version_.find("MariaDB") != std::string::npos;
    const protocol::compression& compressed = login.outcome().compressed;
    if (compressed.algorithm != protocol::compression_algorithm::none)
        stream_.start_compression(compressed, *blocks_, input_);
    logged_in_ = true;
    co_return result<void>{};
}

task<result<void>> backend_connection::read_login_packet(protocol::packet_assembler& packets) {
    while (!packets.complete()) {
        if (input_.empty()) {
            const result<void> read = co_await receive();
            if (!read) co_return errc::connect_failed;
        }
        const auto taken = packets.feed(input_.readable());
        if (!taken) co_return errc::bad_answer;
        input_.consume(*taken);
    }
    co_return result<void>{};
}

task<result<void>> backend_connection::start_tls(const server_endpoint& server,
                                                 server_refusal& refusal) {
    // In clear, and not asked for: whoever sits in between could have put it there.
    if (!input_.empty()) co_return errc::bad_answer;
    const bool check_host = server.tls == server_tls::verify_identity;
    const auto failed = co_await stream_.connect_tls(*server.tls_context, server.host, check_host);
    if (!failed) co_return result<void>{};
    const std::string problem = stream_.certificate_problem();
    refusal = tls_refusal(problem.empty() ? failed.message() : problem);
    co_return errc::tls_failed;
}

bool backend_connection::knows(variable_id id) const noexcept {
    return std::ranges::any_of(
        *own_defaults_, [&](const session_vector::setting& variable) { return variable.id == id; });
}

std::string backend_connection::tracking() const {
    return is_mariadb_ ? mariadb_tracking_statement(*own_defaults_)
                       : std::string(tracking_statement());
}

task<result<void>> backend_connection::start_tracking(server_refusal& refusal) {
    // MariaDB wants to be asked for what it has.
    if (is_mariadb_ && own_defaults_->empty()) {
        auto known = co_await read_variables();
        if (!known) co_return known.error();
        note_defaults(std::move(*known));
    }
    const std::string statement = tracking();
    const auto done = co_await ask(protocol::command::query, statement);
    if (!done) co_return done.error();
    if (done->refusal) {  // the account may log in, but for a new password only
        refusal = *done->refusal;
        co_return errc::login_denied;
    }
    co_return result<void>{};
}

task<result<variable_baseline>> backend_connection::read_variables() {
    const std::string_view query = baseline_query(is_mariadb_);
    auto values = co_await ask(protocol::command::query, query);
    const bool is_too_big = values && values->refusal && values->refusal->code == too_big_select;
    if (is_too_big) {  // by max_join_size, as long as sql_big_selects is off
        const auto lifted = co_await ask(protocol::command::query, unlimited_statement());
        if (!lifted) co_return lifted.error();
        values = co_await ask(protocol::command::query, query);
        const auto back = co_await ask(protocol::command::query, "SET sql_big_selects=0");
        if (!back) co_return back.error();
    }
    if (!values) co_return values.error();
    if (values->refusal) co_return errc::bad_answer;

    session_vector initial;  // sorts them
    for (auto& row : values->rows) {
        if (row.size() != 2 || !row[0]) co_return errc::bad_answer;
        const auto id = find_variable(*row[0]);
        if (!id) continue;
        initial.set(*id, row[1] ? value_from_tracker(*id, *row[1]) : std::nullopt);
    }
    if (is_too_big) initial.set(*find_variable("sql_big_selects"), "OFF");
    input_.release_if_empty();
    co_return variable_baseline(initial.settings().begin(), initial.settings().end());
}

/// What everybody begins with has one address.
void backend_connection::note_defaults(variable_baseline values) {
    const shared_baseline& usual = blank_->defaults();
    own_defaults_ = usual && *usual == values
                        ? usual
                        : std::make_shared<const variable_baseline>(std::move(values));
}

shared_baseline backend_connection::defaults_of_state() const {
    return blank_->defaults() ? own_defaults_ : nullptr;
}

task<result<void>> backend_connection::reset(vector_interner& vectors, clock::time_point give_up) {
    const deadline guard(socket(), give_up);
    const result<void> done = co_await forget_session(vectors);
    if (!done && guard.expired()) co_return errc::timed_out;
    co_return done;
}

task<result<void>> backend_connection::forget_session(vector_interner& vectors) {
    const auto forgotten = co_await ask(protocol::command::reset_connection, {});
    if (!forgotten) co_return forgotten.error();
    if (forgotten->refusal) co_return errc::bad_answer;
    prepared.clear();
    generation = 0;  // it may begin otherwise from here on
    server_refusal refusal;
    const result<void> tracking = co_await start_tracking(refusal);
    if (!tracking) co_return tracking.error();
    // Its schema is still chosen, but @@collation_database is the server's (tried on 9.7).
    if (!state_->schema().empty()) {
        const auto chosen = co_await ask(protocol::command::init_db, state_->schema());
        if (!chosen) co_return chosen.error();
        if (chosen->refusal) co_return errc::bad_answer;
    }
    auto values = co_await read_variables();
    if (!values) co_return values.error();

    // The server has forgotten the character set of the login.  The defaults keep it, so that
    // what a session has not changed means the same on all connections.
    session_vector now;
    now.use_schema(state_->schema());
    const variable_id collation = *find_variable("collation_connection");
    for (session_vector::setting& first : *values) {
        if (!is_character_set(first.id)) continue;
        for (const session_vector::setting& login : *own_defaults_) {
            if (login.id != first.id || login.value == first.value) continue;
            if (first.id == collation) now.set_results_collation(first.value.value_or(""));
            now.set(first.id, std::exchange(first.value, login.value));
        }
    }
    note_defaults(std::move(*values));
    now.use_defaults(defaults_of_state());
    state_ = vectors.intern(std::move(now));
    co_return result<void>{};
}

task<result<void>> backend_connection::send(protocol::bytes_view bytes) {
    if (!stream_.is_plain()) return write_through_layers(bytes);
    if (!queued_.empty()) return send_after_queued(bytes);
    const std::size_t sent = stream_.write_now(bytes);
    if (sent == bytes.size()) return result<void>{};
    return send_rest(bytes.subspan(sent));
}

task<result<void>> backend_connection::send_rest(protocol::bytes_view bytes) {
    const boost::system::error_code failed = co_await stream_.write(bytes);
    if (failed) co_return errc::lost;
    co_return result<void>{};
}

task<result<void>> backend_connection::send_after_queued(protocol::bytes_view bytes) {
    const boost::system::error_code failed = co_await stream_.write(
        net_stream::buffers{asio::buffer(queued_), asio::buffer(bytes.data(), bytes.size())});
    queued_.clear();
    if (failed) co_return errc::lost;
    co_return result<void>{};
}

task<result<void>> backend_connection::write_through_layers(protocol::bytes_view bytes) {
    // With compression each command begins a compressed packet: of two in one, MySQL looks at the
    // first only.
    protocol::bytes_view first(queued_);
    while (!first.empty()) {
        const auto header = protocol::decode_header(first.first<protocol::header_size>());
        const auto one = first.first(protocol::header_size + header.payload_size);
        first = first.subspan(one.size());
        stream_.begin_command();
        const boost::system::error_code failed = co_await stream_.write(one);
        if (failed) co_return errc::lost;
    }
    queued_.clear();
    if (bytes.empty()) co_return result<void>{};
    stream_.begin_command();
    const boost::system::error_code failed = co_await stream_.write(bytes);
    if (failed) co_return errc::lost;
    co_return result<void>{};
}

task<result<void>> backend_connection::send_more(protocol::bytes_view bytes) {
    const boost::system::error_code failed = co_await stream_.write(bytes);
    if (failed) co_return errc::lost;
    co_return result<void>{};
}

task<result<void>> backend_connection::receive() {
    if (!stream_.is_plain()) {
        const boost::system::error_code broken = co_await stream_.read(input_);
        if (broken) co_return errc::lost;
        co_return result<void>{};
    }
    const std::span<std::uint8_t> room = input_.writable();
    auto [failed, count] =
        co_await socket().async_read_some(asio::buffer(room.data(), room.size()), awaited);
    if (failed) co_return errc::lost;
    input_.commit(count);
    co_return result<void>{};
}

task<result<small_answer>> backend_connection::ask(protocol::command command,
                                                   std::string_view argument) {
    std::vector<std::uint8_t> request;
    append_own(request, command, argument);
    const result<void> sent = co_await send(request);
    if (!sent) co_return sent.error();
    co_return co_await take_small_answer(command);
}

void backend_connection::append_own(std::vector<std::uint8_t>& out, protocol::command command,
                                    std::string_view argument) const {
    if (command != protocol::command::query)
        return protocol::append_command(out, command, argument);
    std::uint8_t sequence = 0;
    const std::size_t header_at = protocol::begin_packet(out);
    protocol::writer body(out);
    protocol::encode_query(argument, capabilities_, body);
    protocol::finish_packet(out, header_at, sequence);
}

task<result<small_answer>> backend_connection::take_small_answer(protocol::command command) {
    small_answer answer;
    protocol::response_reader reader(command, capabilities_);
    std::size_t total = 0;
    while (!reader.done()) {
        std::span<std::uint8_t> bytes = input_.readable();
        std::size_t needed = protocol::header_size;
        if (bytes.size() >= needed)
            needed += protocol::decode_header(bytes.first<protocol::header_size>()).payload_size;
        if (needed > small_answer_bytes_max) co_return errc::bad_answer;
        if (bytes.size() < needed) {
            input_.reserve(needed);
            const result<void> read = co_await receive();
            if (!read) co_return read.error();
            continue;
        }
        const protocol::bytes_view payload =
            bytes.subspan(protocol::header_size, needed - protocol::header_size);
        const auto size = static_cast<std::uint32_t>(payload.size());
        const auto role = reader.classify(size, payload.empty() ? std::uint8_t{0} : payload[0]);
        if (!reader.advance(role, size, payload)) co_return errc::bad_answer;
        if (role == protocol::packet_role::local_infile) co_return errc::bad_answer;
        if (role == protocol::packet_role::row) {
            total += needed;
            if (total > small_answer_bytes_max) co_return errc::bad_answer;
            auto& row = answer.rows.emplace_back();
            const auto decoded = protocol::decode_text_row(
                payload, reader.columns(), [&](std::uint32_t, const protocol::text_value& value) {
                    row.push_back(value ? std::optional<std::string>(*value) : std::nullopt);
                });
            if (!decoded) co_return errc::bad_answer;
        }
        if (reader.prepared() != nullptr) answer.prepared = *reader.prepared();
        if (const protocol::ok_packet* ok = reader.last_ok()) {
            answer.session_state.assign(ok->session_state.begin(), ok->session_state.end());
            answer.status = ok->status;
            answer.warnings = ok->warnings;
        }
        if (const protocol::err_packet* err = reader.last_err())
            answer.refusal = {err->code, std::string(err->sqlstate), std::string(err->message)};
        input_.consume(needed);
    }
    co_return answer;
}

task<result<void>> backend_connection::make_ready(const shared_prepared_text& key,
                                                  vector_interner& vectors,
                                                  server_refusal& refusal) {
    if (prepared.find(*key) != nullptr) co_return result<void>{};
    // Only what decides the meaning of the text: more could end a transaction.
    session_vector meaning = state_->with_parsing_part(*key->state);
    // A text that was prepared without a default schema names no table that would need one, and a
    // schema cannot be given up again.
    if (meaning.schema().empty()) meaning.use_schema(state_->schema());
    shared_vector wanted = vectors.intern(std::move(meaning));
    const result<void> moved = co_await synchronise(std::move(wanted), refusal);
    if (!moved) co_return moved.error();

    const auto answer = co_await prepare(key->text);
    if (!answer) co_return answer.error();
    if (answer->refusal) {
        refusal = *answer->refusal;
        co_return errc::statement_refused;
    }
    if (!answer->prepared) co_return errc::bad_answer;
    prepared_statement added;
    added.id = answer->prepared->statement_id;
    added.parameters = answer->prepared->parameters;
    added.columns = answer->prepared->columns;
    queue_close_statements(prepared.add(key, added));
    co_return result<void>{};
}

/// Makes room among this connection's own statements if the server has no room for one more.
task<result<small_answer>> backend_connection::prepare(const std::string& text) {
    auto answer = co_await ask(protocol::command::stmt_prepare, text);
    if (!answer || !answer->refusal || answer->refusal->code != too_many_prepared) co_return answer;
    const std::vector<std::uint32_t> given_up = prepared.give_up_half();
    if (given_up.empty()) co_return answer;
    queue_close_statements(given_up);
    answer = co_await ask(protocol::command::stmt_prepare, text);
    co_return answer;
}

void backend_connection::queue_close_statements(const std::vector<std::uint32_t>& ids) {
    for (const std::uint32_t id : ids) {
        std::vector<std::uint8_t> argument;
        protocol::writer(argument).u32(id);
        protocol::append_command(queued_, protocol::command::stmt_close, argument);
    }
}

bool backend_connection::is_dead() noexcept {
    if (!input_.empty() || stream_.holds_bytes()) return true;
    std::uint8_t byte = 0;
    boost::system::error_code failed;
    socket().non_blocking(true, failed);
    if (failed) return true;
    socket().receive(asio::buffer(&byte, 1), tcp::socket::message_peek, failed);
    return failed != asio::error::would_block;
}

}  // namespace pool
