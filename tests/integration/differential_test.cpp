// Every script of scripts/ is run twice, on the primary itself and through Tidegate, and both
// must look the same to the client: results, errors, warnings, status, session-track news.
//
// Through Tidegate, another session with quite another state runs a statement between any two of
// the script's, and only two backend connections serve both, so that the script's state has to be
// brought to a connection again and again.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/integration/cluster.hpp"
#include "tests/integration/outcome.hpp"
#include "tests/support/http_get.hpp"

using namespace integration;

namespace {

cluster& shared() {
    static cluster servers({
        .schema =
            "CREATE DATABASE diff; CREATE DATABASE other;"
            "CREATE DATABASE kept;"
            "CREATE TABLE kept.items (id INT PRIMARY KEY, name VARCHAR(40), price DECIMAL(8,2),"
            "    secret VARCHAR(40));"
            "CREATE TABLE kept.orders (id INT PRIMARY KEY, shop_id INT NOT NULL, item_id INT,"
            "    placed DATETIME(3), note TEXT, KEY (shop_id))",
        .tables = {"{table: kept.items, exclude: [secret]}",
                   "{table: kept.orders, where: {column: shop_id, in: [1, 2]}}"},
        .primary_connections_max = 2,
        .edge_connections_max = 1,
        .settings = "threads: 1\n"
                    "routing: {wait: 5s}\n",
    });
    return servers;
}

std::filesystem::path scripts_folder() {
    return std::filesystem::path(TIDEGATE_SOURCE_DIR) / "tests/integration/scripts";
}

std::vector<std::string> script_names() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(scripts_folder()))
        if (entry.path().extension() == ".sql") names.push_back(entry.path().stem().string());
    const char* const only = std::getenv("TIDEGATE_SCRIPT");  // for whoever looks for a difference
    if (only != nullptr) names = {only};
    std::sort(names.begin(), names.end());
    return names;
}

// The texts to send, in order: each ends with a semicolon at the end of a line.  Lines that begin
// with "# " are for the reader.
std::vector<std::string> load_script(const std::string& name) {
    std::ifstream in(scripts_folder() / (name + ".sql"));
    std::vector<std::string> texts;
    std::string text, line;
    while (std::getline(in, line)) {
        if (text.empty() && (line.empty() || line.starts_with("# "))) continue;
        text += (text.empty() ? "" : "\n") + line;
        if (!text.ends_with(';')) continue;
        text.pop_back();
        texts.push_back(std::exchange(text, {}));
    }
    return texts;
}

void begin_anew() {
    shared().primary().query(
        "DROP DATABASE IF EXISTS diff; DROP DATABASE IF EXISTS other;"
        "CREATE DATABASE diff; CREATE DATABASE other COLLATE latin1_swedish_ci;"
        "DELETE FROM kept.items; DELETE FROM kept.orders");
}

/// Another application's session: after each statement of the script it changes its own state and
/// uses whatever connection it gets.
class stirrer {
public:
    explicit stirrer(support::mysql_connection session) : session_(std::move(session)) {}
    void stir() {
        static const std::vector<std::string> states{
            "SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES', time_zone = '-07:00'",
            "USE other",
            "SET NAMES latin1 COLLATE latin1_german1_ci",
            "SET SESSION transaction_isolation = 'READ-UNCOMMITTED', group_concat_max_len = 11",
            "SET sql_mode = DEFAULT, time_zone = '+05:30'",
            "USE mysql",
            "SET autocommit = 0, lock_wait_timeout = 7",
            "SET autocommit = 1, insert_id = 99",
        };
        session_.query(states[next_++ % states.size()]);
        session_.query("SELECT @@sql_mode, DATABASE(), LAST_INSERT_ID(77)");
    }

private:
    support::mysql_connection session_;
    std::size_t next_ = 0;
};

std::vector<std::string> run_directly(const std::vector<std::string>& script, way how) {
    begin_anew();
    auto session = shared().connect_directly("diff");
    std::vector<std::string> outcomes;
    for (const std::string& text : script) outcomes.push_back(outcome(session, text, how));
    return outcomes;
}

std::vector<std::string> run_through_tidegate(const std::vector<std::string>& script, way how) {
    begin_anew();
    REQUIRE(shared().wait_until_caught_up());  // a script's TRUNCATE makes the edge copy anew
    auto session = shared().connect("diff");
    stirrer other(shared().connect());
    std::vector<std::string> outcomes;
    for (const std::string& text : script) {
        outcomes.push_back(outcome(session, text, how));
        other.stir();
    }
    return outcomes;
}

// Where two texts part, with what is before and behind; results may have megabytes.
std::string difference(const std::string& seen, const std::string& expected) {
    const auto [at, _] = std::mismatch(seen.begin(), seen.end(), expected.begin(), expected.end());
    if (at == seen.end() && seen.size() == expected.size()) return {};
    constexpr std::size_t before = 60, behind = 200;
    const auto parted = static_cast<std::size_t>(at - seen.begin());
    const std::size_t from = parted - std::min(parted, before);
    return "seen …" + seen.substr(from, before + behind) + "… expected …" +
           expected.substr(from, before + behind) + "…";
}

}  // namespace

TEST_CASE("A script through Tidegate looks to its client as it does on the server itself",
          "[differential]") {
    REQUIRE(shared().wait_until_caught_up());
    const way how = GENERATE(way::text, way::prepared);
    const std::string name = GENERATE(from_range(script_names()));
    CAPTURE(name, how == way::prepared);
    const std::vector<std::string> script = load_script(name);
    REQUIRE(script.size() > 2);

    const std::vector<std::string> expected = run_directly(script, how);
    const std::vector<std::string> seen = run_through_tidegate(script, how);
    for (std::size_t i = 0; i < script.size(); ++i) {
        CAPTURE(i, script[i]);
        CHECK(difference(seen[i], expected[i]) == "");
    }
}

TEST_CASE("The scripts' reads of kept tables were answered by the edge", "[differential]") {
    const std::string status =
        support::http_get(shared().tidegate().http_port(), "/v1/status").body;
    CAPTURE(status);
    CHECK(shared().metric("tidegate_reads_total{server=\"edge\"}") >= 10);
    CHECK(shared().metric("tidegate_coverage_bugs_total") == 0);
}
