// What of a server's answer is kept, and for how long.
#include "proxy/learned_answers.hpp"

#include <catch2/catch.hpp>

#include "protocol/capabilities.hpp"
#include "protocol/err_packet.hpp"
#include "protocol/packet.hpp"
#include "protocol/server_status.hpp"
#include "protocol/session_track.hpp"
#include "protocol/text_result.hpp"

using namespace proxy;
using namespace std::chrono_literals;

namespace {

using bytes = std::vector<std::uint8_t>;
namespace status = protocol::server_status;

constexpr std::uint32_t capabilities = protocol::capability::protocol_41 |
                                       protocol::capability::deprecate_eof |
                                       protocol::capability::session_track;

bytes ok_bytes(protocol::ok_packet ok, const std::vector<protocol::session_change>& news = {}) {
    bytes told;
    protocol::writer changes(told);
    for (const auto& change : news) protocol::encode(change, changes);
    ok.session_state = told;
    bytes out;
    const std::size_t header_at = protocol::begin_packet(out);
    protocol::writer packet(out);
    protocol::encode(ok, capabilities, packet);
    std::uint8_t sequence = 1;
    protocol::finish_packet(out, header_at, sequence);
    return out;
}

bytes table(const std::vector<std::string>& rows, protocol::ok_packet end = {.status = 2}) {
    bytes out;
    std::uint8_t sequence = 1;
    protocol::text_result_writer result(out, capabilities, sequence);
    protocol::column_definition column;
    column.name = "value";
    result.columns(std::vector{column}, 2);
    for (const std::string& row : rows) result.row(std::vector<protocol::text_value>{row});
    result.end(end);
    return out;
}

answer_recorder recorded(bytes answer, std::size_t piece = 7) {
    answer_recorder out;
    out.begin(capabilities, 1);
    for (std::size_t at = 0; at < answer.size(); at += piece) {
        // As a relay does: it sees more than it takes, and writes into what it has seen.
        const std::size_t size = std::min(piece, answer.size() - at);
        out.see(std::span(answer).subspan(at));
        for (std::size_t i = at; i < at + size; ++i) answer[i] = 0xee;
        out.keep(size);
    }
    return out;
}

std::optional<learned_answer> learned(const bytes& answer,
                                      std::optional<std::uint64_t> number = std::nullopt) {
    return learn_answer(recorded(answer), number);
}

learned_answers::question question(const pool::shared_vector& state, std::string_view text) {
    return {nullptr, state, text};
}

learned_answer some_answer() {
    learned_answer made;
    made.generation = 1;
    made.learned_at = {};
    return made;
}

}  // namespace

TEST_CASE("An answer is kept as it came", "[proxy]") {
    const bytes rows = table({"utf8mb4"});
    REQUIRE(learned(rows));
    CHECK(learned(rows)->bytes == rows);
    using type = protocol::session_track_type;
    const bytes done =
        ok_bytes({.status = status::autocommit},
                 {{type::system_variables, "autocommit", "ON"}, {type::state_change, {}, "1"}});
    REQUIRE(learned(done));
    CHECK(learned(done)->bytes == done);
    CHECK(learned(table({})));
}

TEST_CASE("An answer that says more than the session's state is not kept", "[proxy]") {
    using type = protocol::session_track_type;
    CHECK_FALSE(learned(ok_bytes({.status = 2, .warnings = 1})));
    CHECK_FALSE(learned(ok_bytes({.affected_rows = 1, .status = 2})));
    CHECK_FALSE(learned(ok_bytes({.last_insert_id = 5, .status = 2})));
    CHECK_FALSE(learned(ok_bytes({.status = 2 | status::in_transaction})));
    CHECK_FALSE(learned(ok_bytes({.status = 2 | status::query_was_slow})));
    CHECK_FALSE(learned(ok_bytes({.status = 2}, {{type::schema, {}, "shop"}})));
    CHECK_FALSE(learned(ok_bytes({.status = 2}, {{type::gtids, {}, "x:1"}})));
    CHECK_FALSE(learned(table({"1", "2"})));
    CHECK_FALSE(learned(table({"1"}, {.status = 2, .warnings = 1})));
    CHECK_FALSE(learned(table({std::string(answer_recorder::bytes_max, 'x')})));

    bytes error;
    const std::size_t header_at = protocol::begin_packet(error);
    protocol::writer packet(error);
    protocol::encode(protocol::err_packet{1193, "HY000", "Unknown system variable"}, packet);
    std::uint8_t sequence = 1;
    protocol::finish_packet(error, header_at, sequence);
    CHECK_FALSE(learned(error));
}

