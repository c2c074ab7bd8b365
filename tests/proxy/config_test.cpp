#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

#include "proxy/config_file.hpp"
#include "tests/support/temp_folder.hpp"

using namespace proxy;
using namespace std::chrono_literals;

namespace {

const std::string smallest = R"(
primary: {host: db1}
users:
  - {name: app, password: secret}
)";

const std::string with_edge = R"(
primary:
  host: db1
  port: 3307
users:
  - {name: app, password: ''}
edges:
  - name: east
    server: {host: edge1, port: 3308, connections_max: 7}
    replication:
      source: {user: repl, password: r}
      edge: {user: applier, password: a}
      tables:
        - table: shop.customers
          exclude: [email]
        - table: shop.orders
          where: {column: shop_id, in: [1, 02]}
)";

config valid(const std::string& text) {
    auto result = parse_config(text, "tidegate.yaml");
    if (auto* problems = std::get_if<std::vector<config_problem>>(&result)) {
        for (const auto& problem : *problems) UNSCOPED_INFO(problem.to_string());
        FAIL("the configuration is not valid");
    }
    return std::get<config>(std::move(result));
}

std::vector<std::string> problems(const std::string& text) {
    auto result = parse_config(text, "tidegate.yaml");
    std::vector<std::string> out;
    if (auto* list = std::get_if<std::vector<config_problem>>(&result))
        for (const auto& problem : *list) out.push_back(problem.to_string());
    return out;
}

// The one problem of `smallest` with `extra` appended.
std::string problem_of(const std::string& extra) {
    const auto all = problems(smallest + extra);
    CAPTURE(all);
    REQUIRE(all.size() == 1);
    return all.front();
}

}  // namespace

TEST_CASE("A primary and a user are a whole configuration", "[config]") {
    const config settings = valid(smallest);
    CHECK(settings.primary.host == "db1");
    CHECK(settings.primary.port == 3306);
    CHECK(settings.primary.name == "primary");
    CHECK(settings.mysql == listen_address{"127.0.0.1", 6033});
    CHECK(settings.users.at(0).name == "app");
    CHECK(settings.users.at(0).password == "secret");
    CHECK(settings.users.at(0).level == router::consistency::session);
    CHECK(settings.edges.empty());
}

TEST_CASE("An edge's replication takes hosts and name from the servers", "[config]") {
    const config settings = valid(with_edge);
    const edge_config& edge = settings.edges.at(0);
    CHECK(edge.server.name == "east");
    CHECK(edge.server.connections_max == 7);
    CHECK(edge.replication.name == "east");
    CHECK(edge.replication.source.host == "db1");
    CHECK(edge.replication.source.port == 3307);
    CHECK(edge.replication.source.user == "repl");
    CHECK(edge.replication.edge.host == "edge1");
    CHECK(edge.replication.edge.port == 3308);
    REQUIRE(edge.replication.tables.size() == 2);
    CHECK(edge.replication.tables[0].schema == "shop");
    CHECK(edge.replication.tables[0].exclude_columns == std::vector<std::string>{"email"});
    REQUIRE(edge.replication.tables[1].where);
    CHECK(edge.replication.tables[1].where->column == "shop_id");
    // Literals stay as written: YAML would read 02 as 2 and 010 as 8.
    CHECK(edge.replication.tables[1].where->values == std::vector<std::string>{"1", "02"});
}

