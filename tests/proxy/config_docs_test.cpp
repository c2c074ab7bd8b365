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

}  // namespace

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
