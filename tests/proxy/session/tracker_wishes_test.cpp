#include "proxy/tracker_wishes.hpp"

#include <catch2/catch.hpp>

#include "rules/analyze.hpp"

namespace {

using type = protocol::session_track_type;

proxy::tracker_wishes after(const std::string& sql) {
    proxy::tracker_wishes wishes;
    const rules::script_facts facts = rules::analyze(sql, {});
    for (const auto& statement : facts.statements)
        for (const rules::assignment& set : statement.assignments) wishes.assign(set);
    return wishes;
}

bool wants(const proxy::tracker_wishes& wishes, type what, std::string_view name = {}) {
    return wishes.wants({what, name, "1"});
}

}  // namespace

TEST_CASE("Without wishes a client is told what MySQL tells by default", "[proxy]") {
    const proxy::tracker_wishes wishes;
    CHECK(wants(wishes, type::schema));
    CHECK_FALSE(wants(wishes, type::state_change));
    CHECK_FALSE(wants(wishes, type::gtids));
    CHECK_FALSE(wants(wishes, type::transaction_state));
    CHECK_FALSE(wants(wishes, type::transaction_characteristics));
    for (const char* name : {"time_zone", "autocommit", "character_set_client",
                             "character_set_results", "character_set_connection"}) {
        CAPTURE(name);
        CHECK(wants(wishes, type::system_variables, name));
    }
    CHECK_FALSE(wants(wishes, type::system_variables, "sql_mode"));
    CHECK_FALSE(wants(wishes, static_cast<type>(17)));
}

TEST_CASE("A client's wishes are its own session_track variables", "[proxy]") {
    CHECK_FALSE(wants(after("SET session_track_schema = OFF"), type::schema));
    CHECK_FALSE(wants(after("SET session_track_schema = 0"), type::schema));
    CHECK(wants(after("SET session_track_state_change = ON"), type::state_change));
    CHECK(wants(after("SET session_track_state_change = TRUE"), type::state_change));
    CHECK(wants(after("SET session_track_state_change = 'on'"), type::state_change));
    CHECK(wants(after("SET SESSION session_track_gtids = OWN_GTID"), type::gtids));
    CHECK(wants(after("SET @@session_track_gtids = 'ALL_GTIDS'"), type::gtids));
    CHECK_FALSE(wants(after("SET session_track_gtids = OFF"), type::gtids));

    const auto state = after("SET session_track_transaction_info = STATE");
    CHECK(wants(state, type::transaction_state));
    CHECK_FALSE(wants(state, type::transaction_characteristics));
    const auto both = after("SET session_track_transaction_info = 'CHARACTERISTICS'");
    CHECK(wants(both, type::transaction_state));
    CHECK(wants(both, type::transaction_characteristics));
}

TEST_CASE("A list of variables replaces the one before", "[proxy]") {
    const auto some = after("SET session_track_system_variables = 'sql_mode, TIME_ZONE'");
    CHECK(wants(some, type::system_variables, "sql_mode"));
    CHECK(wants(some, type::system_variables, "time_zone"));
    CHECK_FALSE(wants(some, type::system_variables, "autocommit"));
    CHECK(wants(after("SET session_track_system_variables = '*'"), type::system_variables, "x"));
    CHECK_FALSE(wants(after("SET session_track_system_variables = ''"), type::system_variables,
                      "time_zone"));
}

TEST_CASE("DEFAULT brings MySQL's own wishes back", "[proxy]") {
    const auto wishes = after(
        "SET session_track_system_variables = '*', session_track_schema = OFF, "
        "session_track_gtids = OWN_GTID; SET session_track_system_variables = DEFAULT, "
        "session_track_schema = DEFAULT, session_track_gtids = DEFAULT");
    CHECK(wants(wishes, type::schema));
    CHECK_FALSE(wants(wishes, type::gtids));
    CHECK(wants(wishes, type::system_variables, "time_zone"));
    CHECK_FALSE(wants(wishes, type::system_variables, "sql_mode"));
}

TEST_CASE("Other variables are no wishes", "[proxy]") {
    proxy::tracker_wishes wishes;
    const rules::script_facts facts = rules::analyze("SET sql_mode = '', @x = 1", {});
    for (const rules::assignment& set : facts.front().assignments) CHECK_FALSE(wishes.assign(set));
}

TEST_CASE("What a client has not asked for is filtered out, in order", "[proxy]") {
    std::vector<std::uint8_t> all, told, expected;
    {
        protocol::writer out(all);
        protocol::encode({type::system_variables, "sql_mode", ""}, out);
        protocol::encode({type::system_variables, "time_zone", "+01:00"}, out);
        protocol::encode({type::gtids, {}, "3e11fa47-71ca-11e1-9e33-c80aa9429562:1"}, out);
        protocol::encode({type::schema, {}, "shop"}, out);
        protocol::writer wanted(expected);
        protocol::encode({type::system_variables, "time_zone", "+01:00"}, wanted);
        protocol::encode({type::schema, {}, "shop"}, wanted);
    }
    proxy::tracker_wishes().filter(all, told);
    CHECK(told == expected);
    for (std::size_t size = 0; size < all.size(); ++size) {
        std::vector<std::uint8_t> cut(all.data(), all.data() + size);  // its own block
        told.clear();
        proxy::tracker_wishes().filter(cut, told);
        CHECK(told.size() <= expected.size());
    }
}

TEST_CASE("News that are merged are the newest, in the order of their types", "[proxy]") {
    const auto encoded = [](const std::vector<protocol::session_change>& changes) {
        std::vector<std::uint8_t> bytes;
        protocol::writer out(bytes);
        for (const protocol::session_change& change : changes) protocol::encode(change, out);
        return bytes;
    };
    const auto older = encoded({{type::system_variables, "time_zone", "+01:00"},
                                {type::system_variables, "autocommit", "ON"},
                                {type::schema, {}, "shop"}});
    const auto newer =
        encoded({{type::system_variables, "time_zone", "+02:00"}, {type::state_change, {}, "1"}});
    CHECK(proxy::merged_news(older, newer) ==
          encoded({{type::system_variables, "autocommit", "ON"},
                   {type::system_variables, "time_zone", "+02:00"},
                   {type::schema, {}, "shop"},
                   {type::state_change, {}, "1"}}));
    CHECK(proxy::merged_news({}, newer) == newer);
    CHECK(proxy::merged_news(older, {}) == older);
}
