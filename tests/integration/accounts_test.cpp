#include <catch2/catch.hpp>

#include "tests/integration/cluster.hpp"
#include "tests/support/wait_until.hpp"

/// Accounts: what the configuration knows of a password, and what servers say of an account.

using namespace integration;
using namespace std::chrono_literals;

namespace {

/// What the server keeps of app's password.
std::string stored_hash() {
    static const std::string hash = [] {
        support::mysql_server server;
        return server.value(
            "SELECT CONCAT('0x', HEX(authentication_string)) FROM mysql.user WHERE user = 'app'");
    }();
    return hash;
}

const std::string watcher = "{name: tidegate, password: tidegate-password}";

unsigned error_of(cluster& servers, const support::login& as) {
    try {
        servers.tidegate().connect(as).query("SELECT 1");
        return 0;
    } catch (const support::server_error& error) {
        return error.number();
    }
}

constexpr unsigned access_denied = 1045;

}  // namespace

TEST_CASE("A user of whom only the stored hash is known logs in with its password", "[accounts]") {
    // Of caching_sha2_password, and of mysql_native_password for the same password.
    const std::string verifier =
        GENERATE(std::string("\"*F142931D9296BB66D4600D47418DBC1475D27D29\""), stored_hash());
    CAPTURE(verifier);
    cluster servers({.settings = "threads: 3\n",
                     .users = {"{name: app, verifier: " + verifier + "}", watcher}});
    CHECK(error_of(servers, {"app", "wrong", ""}) == access_denied);
    CHECK(error_of(servers, {"app", "", ""}) == access_denied);
    CHECK(servers.connect().value("SELECT CURRENT_USER()") == "app@%");
    // From then on the password is known, to every thread.
    for (int i = 0; i < 20; ++i) CHECK(servers.connect().value("SELECT 1") == "1");
    CHECK(error_of(servers, {"app", "wrong", ""}) == access_denied);
    CHECK(servers.tidegate().log().find("app-password") == std::string::npos);
}

TEST_CASE("While a password is being changed, the old one and the new one are right",
          "[accounts]") {
    cluster servers({.primary_connections_max = 3,
                     .settings = "threads: 1\n",
                     .users = {"{name: app, passwords: [{password: app-password}, {password: "
                               "new-password}]}"}});
    const auto both_work = [&] {
        for (const char* password : {"app-password", "new-password"}) {
            CAPTURE(password);
            // Several at once: some on new connections.
            auto one = servers.tidegate().connect({"app", password, ""});
            auto two = servers.tidegate().connect({"app", password, ""});
            one.query("BEGIN");
            two.query("BEGIN");
            CHECK(one.value("SELECT 1") == "1");
            CHECK(two.value("SELECT 1") == "1");
        }
        CHECK(error_of(servers, {"app", "wrong", ""}) == access_denied);
    };
    // Whoever changes a password ends the account's connections; a read notices that.
    const auto change_to = [&](const std::string& password) {
        support::mysql_server& primary = servers.primary();
        primary.query("ALTER USER app IDENTIFIED BY '" + password + "'");
        const std::string theirs = "FROM information_schema.processlist WHERE user = 'app'";
        for (const auto& row : primary.query("SELECT id " + theirs))
            primary.query("KILL " + row.at(0).value());
        REQUIRE(support::wait_until(
            20s, [&] { return primary.value("SELECT COUNT(*) " + theirs) == "0"; }));
        CHECK(servers.tidegate().connect({"app", "new-password", ""}).value("SELECT 1") == "1");
    };
    both_work();
    change_to("new-password");
    both_work();
    change_to("app-password");  // and back
    both_work();
}

TEST_CASE("What the server says of an account reaches the client", "[accounts]") {
    cluster servers({.schema = "CREATE USER locked IDENTIFIED BY 'x' ACCOUNT LOCK;"
                               "CREATE USER expired IDENTIFIED BY 'x' PASSWORD EXPIRE;"
                               "CREATE USER elder IDENTIFIED WITH sha256_password BY 'x';"
                               "CREATE USER changed IDENTIFIED BY 'other'",
                     .users = {watcher, "{name: locked, password: x}",
                               "{name: expired, password: x}", "{name: elder, password: x}",
                               "{name: changed, password: x}", "{name: unknown, password: x}"}});
    // sha256_password has no fast way: the password goes to the server encrypted with its key.
    CHECK(error_of(servers, {"elder", "x", ""}) == 0);
    for (const char* user : {"locked", "expired", "changed", "unknown"}) {
        CAPTURE(user);
        unsigned directly = 0;
        try {
            servers.primary().connect({user, "x", ""});
        } catch (const support::server_error& error) {
            directly = error.number();
        }
        CHECK(directly != 0);
        CHECK(error_of(servers, {user, "x", ""}) == directly);
        if (user == std::string("locked")) CHECK(directly == 3118);
        if (user == std::string("expired")) CHECK(directly == 1862);
    }
}

TEST_CASE("A server that lets an account in for a new password only says so", "[accounts]") {
    cluster servers({.schema = "CREATE USER expired IDENTIFIED BY 'x' PASSWORD EXPIRE",
                     .users = {watcher, "{name: expired, password: x}"},
                     .primary_arguments = {"--disconnect-on-expired-password=OFF"}});
    constexpr unsigned must_change_password = 1820;
    CHECK(error_of(servers, {"expired", "x", ""}) == must_change_password);
    CHECK(error_of(servers, {"expired", "x", "information_schema"}) == must_change_password);
    servers.primary().query("ALTER USER expired IDENTIFIED BY 'x'");
    CHECK(error_of(servers, {"expired", "x", ""}) == 0);
}
