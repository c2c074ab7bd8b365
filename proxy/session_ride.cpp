// Short reads that find every connection in use: they go down one together with those of other
// sessions (pool/convoy.hpp).

#include <utility>

#include "proxy/client_session.hpp"
#include "proxy/worker.hpp"

namespace proxy {
namespace asio = boost::asio;

namespace {

constexpr std::size_t statement_bytes_max = 16 * 1024;
constexpr std::size_t answer_bytes_max = 64 * 1024;

}  // namespace

/// One statement's ride.  The answer is kept here until its session can send it on.
class client_session::ride final : public pool::passenger {
public:
    ride(client_session& session, const request& what, bool is_edge)
        : session_(session),
          what_(what),
          is_edge_(is_edge),
          memory_(&session.worker_->memory(), pool::memory_use::answers) {}

    bool fits(pool::backend_connection& connection) const override {
        if (session_.speaks_otherwise(connection)) return false;
        return what_.statement == nullptr ||
               connection.prepared.find(*what_.statement->text) != nullptr;
    }
    void board(pool::backend_connection& connection, std::vector<std::uint8_t>& frames) override {
        protocol::bytes_view sent = what_.frames;
        std::vector<std::uint8_t> made;
        if (what_.statement != nullptr) {
            pool::prepared_statement* bound =
                session_.bind_execution(connection, what_, made, sent);
            if (what_.statement->parameters > 0) {
                bound->types_known = what_.statement->types_known;
                bound->bound_types = what_.statement->types;
            }
        }
        frames.insert(frames.end(), sent.begin(), sent.end());
        session_.response_failed_ = false;
        before_ = session_.state_->vector();
        relay_.emplace(session_.relay_options(connection.capabilities(), is_edge_, what_, false),
                       session_);
    }
    protocol::command command() const noexcept override { return what_.command->what; }
    pool::result<std::size_t> take(std::span<std::uint8_t> input) override {
        relay_output& output = session_.worker_->relayed_at_once();
        output.clear();
        const auto taken = relay_->take(input, output);
        if (!taken) return pool::errc::bad_answer;
        output.append_to(answer_, input);
        if (!memory_.resize(answer_.capacity())) must_not_keep_ = true;
        return *taken;
    }
    std::size_t needed() const noexcept override { return relay_->needed(); }
    bool done() const noexcept override { return relay_->done(); }
    bool overflows() const noexcept override {
        return must_not_keep_ || answer_.size() > answer_bytes_max;
    }
    bool changed_state() const noexcept override {
        return session_.state_->vector() != before_ || session_.state_->reported_change();
    }
    void answered(std::chrono::microseconds took) noexcept override {
        what_.history->add(took, session_.worker_->settings().limits.convoy_wait);
    }
    void was_slow() noexcept override { what_.history->note_slow(); }

    response_relay& relay() { return *relay_; }
    protocol::bytes_view answer() const noexcept { return answer_; }

private:
    client_session& session_;
    const request& what_;
    bool is_edge_;
    std::optional<response_relay> relay_;
    std::vector<std::uint8_t> answer_;
    pool::memory_share memory_;
    bool must_not_keep_ = false;  // there is no memory for more
    pool::shared_vector before_;
};

/// A read that leaves nothing on its connection and asks for nothing that only the connection
/// knows, and whose like has been answered quickly so far.
bool client_session::may_ride(const request& what) const {
    using rules::effect;
    constexpr rules::effect_set of_the_connection =
        effect::reads_last_insert_id | effect::sets_last_insert_id | effect::reads_found_rows |
        effect::sets_found_rows | effect::reads_row_count | effect::reads_warnings |
        effect::calls_unknown_function | effect::writes_user_variable | effect::select_into |
        effect::takes_get_lock | effect::releases_lock;
    if (!what.repeatable || what.facts == nullptr || what.history == nullptr) return false;
    if (what.has_attributes) return false;
    const rules::statement_facts& facts = what.facts->front();
    return what.facts->single() && facts.cls == rules::statement_class::read && !facts.incomplete &&
           !facts.effects.has(of_the_connection) &&
           what.history->is_short(worker_->settings().limits.convoy_wait) &&
           what.frames.size() <= statement_bytes_max && !state_->in_transaction() &&
           !state_->is_pinned() && state_->is_autocommit() && other_schema(what).empty();
}

/// Waits for a connection, alone or with others.  Nothing is returned if the statement is yet to be
/// run: on `connection`, if there is one.
pool::task<std::optional<client_session::attempt>> client_session::try_ride(
    pool::server_pool& servers, bool is_edge, const request& what, pool::lease& connection) {
    const auto give_up = clock::now() + worker_->settings().limits.queue_timeout;
    refusal_ = {};
    ride rider(*this, what, is_edge);
    auto got =
        co_await servers.borrow_or_ride(*account_, state_->vector(), give_up, refusal_, &rider);
    if (!got) co_return refuse(got.error(), servers);
    switch (got->how) {
        case pool::ride_end::none:
            connection = std::move(got->connection);
            co_return std::nullopt;
        case pool::ride_end::overdue:
            worker_->count().convoy_overdue.add();
            co_return std::nullopt;
        case pool::ride_end::lost:
            co_return attempt::lost_unbegun;  // the client has had none of it
        case pool::ride_end::alone: {
            what.history->note_long_answer();
            const bool told = co_await client_.send(rider.answer());
            if (!told) co_return attempt::client_is_gone;
            const attempt outcome = co_await take_answer(rider.relay(), *got->connection, what);
            co_return co_await finish(std::move(got->connection), outcome, what);
        }
        case pool::ride_end::arrived:
            break;
    }
    co_return co_await arrive(rider, what);
}

/// The answer is there, and the connection with somebody else.
pool::task<std::optional<client_session::attempt>> client_session::arrive(ride& rider,
                                                                          const request& what) {
    if (interrupted_) co_return refuse_interrupted();
    if (rider.relay().held_error()) {
        const attempt outcome = held_refusal(rider.relay(), nullptr, what);
        if (outcome == attempt::unprepared) co_return std::nullopt;  // the next try prepares it
        co_return outcome;
    }
    if (rider.changed_state()) worker_->count().tracker_mismatches.add();
    const bool told = co_await client_.send(rider.answer());
    if (!told) co_return attempt::client_is_gone;
    state_->end_script(*what.facts, what.text, response_failed_);
    state_->unpin(pin_reason::last_statement);  // its warnings are gone with the connection
    co_return attempt::finished;
}

}  // namespace proxy
