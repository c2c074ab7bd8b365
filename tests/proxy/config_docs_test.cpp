#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <regex>
#include <set>

#include "proxy/config_file.hpp"

using namespace proxy;

namespace {

std::string content(const std::string& file) {
    std::ifstream stream(TIDEGATE_SOURCE_DIR "/" + file);
    REQUIRE(stream);
    return {std::istreambuf_iterator<char>(stream), {}};
}

// The keys that hold values, which are those no other key continues.
std::set<std::string> keys_with_values() {
    const auto all = known_config_keys();
    std::set<std::string> out;
    for (const std::string& key : all) {
        const bool continued = std::any_of(all.begin(), all.end(), [&](const std::string& other) {
            return other.rfind(key + ".", 0) == 0 || other.rfind(key + "[]", 0) == 0;
        });
        if (!continued) out.insert(key);
    }
    return out;
}

/// A key of `limits`, and the test that fails if it has no effect.
struct tested_limit {
    const char* key;
    const char* file;
    const char* test;
};

constexpr tested_limit tested_limits[] = {
    {"clients_max", "proxy/session/session_limits_test.cpp",
     "A client more than limits.clients_max is refused until another has left"},
    {"connect_timeout", "pool/server_pool_limits_test.cpp",
     "A server that never answers costs connect_timeout, and no slot"},
    {"silence_timeout", "integration/silence_test.cpp",
     "Without limits.silence_timeout a frozen primary is waited for"},
    {"login_timeout", "integration/malformed_packet_test.cpp",
     "A client that does not log in is closed after limits.login_timeout"},
    {"connections_max", "proxy/session/session_threads_test.cpp",
     "Clients of several threads are all served, however few connections there are"},
    {"queue_timeout", "integration/transaction_test.cpp",
     "A session that waits too long for a connection gets an error and lives on"},
    {"queue_max", "proxy/session/session_pool_test.cpp",
     "Who comes when the line is full is told so at once"},
    {"answer_age_max", "proxy/session/session_answers_test.cpp",
     "Answers are not learned if they may not"},
    {"read_retries_max", "proxy/session/session_faults_test.cpp",
     "A read that loses one connection after another is tried again as often as allowed"},
    {"read_retry_time", "proxy/session/session_faults_test.cpp",
     "A read that loses one connection after another is tried again as often as allowed"},
    {"connection_max_age", "proxy/session/session_pool_test.cpp",
     "Connections are closed when they are too old or unused, down to those kept warm"},
    {"connection_idle_max", "proxy/session/session_pool_test.cpp",
     "Connections are closed when they are too old or unused, down to those kept warm"},
    {"client_idle_timeout", "proxy/session/session_limits_test.cpp",
     "A client that is idle for limits.client_idle_timeout is told so and disconnected"},
    {"shutdown_timeout", "integration/lifecycle_test.cpp",
     "A transaction that does not end within limits.shutdown_timeout is rolled back"},
    {"packet_bytes_max", "integration/malformed_packet_test.cpp",
     "A nonsensical command is answered with an error or ends the session"},
    {"memory", "integration/memory_test.cpp",
     "Halves of long statements do not take the memory of others"},
    {"convoy_max", "pool/convoy_test.cpp",
     "A convoy is no longer than allowed, and the rest goes next"},
    {"convoy_wait", "pool/convoy_test.cpp",
     "Nobody waits longer than allowed behind a slow statement"},
    {"prepared_per_connection_max", "integration/prepared_statement_test.cpp",
     "More statements than a connection may hold take turns"},
    {"prepared_per_session_max", "integration/prepared_statement_test.cpp",
     "A session may prepare no more statements than limits.prepared_per_session_max"},
};

}  // namespace

TEST_CASE("Every key of limits is named by a test of what it does", "[config]") {
    std::set<std::string> tested;
    for (const tested_limit& limit : tested_limits) {
        CAPTURE(limit.key, limit.file, limit.test);
        tested.insert("limits." + std::string(limit.key));
        const std::string text = content("tests/" + std::string(limit.file));
        CHECK(text.find("TEST_CASE(\"" + std::string(limit.test) + "\"") != text.npos);
        CHECK(text.find(limit.key) != text.npos);
    }
    std::set<std::string> limits;
    for (const std::string& key : keys_with_values())
        if (key.rfind("limits.", 0) == 0) limits.insert(key);
    CHECK(tested == limits);
}

TEST_CASE("docs/configuration.md has exactly the keys that the loader knows", "[config]") {
    const std::string page = content("docs/configuration.md");
    std::set<std::string> listed;
    const std::regex row(R"(\n\| `([a-z_.\[\]]+)` \|)");
    for (std::sregex_iterator at(page.begin(), page.end(), row), end; at != end; ++at)
        listed.insert((*at)[1]);
    CHECK(listed == keys_with_values());
}

TEST_CASE("examples/tidegate.yaml is valid and names every key", "[config]") {
    for (const char* name : {"APP_PASSWORD", "TIDEGATE_SOURCE_PASSWORD", "TIDEGATE_EDGE_PASSWORD"})
        ::setenv(name, "secret", 1);
    const std::string text = content("examples/tidegate.yaml");
    auto loaded = parse_config(text, "tidegate.yaml");
    if (auto* problems = std::get_if<std::vector<config_problem>>(&loaded))
        for (const auto& problem : *problems) FAIL_CHECK(problem.to_string());

    for (const std::string& key : keys_with_values()) {
        CAPTURE(key);
        const std::string word = key.substr(key.rfind('.') + 1) + ":";
        CHECK(text.find(word) != std::string::npos);
    }
}

TEST_CASE("examples/tidegate.yaml shows the defaults", "[config]") {
    for (const char* name : {"APP_PASSWORD", "TIDEGATE_SOURCE_PASSWORD", "TIDEGATE_EDGE_PASSWORD"})
        ::setenv(name, "secret", 1);
    const auto loaded = parse_config(content("examples/tidegate.yaml"), "tidegate.yaml");
    REQUIRE(std::holds_alternative<config>(loaded));
    const config& example = std::get<config>(loaded);
    const config defaults;
    CHECK(example.mysql == defaults.mysql);
    CHECK(example.http == defaults.http);
    CHECK(example.threads == defaults.threads);
    CHECK(example.scheduling == defaults.scheduling);
    CHECK(example.routing == defaults.routing);
    CHECK(example.limits == defaults.limits);
    CHECK(example.log == defaults.log);
    const replicator::edge_spec& spec = example.edges.at(0).replication;
    const replicator::edge_spec spec_defaults;
    CHECK(spec.chunk_bytes_max == spec_defaults.chunk_bytes_max);
    CHECK(spec.chunk_transactions_max == spec_defaults.chunk_transactions_max);
    CHECK(spec.queue_bytes_max == spec_defaults.queue_bytes_max);
    CHECK(spec.heartbeat == spec_defaults.heartbeat);
    CHECK(spec.reconnect_delay_min == spec_defaults.reconnect_delay_min);
    CHECK(spec.reconnect_delay_max == spec_defaults.reconnect_delay_max);
}
