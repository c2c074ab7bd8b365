#include "pool/session_vector.hpp"

#include <catch2/catch.hpp>

namespace {

using pool::session_vector;

pool::variable_id id(std::string_view name) {
    return *pool::find_variable(name);
}

struct named_value {
    std::string_view name;
    pool::variable_value value;
};

session_vector vector_of(std::initializer_list<named_value> settings,
                         std::string_view schema = {}) {
    session_vector made;
    made.use_schema(schema);
    for (const named_value& s : settings) made.set(id(s.name), s.value);
    return made;
}

pool::variable_baseline baseline_of(std::initializer_list<named_value> settings) {
    const session_vector sorted = vector_of(settings);
    return {sorted.settings().begin(), sorted.settings().end()};
}

const pool::variable_baseline usual = baseline_of({
    {"character_set_client", "utf8mb4"},
    {"character_set_connection", "utf8mb4"},
    {"character_set_results", "utf8mb4"},
    {"collation_connection", "utf8mb4_0900_ai_ci"},
    {"foreign_key_checks", "ON"},
    {"max_join_size", "18446744073709551615"},
    {"sql_big_selects", "ON"},
    {"sql_mode", "STRICT_TRANS_TABLES"},
    {"time_zone", "SYSTEM"},
});

pool::shared_baseline defaults_of(std::initializer_list<named_value> settings) {
    return std::make_shared<const pool::variable_baseline>(baseline_of(settings));
}

}  // namespace

TEST_CASE("Settings are sorted however they were made", "[pool]") {
    const auto one = vector_of({{"time_zone", "+01:00"}, {"sql_mode", ""}, {"autocommit", "OFF"}});
    const auto other = vector_of(
        {{"autocommit", "OFF"}, {"time_zone", "x"}, {"sql_mode", ""}, {"time_zone", "+01:00"}});
    CHECK(one == other);
    CHECK(one.hash() == other.hash());
    REQUIRE(one.settings().size() == 3);
    CHECK(one.settings()[0].id == id("autocommit"));
    CHECK(one.settings()[2].id == id("time_zone"));
    CHECK(*one.find(id("sql_mode")) == "");
    CHECK(one.find(id("big_tables")) == nullptr);
}

TEST_CASE("Schemas, values and NULL tell vectors apart", "[pool]") {
    const auto base = vector_of({{"character_set_results", "utf8mb4"}}, "shop");
    CHECK(base != vector_of({{"character_set_results", "utf8mb4"}}));
    CHECK(base != vector_of({{"character_set_results", std::nullopt}}, "shop"));
    CHECK(vector_of({{"character_set_results", ""}}) !=
          vector_of({{"character_set_results", std::nullopt}}));
    CHECK(base != vector_of({}, "shop"));
}

TEST_CASE("The parsing part is what a statement's text means by", "[pool]") {
    const auto whole = vector_of({{"sql_mode", "ANSI_QUOTES"},
                                  {"autocommit", "OFF"},
                                  {"character_set_client", "latin1"},
                                  {"collation_connection", "latin1_bin"},
                                  {"div_precision_increment", "9"},
                                  {"max_error_count", "3"},
                                  {"transaction_isolation", "SERIALIZABLE"},
                                  {"wait_timeout", "100"}},
                                 "shop");
    CHECK(whole.parsing_part() == vector_of({{"sql_mode", "ANSI_QUOTES"},
                                             {"character_set_client", "latin1"},
                                             {"collation_connection", "latin1_bin"},
                                             {"div_precision_increment", "9"}},
                                            "shop"));
}

TEST_CASE("Where transactions are read only, writes can be prepared", "[pool]") {
    const auto read_only = vector_of({{"transaction_read_only", "ON"}});
    CHECK(read_only.with_parsing_part({}) == vector_of({{"transaction_read_only", "OFF"}}));
    CHECK(vector_of({{"transaction_read_only", "0"}}).with_parsing_part({}) ==
          vector_of({{"transaction_read_only", "0"}}));
    session_vector by_default;
    by_default.use_defaults(defaults_of({{"transaction_read_only", "ON"}}));
    CHECK(*by_default.with_parsing_part({}).value_of(id("transaction_read_only")) == "OFF");
}

TEST_CASE("A state with another's parsing part keeps its own transaction settings", "[pool]") {
    const auto mine = vector_of({{"sql_mode", ""}, {"autocommit", "OFF"}}, "mine");
    const auto other =
        vector_of({{"character_set_client", "latin1"}, {"autocommit", "ON"}}, "shop");
    CHECK(mine.with_parsing_part(other) ==
          vector_of({{"character_set_client", "latin1"}, {"autocommit", "OFF"}}, "shop"));
}

TEST_CASE("Equal vectors have one address for as long as somebody has them", "[pool]") {
    pool::vector_interner vectors;
    const auto one = vectors.intern(vector_of({{"sql_mode", ""}}, "shop"));
    CHECK(vectors.intern(vector_of({{"sql_mode", ""}}, "shop")) == one);
    CHECK(vectors.intern(vector_of({{"sql_mode", "ANSI"}}, "shop")) != one);
    CHECK(vectors.intern(vector_of({{"sql_mode", ""}})) != one);
}

