#include "proxy/metrics.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>

using namespace proxy;

namespace {

std::string scrape_of(const std::vector<const worker_counters*>& workers) {
    replicator::replicator_status status;
    status.state = router::edge_state::streaming;
    status.lag_microseconds = 2'500;
    return scrape({.workers = [&] { return workers; },
                   .edges = [&] { return std::vector<edge_status>{{"east", status}}; }});
}

bool has_line(const std::string& text, const std::string& line) {
    return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

// name → type, of the lines "# TYPE name type".
std::map<std::string, std::string> types_in(const std::string& scrape) {
    std::map<std::string, std::string> out;
    std::istringstream lines(scrape);
    std::string hash, keyword, name, type, line;
    while (std::getline(lines, line)) {
        std::istringstream words(line);
        if (words >> hash >> keyword >> name >> type && keyword == "TYPE") out[name] = type;
    }
    return out;
}

std::string page() {
    std::ifstream file(TIDEGATE_SOURCE_DIR "/docs/metrics.md");
    return {std::istreambuf_iterator<char>(file), {}};
}

// name → type, of the tables of docs/metrics.md.
std::map<std::string, std::string> types_in_page() {
    std::map<std::string, std::string> out;
    const std::string text = page();
    const std::regex row(R"(\| `([a-z_]+)` \| (counter|gauge) \|)");
    for (std::sregex_iterator at(text.begin(), text.end(), row), end; at != end; ++at)
        out[(*at)[1]] = (*at)[2];
    return out;
}

}  // namespace

TEST_CASE("The metrics served are those that docs/metrics.md lists", "[metrics]") {
    const worker_counters worker;
    CHECK(types_in(scrape_of({&worker})) == types_in_page());
}

TEST_CASE("Every reason is in docs/metrics.md", "[metrics]") {
    const std::string text = page();
    const auto listed = [&](std::string_view reason) {
        return text.find("`" + std::string(reason) + "`") != std::string::npos;
    };
    for (std::size_t i = 0; i < pin_reason_count; ++i)
        CHECK(listed(to_string(static_cast<pin_reason>(i))));
    for (std::size_t i = 0; i < disconnect_reason_count; ++i)
        CHECK(listed(to_string(static_cast<disconnect_reason>(i))));
    for (std::size_t i = 0; i < router::reason_count; ++i)
        CHECK(listed(to_string(static_cast<router::reason>(i))));
}

TEST_CASE("A scrape adds up the counters of all workers", "[metrics]") {
    worker_counters one, two;
    one.queries.add(3);
    two.queries.add(4);
    two.clients_current.set(5);
    one.reads_edge.add();
    one.edge_wait_microseconds.add(1'500'000);
    two.pins[pin_reason::named_lock].add(2);
    one.decisions[router::reason::edge_fresh].add(6);
    const std::string text = scrape_of({&one, &two});
    CHECK(has_line(text, "tidegate_queries_total 7"));
    CHECK(has_line(text, "tidegate_clients 5"));
    CHECK(has_line(text, "tidegate_reads_total{server=\"edge\"} 1"));
    CHECK(has_line(text, "tidegate_reads_total{server=\"primary\"} 0"));
    CHECK(has_line(text, "tidegate_edge_wait_seconds_total 1.5"));
    CHECK(has_line(text, "tidegate_pins_total{reason=\"named_lock\"} 2"));
    CHECK(has_line(text, "tidegate_decisions_total{reason=\"edge_fresh\"} 6"));
}

TEST_CASE("A scrape tells the state and the lag of each edge", "[metrics]") {
    const std::string text = scrape_of({});
    CHECK(has_line(text, R"(tidegate_edge_state{edge="east",state="streaming"} 1)"));
    CHECK(has_line(text, R"(tidegate_edge_state{edge="east",state="stopped"} 0)"));
    CHECK(has_line(text, R"(tidegate_edge_lag_seconds{edge="east"} 0.0025)"));
}

TEST_CASE("Every metric has a help text and stands only once", "[metrics]") {
    const worker_counters worker;
    const std::string text = scrape_of({&worker});
    for (const auto& [name, type] : types_in(text)) {
        CAPTURE(name);
        CHECK(text.find("# HELP " + name + " ") != std::string::npos);
        const std::string line = "# TYPE " + name + " ";
        CHECK(text.find(line) == text.rfind(line));
        CHECK((type == "counter") == (name.size() > 6 && name.substr(name.size() - 6) == "_total"));
    }
}

TEST_CASE("Counters of one worker do not share a cache line with another's", "[metrics]") {
    CHECK(alignof(worker_counters) >= 64);
}
