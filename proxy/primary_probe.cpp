#include "proxy/primary_probe.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <charconv>
#include <utility>

#include "pool/deadline.hpp"
#include "proxy/session_state.hpp"
#include "proxy/time_zone.hpp"
#include "proxy/tls_context.hpp"
#include "proxy/user_directory.hpp"

namespace proxy {
namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds interval{1};

// What changes stored code through Tidegate is known at once, all else by these: seldom enough that
// the server spends no more than one percent of a core on the question.
constexpr std::chrono::seconds reading_interval{5};
constexpr int reading_share = 100;
constexpr std::chrono::seconds reading_max{30};
constexpr std::chrono::seconds reading_pause{300};  // after one that took longer

/// Whether the server said anything, if only that it does not want the probe.
bool spoke(const boost::system::error_code& why) {
    return why == pool::errc::login_denied || why == pool::errc::tls_failed ||
           why == pool::errc::bad_answer;
}

void read_number(const std::optional<std::string>& text, std::uint64_t& out) {
    if (text) std::from_chars(text->data(), text->data() + text->size(), out);
}

}  // namespace

primary_probe::primary_probe(const config& settings, listener tell, zone_listener tell_zone,
                             position_listener tell_position, silence_listener tell_silence,
                             code_listener tell_code)
    : tell_(std::move(tell)),
      tell_zone_(std::move(tell_zone)),
      tell_position_(std::move(tell_position)),
      tell_silence_(std::move(tell_silence)),
      tell_code_(std::move(tell_code)),
      server_(endpoint_of(settings.primary)),
      timeout_(settings.limits.connect_timeout),
      silence_max_(settings.limits.silence_timeout),
      version_override_(settings.server_version) {
    if (const user_config* user = watching_user(settings)) account_ = account_of(*user);
}

primary_probe::~primary_probe() {
    stop();
}

void primary_probe::start() {
    pool::spawn(context_, run());
    thread_ = std::thread([this] { context_.run(); });
}

void primary_probe::stop() {
    if (!thread_.joinable()) return;
    asio::post(context_, [this] {
        stopping_ = true;
        timer_.cancel();
        boost::system::error_code ignored;
        if (connection_) connection_->socket().close(ignored);
    });
    thread_.join();
}

void primary_probe::use_tls(std::shared_ptr<asio::ssl::context> tls) {
    asio::post(context_, [this, tls = std::move(tls)] {
        if (tls) server_.tls_context = tls;
    });
}

void primary_probe::ask_position() {
    asio::post(context_, [this] {
        position_wanted_ = true;
        timer_.cancel();  // wakes run(), if it sleeps
    });
}

void primary_probe::ask_globals() {
    asio::post(context_, [this] {
        globals_wanted_ = true;
        timer_.cancel();
    });
}

void primary_probe::ask_stored_code() {
    asio::post(context_, [this] {
        code_wanted_ = true;
        timer_.cancel();
    });
}

pool::task<void> primary_probe::run() {
    auto next_probe = clock::now();
    heard_at_ = next_probe;
    while (!stopping_) {
        if (globals_wanted_ || clock::now() >= next_probe) {
            globals_wanted_ = false;
            co_await probe_once();
            next_probe = clock::now() + interval;
        }
        if (position_wanted_ && !stopping_) co_await tell_positions();
        const bool reads_code = code_wanted_ || clock::now() >= next_reading_;
        if (reads_code && connection_ && !stopping_ && clock::now() >= no_reading_before_) {
            const bool read = co_await read_stored_code();
            if (!read) connection_.reset();
        }
        const bool code_wanted = code_wanted_ && connection_ && clock::now() >= no_reading_before_;
        if (position_wanted_ || globals_wanted_ || code_wanted || stopping_) continue;
        timer_.expires_at(next_probe);
        auto [ended] = co_await timer_.async_wait(pool::awaited);
        (void)ended;
    }
}

/// Without a connection nothing is told: those who wait give up, and read from the primary.
pool::task<void> primary_probe::tell_positions() {
    position_wanted_ = false;
    if (!connection_) co_return;
    const auto asked_at = clock::now();
    const pool::deadline guard(connection_->socket(), asked_at + timeout_);
    const auto answer = co_await connection_->ask(
        protocol::command::query, "SELECT @@GLOBAL.gtid_owned, @@GLOBAL.gtid_executed LIMIT 1");
    if (!answer || answer->refusal || answer->rows.size() != 1 || answer->rows[0].size() != 2) {
        connection_.reset();  // the next probe opens another and says what is wrong
        co_return;
    }
    auto owned = parse_owned(answer->rows[0][0].value_or(""));
    auto executed = protocol::gtid_set::parse(answer->rows[0][1].value_or(""));
    if (!owned || !executed) co_return;
    *executed += *owned;
    tell_position_({asked_at, std::make_shared<const protocol::gtid_set>(std::move(*executed))});
}

