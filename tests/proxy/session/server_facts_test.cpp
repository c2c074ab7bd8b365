#include "proxy/server_facts.hpp"

#include <catch2/catch.hpp>

TEST_CASE("A version becomes a number that version comments are compared with", "[proxy]") {
    CHECK(proxy::version_number("9.7.4-2") == 90'704);
    CHECK(proxy::version_number("8.0.36") == 80'036);
    CHECK(proxy::version_number("8.4.0-debug") == 80'400);
    CHECK(proxy::version_number("5.7.44-log") == 50'744);
}

TEST_CASE("What is no version counts as MySQL 8.4", "[proxy]") {
    for (const char* text : {"", "x", "9", "9.", "9.7", "9.7.x", "999.1.1", "-1.0.0", "9..1",
                             "99999999999999999999.1.1"}) {
        CAPTURE(text);
        CHECK(proxy::version_number(text) == 80'400);
    }
}

TEST_CASE("All connections together leave half of the server's prepared statements to others",
          "[proxy]") {
    proxy::server_facts server;
    server.max_prepared_stmt_count = 16'382;
    CHECK(proxy::prepared_per_connection(server, 100, 200) == 81);
    CHECK(proxy::prepared_per_connection(server, 10, 200) == 200);
    server.max_prepared_stmt_count = 0;
    CHECK(proxy::prepared_per_connection(server, 100, 200) == 1);
    CHECK(proxy::prepared_per_connection(server, 1, 1) == 1);
}

TEST_CASE("A login's collation becomes its character sets", "[proxy]") {
    proxy::server_facts server;
    server.collations[45] = {"utf8mb4", "utf8mb4_general_ci"};
    const auto state = proxy::state_after_login(server, 45, "shop", false);
    CHECK(state.schema() == "shop");
    const auto value = [&](std::string_view name) {
        const auto* found = state.find(*pool::find_variable(name));
        return found == nullptr ? std::string("unchanged") : found->value_or("NULL");
    };
    CHECK(value("character_set_client") == "utf8mb4");
    CHECK(value("character_set_connection") == "utf8mb4");
    CHECK(value("character_set_results") == "utf8mb4");
    CHECK(value("collation_connection") == "utf8mb4_general_ci");
    CHECK(state.results_collation() == "utf8mb4_general_ci");
    CHECK(value("wait_timeout") == "unchanged");
}

TEST_CASE("A character set's default collation is not chosen by the login", "[proxy]") {
    proxy::server_facts server;
    server.collations[255] = {"utf8mb4", "utf8mb4_0900_ai_ci", true};
    CHECK(proxy::state_after_login(server, 255, "", false).results_collation().empty());
}

TEST_CASE("A client that ignores spaces begins with a mode for it", "[proxy]") {
    const pool::variable_id id = *pool::find_variable("sql_mode");
    const auto mode = [&](std::optional<std::string> of_server) {
        const auto made = proxy::ignoring_space(std::make_shared<const pool::variable_baseline>(
            pool::variable_baseline{{id, std::move(of_server)}}));
        return made->front().value;
    };
    CHECK(mode("") == "IGNORE_SPACE");
    CHECK(mode("ONLY_FULL_GROUP_BY,NO_ZERO_DATE") ==
          "IGNORE_SPACE,ONLY_FULL_GROUP_BY,NO_ZERO_DATE");
    CHECK(mode("REAL_AS_FLOAT,ANSI_QUOTES") == "REAL_AS_FLOAT,ANSI_QUOTES,IGNORE_SPACE");
    CHECK(mode("ANSI_QUOTES,IGNORE_SPACE,ANSI") == "ANSI_QUOTES,IGNORE_SPACE,ANSI");
    CHECK(proxy::ignoring_space(nullptr) == nullptr);
}

TEST_CASE("An interactive client waits as long as interactive_timeout says", "[proxy]") {
    proxy::server_facts server;
    const auto id = *pool::find_variable("wait_timeout");
    CHECK(proxy::state_after_login(server, 45, "", true).find(id) == nullptr);
    server.interactive_timeout = "7000";
    CHECK(*proxy::state_after_login(server, 45, "", true).find(id) == "7000");
    CHECK(proxy::state_after_login(server, 45, "", false).find(id) == nullptr);
}

TEST_CASE("A collation that the server does not know leaves the server's own", "[proxy]") {
    const auto state = proxy::state_after_login({}, 45, "", false);
    CHECK(state.settings().empty());
    CHECK(state.schema().empty());
}