TEST_CASE("Every setting can be set", "[config]") {
    const config settings = valid(smallest + R"(
listen: {mysql: '[::1]:7000', http: off}
threads: 3
scheduling: batch
server_version: 8.4.5-tidegate
routing: {wait: 250ms}
limits:
  clients_max: 5
  connections_max: 50
  queue_timeout: 2s
  queue_max: 7
  answer_age_max: 3s
  read_retries_max: 4
  read_retry_time: 9s
  connection_max_age: 30m
  connection_idle_max: 90s
  client_idle_timeout: 1h
  packet_bytes_max: 16MB
log: {level: debug, format: json}
)");
    CHECK(settings.mysql == listen_address{"::1", 7000});
    CHECK(settings.http.port == 0);
    CHECK(settings.threads == 3);
    CHECK(settings.scheduling == thread_scheduling::batch);
    CHECK(settings.server_version == "8.4.5-tidegate");
    CHECK(settings.routing.wait == 250ms);
    CHECK(settings.limits.clients_max == 5);
    CHECK(settings.limits.connections_max == 50);
    CHECK(settings.limits.queue_timeout == 2s);
    CHECK(settings.limits.queue_max == 7);
    CHECK(settings.limits.answer_age_max == 3s);
    CHECK(settings.limits.read_retries_max == 4);
    CHECK(settings.limits.read_retry_time == 9s);
    CHECK(settings.limits.connection_max_age == 30min);
    CHECK(settings.limits.connection_idle_max == 90s);
    CHECK(settings.limits.client_idle_timeout == 1h);
    CHECK(settings.limits.packet_bytes_max == 16 * 1024 * 1024);
    CHECK(settings.log.level == "debug");
    CHECK(settings.log.format == "json");
}

TEST_CASE("Servers and users have limits of their own", "[config]") {
    const config settings = valid(R"(
primary: {host: db1, connections_max: 20, connections_warm: 4}
users:
  - {name: app, password: secret, connections_max: 3, local_infile: deny}
  - {name: web, password: secret, binlog_dump: true}
)");
    CHECK(settings.primary.connections_warm == 4);
    CHECK(settings.users.at(0).connections_max == 3);
    CHECK(settings.users.at(1).connections_max == 0);
    CHECK_FALSE(settings.users.at(0).local_infile);
    CHECK(settings.users.at(1).local_infile);
    CHECK_FALSE(settings.users.at(0).binlog_dump);
    CHECK(settings.users.at(1).binlog_dump);
    CHECK(problems("primary: {host: a, connections_max: 4, connections_warm: 4}\n"
                   "users: [{name: a, password: ''}]\n") ==
          std::vector<std::string>{"tidegate.yaml:1: 'primary.connections_warm' must be less than "
                                   "connections_max, of which one watches"});
}

TEST_CASE("An unknown key is reported with its line and the key that was meant", "[config]") {
    CHECK(problem_of("limits:\n  clients_mx: 3\n") ==
          "tidegate.yaml:6: unknown key 'clients_mx' in 'limits'; did you mean 'clients_max'?");
    CHECK(problem_of("routes: {}\n") == "tidegate.yaml:5: unknown key 'routes'");
    CHECK(problem_of("user: []\n") == "tidegate.yaml:5: unknown key 'user'; did you mean 'users'?");
}

TEST_CASE("All problems of a file are reported, in the order of its lines", "[config]") {
    const auto all = problems(R"(
primary: {hots: db1}
users:
  - {name: app}
limits: {queue_timeout: 10}
threads: 010
)");
    CHECK(all == std::vector<std::string>{
                     "tidegate.yaml:2: 'primary.host' is missing",
                     "tidegate.yaml:2: unknown key 'hots' in 'primary'; did you mean 'host'?",
                     "tidegate.yaml:4: 'users[0].password_env' is missing: give it, "
                     "'password_file' or 'password'",
                     "tidegate.yaml:5: 'limits.queue_timeout' must be a duration with its unit, "
                     "such as 50ms, 10s, 5m or 8h",
                     "tidegate.yaml:6: 'threads' must be a whole number, written in decimal "
                     "digits"});
}

TEST_CASE("A key given twice is a problem, since readers of YAML differ about it", "[config]") {
    CHECK(problem_of("threads: 1\nthreads: 2\n") ==
          "tidegate.yaml:6: key 'threads' is given twice; the first is in line 5");
}

TEST_CASE("A key without a value is a problem, not a default", "[config]") {
    CHECK(problem_of("threads:\n") ==
          "tidegate.yaml:5: 'threads' has no value; leave the key out for its default");
    CHECK(problem_of("threads: ~\n") ==
          "tidegate.yaml:5: 'threads' has no value; leave the key out for its default");
}