TEST_CASE("An answer cut short anywhere is not kept", "[proxy]") {
    const bytes whole = table({"utf8mb4"});
    for (std::size_t size = 0; size < whole.size(); ++size) {
        CAPTURE(size);
        CHECK_FALSE(learned(bytes(whole.begin(), whole.begin() + static_cast<long>(size))));
    }
}

TEST_CASE("An answer from a connection of unknown beginning is not kept", "[proxy]") {
    answer_recorder from_nowhere;
    from_nowhere.begin(capabilities, 0);
    const bytes rows = table({"x"});
    from_nowhere.see(rows);
    from_nowhere.keep(rows.size());
    CHECK_FALSE(learn_answer(from_nowhere, std::nullopt));
}

TEST_CASE("A number of the session's own takes the place of another's", "[proxy]") {
    const std::uint64_t number = GENERATE(0u, 7u, 18446744073709551615u);
    const auto known = learned(table({"12345"}), 12345);
    REQUIRE(known);
    CHECK(known->is_number());
    CHECK(answer_with(*known, number) == table({std::to_string(number)}));
    CHECK_FALSE(learned(table({"12345"}), 12346));
    CHECK_FALSE(learned(table({}), 12345));
}

TEST_CASE("An answer is found by who asks, in which state, and what", "[proxy]") {
    pool::vector_interner vectors;
    const auto blank = vectors.intern({});
    pool::session_vector made;
    made.use_schema("shop");
    const auto shop = vectors.intern(made);
    learned_answers all;
    all.keep(question(blank, "SELECT DATABASE()"), some_answer());
    const auto find = [&](learned_answers::question asked, std::uint64_t generation = 1,
                          std::chrono::milliseconds age = 0ms) {
        return all.find(asked, generation, learned_answers::clock::time_point{} + age, 10ms) !=
               nullptr;
    };
    CHECK(find(question(blank, "SELECT DATABASE()")));
    CHECK_FALSE(find(question(shop, "SELECT DATABASE()")));
    CHECK_FALSE(find(question(blank, "SELECT DATABASE() ")));
    CHECK_FALSE(find({&all, blank, "SELECT DATABASE()"}));
    CHECK(find(question(blank, "SELECT DATABASE()"), 1, 10ms));
    SECTION("until it is too old") {
        CHECK_FALSE(find(question(blank, "SELECT DATABASE()"), 1, 11ms));
    }
    SECTION("until connections begin in another state") {
        CHECK_FALSE(find(question(blank, "SELECT DATABASE()"), 2));
    }
    SECTION("until a global variable changes") {
        all.clear();
    }
    CHECK_FALSE(find(question(blank, "SELECT DATABASE()")));
    CHECK(all.size() == 0);
}

TEST_CASE("Of too many answers the one unused for longest goes", "[proxy]") {
    pool::vector_interner vectors;
    const auto state = vectors.intern({});
    learned_answers all;
    const auto text = [](std::size_t i) { return "SELECT @@x" + std::to_string(i); };
    const auto find = [&](std::size_t i) {
        return all.find(question(state, text(i)), 1, {}, 1s) != nullptr;
    };
    for (std::size_t i = 0; i < learned_answers::entries_max; ++i)
        all.keep(question(state, text(i)), some_answer());
    CHECK(find(0));
    all.keep(question(state, text(1000)), some_answer());
    all.keep(question(state, text(1000)), some_answer());
    CHECK(all.size() == learned_answers::entries_max);
    CHECK(find(0));
    CHECK_FALSE(find(1));
    CHECK(find(2));
    CHECK(find(1000));
    all.keep(question(state, std::string(learned_answers::text_bytes_max + 1, 'x')), some_answer());
    CHECK(all.size() == learned_answers::entries_max);
}
