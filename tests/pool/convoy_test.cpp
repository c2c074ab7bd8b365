// Statements of several sessions down one connection: each gets its own answer, whatever happens to
// the others.
#include "pool/convoy.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "protocol/packet.hpp"
#include "protocol/response_reader.hpp"
#include "protocol/text_row.hpp"
#include "tests/pool/pool_fixture.hpp"

using namespace pool_test;
using pool::ride_end;

namespace {

/// A query whose answer is one value.
class query final : public pool::passenger {
public:
    explicit query(std::string sql) : sql_(std::move(sql)) {}

    bool fits(pool::backend_connection&) const override { return !refuses; }
    void board(pool::backend_connection& connection, std::vector<std::uint8_t>& frames) override {
        boarded = true;
        protocol::append_command(frames, protocol::command::query, sql_);
        reader_.emplace(protocol::command::query, connection.capabilities());
    }
    protocol::command command() const noexcept override { return protocol::command::query; }
    pool::result<std::size_t> take(std::span<std::uint8_t> input) override {
        needed_ = protocol::header_size;
        if (input.size() < needed_) return std::size_t{0};
        const auto header = protocol::decode_header(input.first<protocol::header_size>());
        needed_ += header.payload_size;
        if (input.size() < needed_) return std::size_t{0};
        const protocol::bytes_view payload =
            input.subspan(protocol::header_size, header.payload_size);
        const auto role =
            reader_->classify(header.payload_size, payload.empty() ? std::uint8_t{0} : payload[0]);
        if (!reader_->advance(role, header.payload_size, payload)) return pool::errc::bad_answer;
        if (role == protocol::packet_role::row) {
            const auto row = protocol::decode_text_row(
                payload, reader_->columns(),
                [&](std::uint32_t, const protocol::text_value& v) { value = std::string(*v); });
            if (!row) return pool::errc::bad_answer;
        }
        return std::exchange(needed_, protocol::header_size);
    }
    std::size_t needed() const noexcept override { return needed_; }
    bool done() const noexcept override { return reader_->done(); }
    bool overflows() const noexcept override { return value.size() > 1000; }
    bool changed_state() const noexcept override { return changes; }
    void answered(std::chrono::microseconds) noexcept override {}
    void was_slow() noexcept override { slow = true; }

    std::string value{};
    bool refuses = false;
    bool boarded = false;
    bool changes = false;
    bool slow = false;

private:
    std::string sql_;
    std::optional<protocol::response_reader> reader_;
    std::size_t needed_ = protocol::header_size;
};

/// A pool with one connection, which is on loan, and a line of queries for it.
struct line_fixture : pool_fixture {
    explicit line_fixture(std::size_t length, std::chrono::milliseconds wait = patience)
        : pool_fixture({.connections_max = 1, .convoy_max = 4, .convoy_wait_max = wait}) {
        server.known = {{"SELECT 0", "zero"},
                        {"SELECT 1", "one"},
                        {"SELECT 2", "two"},
                        {"SELECT 3", "three"},
                        {"SELECT 4", "four"}};
        loan = lend();
        for (std::size_t i = 0; i < length; ++i)
            queries.push_back(std::make_unique<query>("SELECT " + std::to_string(i)));
    }
    ~line_fixture() {
        for (auto& one : passages)
            if (*one && (**one)) (**one)->connection.discard();
    }
    void stand_in_line() {
        for (const auto& one : queries) passages.push_back(start(context, borrow_for(one.get())));
        REQUIRE(run_until(context, [&] { return pool.waiting() == queries.size(); }));
    }
    pool::task<pool::result<pool::passage>> borrow_for(query* who) {
        co_return co_await pool.borrow_or_ride(
            app, wanted, pool::server_pool::clock::now() + patience, refusal, who);
    }
    ride_end end_of(std::size_t i) {
        REQUIRE(run_until(context, [&] { return passages[i]->has_value(); }));
        REQUIRE((**passages[i]).has_value());
        return (**passages[i])->how;
    }

    pool::shared_vector wanted = state();
    pool::lease loan;
    std::vector<std::unique_ptr<query>> queries;
    std::vector<pending<pool::result<pool::passage>>> passages;
};

}  // namespace

TEST_CASE("Those in line go together and get their own answers, in order", "[pool]") {
    line_fixture f(4);
    f.stand_in_line();
    f.loan.give_back();
    const char* answers[] = {"zero", "one", "two", "three"};
    for (std::size_t i = 0; i < 4; ++i) {
        CHECK(f.end_of(i) == ride_end::arrived);
        CHECK(f.queries[i]->value == answers[i]);
    }
    REQUIRE(run_until(f.context, [&] { return f.pool.idle() == 1; }));
    CHECK(f.server.accepted == 1);
    CHECK(f.server.heard ==
          std::vector<std::string>{"SELECT 0", "SELECT 1", "SELECT 2", "SELECT 3"});
}