TEST_CASE("A value beyond its range is told the range", "[config]") {
    CHECK(problem_of("routing: {wait: 2h}\n") ==
          "tidegate.yaml:5: 'routing.wait' must be from 0 to 1h");
    CHECK(problem_of("limits: {packet_bytes_max: 2GB}\n") ==
          "tidegate.yaml:5: 'limits.packet_bytes_max' must be from 1KB to 1GB");
    CHECK(problem_of("limits: {clients_max: 0}\n") ==
          "tidegate.yaml:5: 'limits.clients_max' must be from 1 to 1000000");
    CHECK(problem_of("log: {level: loud}\n") ==
          "tidegate.yaml:5: 'log.level' must be trace, debug, info, warn or error");
    CHECK(problem_of("listen: {mysql: '6033'}\n") ==
          "tidegate.yaml:5: 'listen.mysql' must be host:port, such as 127.0.0.1:6033 or "
          "[::1]:6033, or 'off'");
}

TEST_CASE("What is not YAML is reported with the line of the mistake", "[config]") {
    const auto all = problems("primary: {host: db1\nusers: []\n");
    REQUIRE(all.size() == 1);
    CHECK(all.front().rfind("tidegate.yaml:", 0) == 0);
    CHECK(all.front().find("not YAML") != std::string::npos);
    CHECK(problems("- a\n- b\n").front() ==
          "tidegate.yaml:1: the file must be a mapping of keys to values");
    CHECK(problem_of("---\nthreads: 2\n") ==
          "tidegate.yaml:5: a second document begins here; one file is one configuration");
}

TEST_CASE("A section that is no mapping is one problem", "[config]") {
    CHECK(
        problems("primary: 5\nusers: [{name: a, password: ''}]\n") ==
        std::vector<std::string>{"tidegate.yaml:1: 'primary' must be a mapping of keys to values"});
    CHECK(problem_of("listen: 6033\n") ==
          "tidegate.yaml:5: 'listen' must be a mapping of keys to values");
    CHECK(problem_of("edges: {name: a}\n") ==
          "tidegate.yaml:5: 'edges' must be a list, each item beginning with '-'");
}

TEST_CASE("An empty file names what is needed", "[config]") {
    CHECK(problems("") == std::vector<std::string>{
                              "tidegate.yaml: 'primary' is missing: the server that is written to",
                              "tidegate.yaml: 'users' is missing: nobody could log in"});
}