TEST_CASE("The interner remembers at most twice the vectors alive", "[pool]") {
    pool::vector_interner vectors;
    for (int i = 0; i < 10'000; ++i)
        vectors.intern(vector_of({{"sql_select_limit", std::to_string(i)}}));
    CHECK(vectors.size() <= 64);

    std::vector<pool::shared_vector> alive;
    for (int i = 0; i < 200; ++i)
        alive.push_back(vectors.intern(vector_of({{"sql_select_limit", std::to_string(i)}})));
    for (int i = 1000; i < 10'000; ++i)
        vectors.intern(vector_of({{"sql_select_limit", std::to_string(i)}}));
    CHECK(vectors.size() <= 2 * alive.size() + 64);
    for (int i = 0; i < 200; ++i) {
        const auto again = vectors.intern(vector_of({{"sql_select_limit", std::to_string(i)}}));
        CHECK(again == alive[static_cast<std::size_t>(i)]);
    }
}

TEST_CASE("Agreeing states need no SET", "[pool]") {
    const auto state = vector_of({{"sql_mode", ""}}, "shop");
    CHECK(pool::set_statement(state, state, usual).empty());
    // A value that is the connection's own initial one is no difference either.
    CHECK(pool::set_statement({}, vector_of({{"time_zone", "SYSTEM"}}), usual).empty());
    // The schema is COM_INIT_DB's business.
    CHECK(pool::set_statement({}, vector_of({}, "shop"), usual).empty());
}

TEST_CASE("What a session has not changed goes back to the initial value by name", "[pool]") {
    CHECK(pool::set_statement(vector_of({{"foreign_key_checks", "OFF"}}), {}, usual) ==
          "SET SESSION foreign_key_checks='ON'");
    CHECK(pool::set_statement(vector_of({{"sql_mode", ""}, {"time_zone", "+01:00"}}),
                              vector_of({{"time_zone", "+02:00"}}), usual) ==
          "SET SESSION sql_mode='STRICT_TRANS_TABLES', SESSION time_zone='+02:00'");
}

TEST_CASE("A variable that the server does not know is left alone", "[pool]") {
    CHECK(pool::set_statement(vector_of({{"parser_max_mem_size", "1000"}}), {}, usual).empty());
    CHECK(pool::set_statement({}, vector_of({{"parser_max_mem_size", "1000"}}), usual) ==
          "SET SESSION parser_max_mem_size=1000");
}

TEST_CASE("A collation is said again when its character set is", "[pool]") {
    const auto latin =
        vector_of({{"character_set_connection", "latin1"}, {"collation_connection", "latin1_bin"}});
    CHECK(pool::set_statement({}, latin, usual) ==
          "SET SESSION character_set_connection='latin1', SESSION "
          "collation_connection='latin1_bin'");
    // The same collation, but the character set before it resets it.
    const auto odd = vector_of({{"character_set_connection", "latin1"}});
    CHECK(pool::set_statement(odd, {}, usual) ==
          "SET SESSION character_set_connection='utf8mb4', SESSION "
          "collation_connection='utf8mb4_0900_ai_ci'");
}

TEST_CASE("A collation of results takes a SET NAMES, and everything else again", "[pool]") {
    session_vector german = vector_of({{"character_set_results", "latin1"}});
    german.set_results_collation("latin1_german1_ci");
    const session_vector plain = vector_of({{"character_set_results", "latin1"}});
    CHECK(german != plain);
    CHECK(german.hash() != plain.hash());
    const std::string there =
        "SET NAMES latin1 COLLATE latin1_german1_ci, SESSION character_set_client='utf8mb4', "
        "SESSION character_set_connection='utf8mb4', SESSION "
        "collation_connection='utf8mb4_0900_ai_ci'";
    CHECK(pool::set_statement({}, german, usual) == there);
    CHECK(pool::set_statement(plain, german, usual) == there);
    CHECK(pool::set_statement(german, german, usual).empty());
    CHECK(pool::set_statement(german, plain, usual) ==
          "SET SESSION character_set_results='latin1'");
    CHECK(pool::set_statement(german, {}, usual) == "SET SESSION character_set_results='utf8mb4'");
}

TEST_CASE("A collation of results that would be refused is not said", "[pool]") {
    session_vector odd = vector_of({{"character_set_results", "utf8mb4"}});
    odd.set_results_collation("latin1_german1_ci");
    CHECK(pool::set_statement({}, odd, usual) == "SET SESSION character_set_results='utf8mb4'");
    odd = vector_of({{"character_set_results", std::nullopt}});
    odd.set_results_collation("utf8mb4_bin");
    CHECK(pool::set_statement({}, odd, usual) == "SET SESSION character_set_results=NULL");
    odd.set_results_collation("utf8mb4_bin, GLOBAL x = 1");
    CHECK(odd.results_collation().empty());
}

TEST_CASE("The collation of results is no part of what a text means", "[pool]") {
    session_vector german = vector_of({{"character_set_results", "latin1"}});
    german.set_results_collation("latin1_german1_ci");
    CHECK(german.parsing_part().results_collation().empty());
    CHECK(german.with_parsing_part(vector_of({{"sql_mode", ""}})).results_collation() ==
          "latin1_german1_ci");
}

TEST_CASE("Big selects are said again when the limit on joins is", "[pool]") {
    CHECK(pool::set_statement({}, vector_of({{"max_join_size", "1000"}}), usual) ==
          "SET SESSION max_join_size=1000, SESSION sql_big_selects='ON'");
}

TEST_CASE("Vectors of other defaults are others", "[pool]") {
    const auto one = std::make_shared<const pool::variable_baseline>(usual);
    const auto same = std::make_shared<const pool::variable_baseline>(usual);
    session_vector mine = vector_of({{"sql_mode", ""}}, "shop");
    const session_vector other = mine;
    mine.use_defaults(one);
    CHECK(mine != other);
    CHECK(mine.hash() != other.hash());
    CHECK(mine.parsing_part().defaults() == one);
    CHECK(*mine.value_of(id("sql_mode")) == "");
    CHECK(*mine.value_of(id("time_zone")) == "SYSTEM");
    CHECK(mine.value_of(id("big_tables")) == nullptr);
    CHECK(other.value_of(id("time_zone")) == nullptr);

    pool::vector_interner vectors;
    CHECK(vectors.intern_defaults(one) == one);
    CHECK(vectors.intern_defaults(same) == one);
    CHECK(vectors.intern_defaults(nullptr) == nullptr);
}

TEST_CASE("A state takes over another's sql_mode, whatever the defaults of the two", "[pool]") {
    session_vector mine = vector_of({{"autocommit", "OFF"}}, "mine");
    mine.use_defaults(defaults_of({{"sql_mode", "ANSI_QUOTES"}, {"time_zone", "+01:00"}}));
    session_vector other = vector_of({}, "shop");
    other.use_defaults(defaults_of({{"sql_mode", ""}, {"time_zone", "SYSTEM"}}));
    const session_vector both = mine.with_parsing_part(other);
    CHECK(both.defaults() == mine.defaults());
    CHECK(both.schema() == "shop");
    CHECK(*both.value_of(id("sql_mode")) == "");
    CHECK(*both.value_of(id("time_zone")) == "SYSTEM");
    CHECK(*both.value_of(id("autocommit")) == "OFF");
}

TEST_CASE("A connection goes from its own defaults to the session's by value", "[pool]") {
    session_vector there;
    there.use_defaults(defaults_of({{"foreign_key_checks", "ON"},
                                    {"parser_max_mem_size", "1000"},
                                    {"sql_mode", "ANSI_QUOTES"},
                                    {"time_zone", "+01:00"}}));
    const std::string set = "SET SESSION sql_mode='ANSI_QUOTES', SESSION time_zone='+01:00'";
    // This server does not know parser_max_mem_size.
    CHECK(pool::set_statement({}, there, usual) == set);
    session_vector here;
    here.use_defaults(std::make_shared<const pool::variable_baseline>(usual));
    CHECK(pool::set_statement(here, there, usual) == set);
    CHECK(pool::set_statement(there, here, usual) ==
          "SET SESSION sql_mode='STRICT_TRANS_TABLES', SESSION time_zone='SYSTEM'");
    // Changed by the session, and by default there, to the same.
    here.set(id("sql_mode"), "ANSI_QUOTES");
    CHECK(pool::set_statement(here, there, usual) == "SET SESSION time_zone='+01:00'");
}

TEST_CASE("Not every default is carried everywhere, but all that a session has changed", "[pool]") {
    using carried = pool::carried_defaults;
    const auto own = baseline_of(
        {{"sort_buffer_size", "1"}, {"sql_mode", ""}, {"sql_require_primary_key", "OFF"}});
    session_vector there;
    there.use_defaults(defaults_of({{"sort_buffer_size", "2"},
                                    {"sql_mode", "ANSI_QUOTES"},
                                    {"sql_require_primary_key", "ON"}}));
    CHECK(pool::set_statement({}, there, own, carried::all) ==
          "SET SESSION sort_buffer_size=2, SESSION sql_mode='ANSI_QUOTES', SESSION "
          "sql_require_primary_key='ON'");
    CHECK(pool::set_statement({}, there, own, carried::permitted) ==
          "SET SESSION sort_buffer_size=2, SESSION sql_mode='ANSI_QUOTES'");
    CHECK(pool::set_statement({}, there, own, carried::answers) ==
          "SET SESSION sql_mode='ANSI_QUOTES'");
    session_vector changed = there;
    changed.set(id("sort_buffer_size"), "3");
    CHECK(pool::set_statement(there, changed, own, carried::answers) ==
          "SET SESSION sort_buffer_size=3");
    CHECK(pool::set_statement(changed, there, own, carried::answers) ==
          "SET SESSION sort_buffer_size=1");
}