pool::task<void> primary_probe::probe_once() {
    const auto give_up = clock::now() + timeout_;
    if (!connection_) {
        pool::server_refusal refusal;
        auto opened = co_await pool::backend_connection::open(
            context_.get_executor(), server_, account_, blocks_, vectors_.intern({}), 1, give_up,
            refusal);
        if (!opened) {
            const std::string reason =
                refusal.code != 0 ? refusal.message : opened.error().message();
            tell_(reason, nullptr);
            if (spoke(opened.error()))
                heard_at_ = clock::now();
            else
                note_silence();
            co_return;
        }
        heard_at_ = clock::now();
        connection_ = std::move(*opened);
        globals_.clear();
        code_.forget();
    }
    const bool is_new = globals_.empty();
    std::shared_ptr<const server_facts> learned;
    bool answered = co_await ask_globals_of_primary(give_up, learned);
    // Before anybody hears that the primary is up.
    if (answered && is_new && clock::now() >= no_reading_before_)
        answered = co_await read_stored_code();
    if (answered) {
        heard_at_ = clock::now();
        tell_({}, std::move(learned));
        co_return;
    }
    connection_.reset();
    tell_("the primary does not answer", nullptr);
    note_silence();
}

/// A server that is frozen, or cut off without a word, closes nothing: whoever waits for it would
/// wait for ever.
void primary_probe::note_silence() {
    const auto silence =
        std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - heard_at_);
    const bool stopping = stopping_ || silence_max_ == std::chrono::milliseconds::zero();
    if (!stopping && silence >= silence_max_) tell_silence_(silence);
}

/// Whatever limits the server sets to its sessions, this one sees all.  False if it is lost.
pool::task<bool> primary_probe::lift_limits() {
    const auto done = co_await connection_->ask(
        protocol::command::query,
        std::string(pool::unlimited_statement()) + ", sql_select_limit=18446744073709551615");
    co_return done.has_value();
}

/// False if the primary does not answer.  `learned` stays null if nothing has changed.
pool::task<bool> primary_probe::ask_globals_of_primary(
    clock::time_point give_up, std::shared_ptr<const server_facts>& learned) {
    const pool::deadline guard(connection_->socket(), give_up);
    if (globals_.empty()) {
        const bool lifted = co_await lift_limits();
        if (!lifted) co_return false;
    }
    const auto answer = co_await connection_->ask(protocol::command::query,
                                                  pool::globals_query(connection_->is_mariadb()));
    if (!answer || answer->refusal) co_return false;
    const bool is_new = globals_.empty();
    if (!is_new && answer->rows == globals_) co_return true;
    if (is_new) {
        const auto zone = co_await ask_system_time_zone(*connection_);
        if (!zone) co_return false;
        tell_zone_(*zone);
    }
    learned = co_await learn();
    if (!learned) co_return false;
    globals_ = answer->rows;
    co_return true;
}

/// False if the primary does not answer.
pool::task<bool> primary_probe::read_stored_code() {
    code_wanted_ = false;
    const auto asked_at = clock::now();
    const pool::deadline guard(connection_->socket(), asked_at + reading_max);
    auto report = co_await code_.read(*connection_);
    const auto took = clock::now() - asked_at;
    if (!report) {
        // Not again on every new connection: the primary must be watched.
        if (guard.expired()) no_reading_before_ = clock::now() + reading_pause;
        co_return false;
    }
    const bool changed = *report != nullptr;  // which takes longer, and is seldom
    next_reading_ = clock::now() +
                    (changed ? reading_interval
                             : std::max<clock::duration>(reading_interval, took * reading_share));
    tell_code_(asked_at, std::move(*report));
    co_return true;
}

pool::task<std::shared_ptr<const server_facts>> primary_probe::learn() {
    // After a reset its variables are as after a login, but for what init_connect does.
    const auto give_up = clock::now() + timeout_;
    const auto fresh = co_await connection_->reset(vectors_, give_up);
    if (!fresh) co_return nullptr;
    const bool lifted = co_await lift_limits();
    if (!lifted) co_return nullptr;
    auto facts = std::make_shared<server_facts>();
    facts->defaults = connection_->own_defaults();
    facts->version = version_override_.empty() ? connection_->server_version() : version_override_;
    facts->capabilities = connection_->offered_capabilities();
    facts->lexing.server_version = version_number(connection_->server_version());
    facts->lexing.mariadb = connection_->is_mariadb();
    const auto settings = co_await connection_->ask(
        protocol::command::query,
        "SELECT @@sql_mode, @@GLOBAL.max_prepared_stmt_count, LENGTH(@@GLOBAL.init_connect) > 0, "
        "@@GLOBAL.interactive_timeout, @@GLOBAL.wait_timeout LIMIT 1");
    if (!settings || settings->rows.size() != 1 || settings->rows[0].size() != 5 ||
        !settings->rows[0][0] || !settings->rows[0][1])
        co_return nullptr;
    facts->runs_init_connect = settings->rows[0][2] == "1";
    facts->interactive_timeout = settings->rows[0][3].value_or("");
    apply_sql_mode(facts->lexing, *settings->rows[0][0]);
    read_number(settings->rows[0][1], facts->max_prepared_stmt_count);
    read_number(settings->rows[0][4], facts->wait_timeout);

    const auto collations = co_await connection_->ask(
        protocol::command::query,
        "SELECT ID, CHARACTER_SET_NAME, COLLATION_NAME, IS_DEFAULT = 'Yes' "
        "FROM information_schema.COLLATIONS LIMIT 10000");
    if (!collations) co_return nullptr;
    for (const auto& row : collations->rows) {
        if (row.size() != 4 || !row[0] || !row[1] || !row[2]) continue;
        std::uint16_t id = 0;
        const char* const end = row[0]->data() + row[0]->size();
        if (std::from_chars(row[0]->data(), end, id).ptr != end) continue;
        facts->collations[id] = {*row[1], *row[2], row[3] == "1"};
    }
    co_return facts;
}

}  // namespace proxy
