// `tidegate check` and `tidegate explain` beside real servers.

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <vector>

#include "proxy/cli/command_line.hpp"
#include "tests/support/free_port.hpp"
#include "tests/support/mysql_server.hpp"
#include "tests/support/temp_folder.hpp"

using namespace proxy;

namespace {

struct cluster_text {
    std::uint16_t primary = 0;
    std::uint16_t edge = 0;
    std::string app_password = "app-password";
    std::string tables =
        "[{table: shop.customers, exclude: [email]}, {table: shop.orders, where: {column: shop_id, "
        "in: [1, 2]}}]";
};

/// A folder with a tidegate.yaml, and `tidegate` run on it.
class installation {
public:
    explicit installation(const cluster_text& text) : file_((folder_.path() / "t.yaml").string()) {
        std::ofstream(file_) << fmt::format(R"(
primary: {{host: 127.0.0.1, port: {0}}}
users: [{{name: app, password: {2}, default_schema: shop}}]
edges:
  - name: east
    server: {{host: 127.0.0.1, port: {1}}}
    replication:
      source: {{user: tidegate, password: tidegate-password}}
      edge: {{user: tidegate, password: tidegate-password}}
      tables: {3}
limits: {{connect_timeout: 2s}}
)",
                                            text.primary, text.edge, text.app_password,
                                            text.tables);
    }

    /// Exit status, and what was printed.
    std::pair<int, std::string> run(std::vector<const char*> arguments) const {
        arguments.insert(arguments.begin(), "tidegate");
        arguments.insert(arguments.end(), {"-c", file_.c_str()});
        std::ostringstream out;
        const int status = cli::run(static_cast<int>(arguments.size()), arguments.data(), out, out);
        return {status, out.str()};
    }

    boost::json::object explain(const char* sql) const {
        const auto [status, text] = run({"explain", "--json", "--sql", sql});
        CAPTURE(text);
        REQUIRE(status == cli::exit_ok);
        return boost::json::parse(text).as_object();
    }

private:
    support::temp_folder folder_;
    std::string file_;
};

const std::string schema = R"(
CREATE DATABASE shop;
CREATE TABLE shop.customers (id INT PRIMARY KEY, title VARCHAR(50), email VARCHAR(50));
CREATE TABLE shop.orders (id INT PRIMARY KEY, shop_id INT NOT NULL, total INT);
CREATE TABLE shop.audit (id INT PRIMARY KEY);
)";

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("A check finds an edge in another time zone, if that counts", "[cli]") {
    support::mysql_server primary;
    ::setenv("TZ", "XST-05", 1);
    support::mysql_server edge({.edge = true});
    ::unsetenv("TZ");
    primary.query(schema);
    const installation tidegate({primary.port(), edge.port()});
    const auto [status, text] = tidegate.run({"check"});
    CAPTURE(text);
    CHECK(status == cli::exit_problem);
    CHECK(contains(text, "edge east: its system's time zone is not the primary's"));
    primary.query("SET GLOBAL time_zone = '+00:00'");
    CHECK(tidegate.run({"check"}).first == cli::exit_ok);
}

TEST_CASE("A check of servers that fit is ok", "[cli]") {
    support::mysql_server primary, edge({.edge = true});
    primary.query(schema);
    const installation tidegate({primary.port(), edge.port()});
    const auto [status, text] = tidegate.run({"check"});
    CAPTURE(text);
    CHECK(status == cli::exit_ok);
    CHECK(contains(text, ": ok, 1 users, 1 edges\n"));
}

TEST_CASE("A check names each server that cannot be used, and why", "[cli]") {
    support::mysql_server primary({.arguments = {"--gtid-mode=OFF"}});
    primary.query(schema);
    const std::uint16_t nobody = support::free_port();
    const installation tidegate({primary.port(), nobody, "wrong"});
    const auto [status, text] = tidegate.run({"check"});
    CAPTURE(text);
    CHECK(status == cli::exit_problem);
    CHECK(contains(
        text, fmt::format("primary (127.0.0.1:{}): user 'app' cannot log in: ", primary.port())));
    CHECK(contains(text, fmt::format("east (127.0.0.1:{}) cannot be reached: ", nobody)));
    CHECK(contains(text, "edge east: "));
    CHECK(contains(text, "gtid_mode"));
    CHECK_FALSE(contains(text, "wrong"));
}

TEST_CASE("explain asks the servers and says where a statement would run, and why", "[cli]") {
    support::mysql_server primary, edge({.edge = true});
    primary.query(schema);
    edge.query(
        "CREATE DATABASE shop; CREATE TABLE shop.customers (id INT PRIMARY KEY, title VARCHAR(50));"
        "CREATE TABLE shop.orders (id INT PRIMARY KEY, shop_id INT NOT NULL, total INT)");
    const installation tidegate({primary.port(), edge.port()});

    auto covered = tidegate.explain("SELECT title FROM customers WHERE id = 5");
    CHECK(covered["server"] == "east");
    CHECK(covered["reason"] == "edge_fresh");
    CHECK(covered["class"] == "read");
    CHECK(covered["digest"] == "SELECT `title` FROM `customers` WHERE `id` = ?");

    auto missing = tidegate.explain("SELECT email FROM customers");
    CHECK(missing["server"] == "primary");
    CHECK(missing["reason"] == "not_covered");
    CHECK(missing["explanation"] == "primary: column shop.customers.email is not on the edge");

    CHECK(tidegate.explain("SELECT id FROM audit")["reason"] == "not_covered");
    CHECK(tidegate.explain("SELECT id FROM orders")["reason"] == "not_covered");
    CHECK(tidegate.explain("SELECT id FROM orders WHERE shop_id = '2'")["server"] == "east");
    CHECK(tidegate.explain("DELETE FROM customers")["reason"] == "not_a_read");

    const auto [status, text] = tidegate.run({"explain", "--sql", "SELECT * FROM customers"});
    CHECK(status == cli::exit_ok);
    CHECK(contains(text, "edge east   not covered (star): shop.customers\n"));
    CHECK(contains(text, "primary: '*' asks for every column of shop.customers"));
}

TEST_CASE("explain without servers still says what the statement is", "[cli]") {
    const installation tidegate({support::free_port(), support::free_port()});
    auto answer = tidegate.explain("SELECT title FROM customers");
    CHECK(answer["class"] == "read");
    CHECK(answer["reason"] == "no_edge");
    CHECK(contains(std::string(answer["edges"].as_array()[0].as_object()["problem"].as_string()),
                   "source 127.0.0.1:"));
}

TEST_CASE("explain for a user that does not exist is a problem", "[cli]") {
    const installation tidegate({support::free_port(), support::free_port()});
    CHECK(tidegate.run({"explain", "--sql", "SELECT 1", "--user", "nobody"}).first ==
          cli::exit_problem);
}
