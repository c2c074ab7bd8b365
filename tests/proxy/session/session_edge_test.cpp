// A session that has read from an edge, and what it does next.
#include <spdlog/logger.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <thread>

#include "proxy/log.hpp"
#include "proxy/server.hpp"
#include "proxy/worker_counters.hpp"
#include "tests/pool/fake_server.hpp"
#include "tests/proxy/session/wire_client.hpp"
#include "tests/support/free_port.hpp"
#include "tests/support/wait_until.hpp"

using namespace session_test;
using namespace std::chrono_literals;
using protocol::command;

namespace {

constexpr std::uint32_t capabilities =
    protocol::capability::session_track | protocol::capability::deprecate_eof |
    protocol::capability::plugin_auth_lenenc_data | protocol::capability::multi_statements;

/// Tidegate in this process before two servers of a few sentences, of which one is an edge that
/// holds shop.t.  Its reads leave a warning, so that sessions keep its connection for a question.
class edge_fixture {
public:
    edge_fixture() {
        primary.known["SELECT a FROM shop.t"] = "primary";
        edge.known["SELECT a FROM shop.t"] = "edge";
        primary.known["SELECT b FROM shop.t"] = "primary";
        edge.said["SELECT b FROM shop.t"] =
            std::string("\x14\0\0\1\xff\x25\5#70100interrupted", 24);
        edge.known["SHOW WARNINGS"] = "a warning";
        edge.warnings = 1;
        auto made = std::make_shared<proxy::config>();
        made->mysql.port = port_;
        made->threads = 1;
        made->primary = {"primary", "127.0.0.1", primary.endpoint().port, 3};
        made->users.push_back({"app", "secret"});
        made->edges.resize(1);
        made->edges[0].server = {"east", "127.0.0.1", edge.endpoint().port, 3};
        tidegate_.emplace(made, *log_);
        thread_ = std::thread([this] { context_.run(); });
        tidegate_->start();

        auto holds = std::make_shared<router::coverage>();
        holds->tables[{"shop", "t"}] = {};
        router::edge_report report;
        report.edge = "east";
        report.state = router::edge_state::streaming;
        report.holds = holds;
        report.applied = std::make_shared<const protocol::gtid_set>();
        tidegate_->edge_changed(report);
        // Until then it is not read by sessions in the server's own time zone.
        REQUIRE(support::wait_until(
            10s, [&] { return tidegate_->health().same_time_zone.at(0) == true; }));
    }
    ~edge_fixture() { stop(); }

    wire_client connect() const { return {port_, capabilities, {"app", "secret", ""}}; }

    /// After this the servers may be looked at.
    void stop() {
        tidegate_.reset();
        context_.stop();
        if (thread_.joinable()) thread_.join();
    }
    static bool heard(const pool_test::fake_server& server, const std::string& what) {
        return std::find(server.heard.begin(), server.heard.end(), what) != server.heard.end();
    }

private:
    boost::asio::io_context context_{1};
    std::uint16_t port_ = support::free_port();
    std::shared_ptr<spdlog::logger> log_ = proxy::make_logger({.level = "off"});

public:
    pool_test::fake_server primary{context_};
    pool_test::fake_server edge{context_};

private:
    std::optional<proxy::server> tidegate_{};
    std::thread thread_{};
};

bool contains(const bytes& answer, std::string_view text) {
    return std::search(answer.begin(), answer.end(), text.begin(), text.end()) != answer.end();
}

/// Makes the session's last statement one that the edge answered, with a warning.
void read_from_edge(wire_client& client) {
    // At once the edge is not known yet.
    REQUIRE(support::wait_until(
        10s, [&] { return contains(client.ask("SELECT a FROM shop.t"), "edge"); }));
}

}  // namespace

TEST_CASE("A question about the last statement goes to the edge that answered it", "[proxy]") {
    edge_fixture f;
    wire_client client = f.connect();
    read_from_edge(client);
    CHECK(contains(client.ask("SHOW WARNINGS"), "a warning"));
    CHECK(contains(client.ask("SHOW WARNINGS"), "a warning"));
    CHECK(contains(client.ask("SELECT a FROM shop.t"), "edge"));
}

TEST_CASE("A read that is killed on an edge does not run on the primary", "[proxy]") {
    edge_fixture f;
    wire_client client = f.connect();
    read_from_edge(client);
    CHECK(contains(client.ask("SELECT b FROM shop.t"), "interrupted"));
}

TEST_CASE("Nothing else goes to an edge because its connection is held", "[proxy]") {
    const wire_command next = GENERATE(values<wire_command>({
        "INSERT INTO shop.t VALUES (ROW_COUNT())",
        "SELECT ROW_COUNT(), a FROM shop.secret",
        "SELECT ROW_COUNT() INTO @x",
        "GET DIAGNOSTICS @x = NUMBER",
        "SELECT FOUND_ROWS(); DROP TABLE shop.t",
        {command::stmt_prepare, "SELECT a FROM shop.secret"},
        {command::init_db, "elsewhere"},
    }));
    const std::string text(next.argument.begin(), next.argument.end());
    CAPTURE(text);
    edge_fixture f;
    wire_client client = f.connect();
    read_from_edge(client);
    client.ask(next);
    client.ask("DELETE FROM shop.t");
    f.stop();
    for (const std::string& sentence : f.edge.heard) {
        CAPTURE(sentence);
        CHECK((sentence.empty() || sentence == "SELECT a FROM shop.t"));  // probes say nothing
    }
    CHECK(edge_fixture::heard(f.primary, "DELETE FROM shop.t"));
}