TEST_CASE("A document that unfolds without end is refused", "[config]") {
    CHECK_FALSE(problems("a: &a [*a]\n").empty());
    std::string bomb = "l0: &l0 [x,x,x,x,x,x,x,x,x,x]\n";
    for (int i = 1; i < 10; ++i) {
        const std::string below = "*l" + std::to_string(i - 1);
        bomb += "l" + std::to_string(i) + ": &l" + std::to_string(i) + " [";
        for (int j = 0; j < 9; ++j) bomb += below + ",";
        bomb += below + "]\n";
    }
    const auto all = problems(bomb);
    CHECK(std::any_of(all.begin(), all.end(), [](const std::string& problem) {
        return problem.find("too deep or too large") != std::string::npos;
    }));
    CHECK_FALSE(problems(std::string(100'000, '[')).empty());
}

TEST_CASE("A password comes from the environment or from the first line of a file", "[config]") {
    const support::temp_folder folder;
    std::ofstream(folder.path() / "secret") << "from-file\n";
    ::setenv("TIDEGATE_TEST_PASSWORD", "from-environment", 1);
    auto result = parse_config(R"(
primary: {host: db1}
users:
  - {name: one, password_env: TIDEGATE_TEST_PASSWORD}
  - {name: two, password_file: secret}
)",
                               "tidegate.yaml", folder.path());
    REQUIRE(std::holds_alternative<config>(result));
    CHECK(std::get<config>(result).users[0].password == "from-environment");
    CHECK(std::get<config>(result).users[1].password == "from-file");
}

TEST_CASE("A password that cannot be had is a problem", "[config]") {
    const auto all = problems(R"(
primary: {host: db1}
users:
  - {name: one, password_env: TIDEGATE_TEST_NOT_SET}
  - {name: two, password_file: no/such/file}
  - {name: three, password: a, password_env: B}
)");
    REQUIRE(all.size() >= 3);
    CHECK(all[0] ==
          "tidegate.yaml:4: 'users[0].password_env' names a variable that is not set: "
          "TIDEGATE_TEST_NOT_SET");
    CHECK(all[1] == "tidegate.yaml:5: 'users[1].password_file' cannot be read: no/such/file");
    CHECK(all[2].find("is one of several") != std::string::npos);
}

TEST_CASE("No message shows a password", "[config]") {
    for (const auto& problem : problems(R"(
primary: {host: db1}
users:
  - {name: app, password: [hunter2]}
  - {name: app, password: hunter2, password_file: x, pasword: hunter2}
)"))
        CHECK(problem.find("hunter2") == std::string::npos);
}

TEST_CASE("A file with a password that others may read is loaded with a warning", "[config]") {
    const support::temp_folder folder;
    const auto file = folder.path() / "tidegate.yaml";
    std::ofstream(file) << smallest;
    using std::filesystem::perms;
    std::filesystem::permissions(file, perms::owner_read | perms::others_read);
    auto open = load_config(file);
    REQUIRE(std::holds_alternative<config>(open));
    CHECK(std::get<config>(open).warnings.size() == 1);
    std::filesystem::permissions(file, perms::owner_read);
    auto closed = load_config(file);
    REQUIRE(std::holds_alternative<config>(closed));
    CHECK(std::get<config>(closed).warnings.empty());
}

TEST_CASE("A file that is not there is one clear problem", "[config]") {
    auto result = load_config("no/such/tidegate.yaml");
    REQUIRE(std::holds_alternative<std::vector<config_problem>>(result));
    CHECK(std::get<std::vector<config_problem>>(result).at(0).to_string() ==
          "no/such/tidegate.yaml: cannot be read; is the path right?");
}

TEST_CASE("Names that must differ are compared", "[config]") {
    CHECK(problem_of("listen: {mysql: 'a:1', http: 'a:1'}\n") ==
          "tidegate.yaml:5: 'listen.http' is the same address as 'listen.mysql'");
    const auto users = problems(
        "primary: {host: a}\nusers:\n  - {name: x, password: ''}\n"
        "  - {name: x, password: ''}\n");
    CHECK(users == std::vector<std::string>{"tidegate.yaml:2: 'users' has 'x' twice"});
}

TEST_CASE("An edge that would copy a server onto itself is refused", "[config]") {
    const auto all = problems(R"(
primary: {host: db1}
users: [{name: app, password: ''}]
edges:
  - name: east
    server: {host: db1}
    replication:
      source: {user: r, password: ''}
      edge: {user: e, password: ''}
      tables: [{table: shop.customers}, {table: shop.customers}, {table: customers},
               {table: mysql.user}, {table: tidegate.x}]
)");
    CHECK(all ==
          std::vector<std::string>{
              "tidegate.yaml:7: 'edges[0].replication.bookkeeping_schema' is also a schema "
              "that is kept",
              "tidegate.yaml:9: 'edges[0].replication.edge' is the same server as the source",
              "tidegate.yaml:10: 'edges[0].replication.tables' names shop.customers twice",
              "tidegate.yaml:10: 'edges[0].replication.tables[2].table' must be "
              "schema.table, without quotes",
              "tidegate.yaml:11: 'edges[0].replication.tables[3].table' is in a schema of "
              "the server itself"});
}

TEST_CASE("A table keeps the columns it includes or those it does not exclude", "[config]") {
    const std::string rule = with_edge + "        - table: shop.items\n";
    CHECK(valid(rule + "          include: [id, name]\n")
              .edges[0]
              .replication.tables[2]
              .include_columns.size() == 2);
    CHECK(problems(rule + "          include: []\n").size() == 1);
    CHECK(problems(rule + "          include: [a]\n          exclude: [b]\n").size() == 1);
    CHECK(problems(rule + "          where: {column: a, in: []}\n").size() == 1);
}

TEST_CASE("TLS needs files that can be read", "[config]") {
    CHECK(problems(smallest + "tls: {mode: required}\n").size() == 2);
    CHECK(problem_of("tls: {mode: preferred, certificate: /dev/null/x, key: /etc/passwd}\n") ==
          "tidegate.yaml:5: 'tls.certificate' names a file that cannot be read: /dev/null/x");
}

TEST_CASE("A server's TLS, compression and PROXY header are its own", "[config]") {
    const support::temp_folder folder;
    for (const char* name : {"ca.pem", "cert.pem", "key.pem"})
        std::ofstream(folder.path() / name) << "PEM\n";
    auto result = parse_config(R"(
listen:
  proxy_protocol: {from: [10.0.0.0/8, "::1"]}
primary:
  host: db1
  proxy_protocol: true
  compression: zstd
  tls: {mode: verify-identity, ca_file: ca.pem, certificate_file: cert.pem, key_file: key.pem}
users: [{name: app, password: ''}]
)",
                               "tidegate.yaml", folder.path());
    REQUIRE(std::holds_alternative<config>(result));
    const config& settings = std::get<config>(result);
    CHECK(settings.proxy_protocol_from.size() == 2);
    CHECK(settings.primary.proxy_protocol);
    CHECK(settings.primary.compression == protocol::compression_algorithm::zstd);
    CHECK(settings.primary.tls.mode == pool::server_tls::verify_identity);
    CHECK(settings.primary.tls.ca_file == folder.path() / "ca.pem");
    CHECK(valid(smallest).primary.tls.mode == pool::server_tls::disabled);
}

TEST_CASE("TLS settings that would not do what they say are problems", "[config]") {
    const auto of_primary = [](const std::string& tls) {
        const auto all = problems("primary: {host: db1, tls: {" + tls +
                                  "}}\nusers: [{name: a, password: ''}]\n");
        return all.empty() ? std::string() : all.front();
    };
    using Catch::Matchers::Contains;
    CHECK(of_primary("mode: required") == "");
    CHECK_THAT(of_primary("mode: verify-ca"), Contains("'primary.tls.ca_file' is missing"));
    CHECK_THAT(of_primary("mode: required, ca_file: /dev/null"), Contains("is of no use"));
    CHECK_THAT(of_primary("mode: required, key_file: /etc/hostname"), Contains("needs the other"));
    CHECK_THAT(of_primary("mode: verify_ca"), Contains("verify-ca"));
    CHECK_THAT(problem_of("listen: {proxy_protocol: {from: [10.0.0.1/8]}}\n"),
               Contains("is no network"));
    CHECK_THAT(problem_of("listen: {proxy_protocol: {}}\n"), Contains("from' is missing"));
}

TEST_CASE("A user has a password, two, or the stored form of one", "[config]") {
    const auto users = [](const std::string& items) {
        return "primary: {host: db1}\nusers: [" + items + "]\n";
    };
    const std::string known = "{name: b, password: ''}, ";
    const auto two = valid(users("{name: a, passwords: [{password: x}, {password: y}]}"));
    CHECK(two.users[0].password == "x");
    CHECK(*two.users[0].other_password == "y");
    const std::string hash = "'*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19'";
    CHECK(valid(users(known + "{name: a, verifier: " + hash + "}")).users[1].verifier.size() == 41);

    using Catch::Matchers::Contains;
    const auto problem = [&](const std::string& items) {
        const auto all = problems(users(items));
        CAPTURE(all);
        REQUIRE(all.size() == 1);
        return all.front();
    };
    CHECK_THAT(problem(known + "{name: a, verifier: secret}"), Contains("as in mysql.user"));
    CHECK_THAT(problem(known + "{name: a, verifier: " + hash + ", password: x}"),
               Contains("one of several"));
    CHECK_THAT(problem(known + "{name: a, passwords: [{password: x}], password: x}"),
               Contains("one of several"));
    CHECK_THAT(problem(known + "{name: a, passwords: []}"), Contains("is empty"));
    CHECK_THAT(problem("{name: a, verifier: " + hash + "}"), Contains("needs one with a password"));
}