TEST_CASE("A convoy is no longer than allowed, and the rest goes next", "[pool]") {
    line_fixture f(5);
    f.stand_in_line();
    f.loan.give_back();
    for (std::size_t i = 0; i < 4; ++i) CHECK(f.end_of(i) == ride_end::arrived);
    CHECK(f.end_of(4) == ride_end::none);  // alone in line: it gets the connection
    CHECK((**f.passages[4])->connection);
}

TEST_CASE("Who cannot ride keeps the place in line, and whoever is first is served first",
          "[pool]") {
    line_fixture f(4);
    f.queries[0]->refuses = true;
    f.queries[2]->refuses = true;
    f.stand_in_line();
    f.loan.give_back();
    REQUIRE(f.end_of(0) == ride_end::none);
    CHECK(f.pool.waiting() == 3);
    (**f.passages[0])->connection.give_back();
    CHECK(f.end_of(1) == ride_end::arrived);
    CHECK(f.end_of(3) == ride_end::arrived);
    CHECK(f.end_of(2) == ride_end::none);
}

TEST_CASE("Who gets the connection alone has not boarded it: nothing was sent", "[pool]") {
    line_fixture f(2);
    f.queries[1]->refuses = true;
    f.stand_in_line();
    f.loan.give_back();
    CHECK(f.end_of(0) == ride_end::none);
    CHECK_FALSE(f.queries[0]->boarded);
}

TEST_CASE("A connection in another state takes nobody along", "[pool]") {
    line_fixture f(3);
    f.wanted = f.state("shop");
    f.stand_in_line();
    f.loan.give_back();
    CHECK(f.end_of(0) == ride_end::none);
    CHECK(f.pool.waiting() == 2);
}

TEST_CASE("When the connection is lost, those who have their answers keep them", "[pool]") {
    line_fixture f(4);
    f.server.commands_until_fault = 2;
    f.stand_in_line();
    f.loan.give_back();
    CHECK(f.end_of(0) == ride_end::arrived);
    CHECK(f.end_of(1) == ride_end::arrived);
    CHECK(f.end_of(2) == ride_end::lost);
    CHECK(f.end_of(3) == ride_end::lost);
    REQUIRE(run_until(f.context, [&] { return f.pool.open() == 0; }));
}

TEST_CASE("Nobody waits longer than allowed behind a slow statement", "[pool]") {
    line_fixture f(3, 30ms);
    f.server.mute.insert("SELECT 0");
    f.stand_in_line();
    f.loan.give_back();
    CHECK(f.end_of(1) == ride_end::overdue);
    CHECK(f.end_of(2) == ride_end::overdue);
    CHECK(f.queries[0]->slow);
    CHECK_FALSE(f.passages[0]->has_value());
    SECTION("who gets the own answer in the end; theirs are thrown away") {
        f.server.unmute();
        CHECK(f.end_of(0) == ride_end::arrived);
        CHECK(f.queries[0]->value == "zero");
        REQUIRE(run_until(f.context, [&] { return f.pool.idle() == 1; }));
        CHECK(f.queries[1]->value.empty());
        f.lend().give_back();
        CHECK(f.server.accepted == 1);
    }
    SECTION("or finds the connection lost") {
        f.server.hang_up();
        CHECK(f.end_of(0) == ride_end::lost);
    }
}

TEST_CASE("An answer too long to keep gets the connection", "[pool]") {
    line_fixture f(3);
    f.server.known["SELECT 1"] = std::string(5000, 'x');
    f.stand_in_line();
    f.loan.give_back();
    CHECK(f.end_of(0) == ride_end::arrived);
    REQUIRE(f.end_of(1) == ride_end::alone);
    CHECK(f.end_of(2) == ride_end::overdue);
    auto& connection = (**f.passages[1])->connection;
    REQUIRE(connection);
    CHECK(connection->retired);  // the third one's answer is still to come on it
    connection.give_back();
    CHECK(f.pool.open() == 0);
}

TEST_CASE("A connection whose state has changed unexpectedly is not lent again", "[pool]") {
    line_fixture f(2);
    f.queries[0]->changes = true;
    f.stand_in_line();
    f.loan.give_back();
    CHECK(f.end_of(1) == ride_end::arrived);
    REQUIRE(run_until(f.context, [&] { return f.pool.open() == 0; }));
}

TEST_CASE("Shutting down ends the ride", "[pool]") {
    line_fixture f(3);
    f.server.mute.insert("SELECT 1");
    f.stand_in_line();
    f.loan.give_back();
    CHECK(f.end_of(0) == ride_end::arrived);
    f.pool.shut_down();
    CHECK(f.end_of(1) == ride_end::lost);
    CHECK(f.end_of(2) == ride_end::lost);
}
