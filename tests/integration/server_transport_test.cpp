#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/integration/cluster.hpp"
#include "tests/support/free_port.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/wait_until.hpp"

/// How Tidegate speaks to its servers: TLS and compression.

using namespace integration;
using namespace std::chrono_literals;

namespace {

std::string status(support::mysql_connection& session, const std::string& name) {
    return session.query("SHOW SESSION STATUS LIKE '" + name + "'").at(0).at(1).value();
}

/// A certificate for 127.0.0.1 that vouches for itself, and its key.
class server_certificate {
public:
    server_certificate() {
        support::child_process openssl(
            {"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj",
             "/CN=db", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key(), "-out", file()},
            folder_.path() / "output");
        REQUIRE(openssl.wait(60s) == 0);
    }
    std::string file() const { return (folder_.path() / "cert.pem").string(); }
    std::string key() const { return (folder_.path() / "key.pem").string(); }
    std::vector<std::string> server_arguments() const {
        return {"--ssl-ca=" + file(), "--ssl-cert=" + file(), "--ssl-key=" + key()};
    }

private:
    support::temp_folder folder_;
};

/// The log of a Tidegate before `server`, as soon as `text` is in it.
bool logs(const support::mysql_server& server, const std::string& primary_settings,
          const std::string& text) {
    const support::temp_folder folder;
    const auto config = folder.path() / "tidegate.yaml";
    std::ofstream(config) << "listen: {mysql: 127.0.0.1:" << support::free_port()
                          << ", http: off}\nprimary: {host: 127.0.0.1, port: " << server.port()
                          << ", " << primary_settings
                          << "}\nusers: [{name: app, password: app-password}]\n";
    support::child_process tidegate(
        {TIDEGATE_BINARY_DIR "/tidegate", "serve", "--config", config.string()},
        folder.path() / "log");
    std::string said;
    support::wait_until(20s, [&] {
        std::ifstream log(folder.path() / "log");
        said.assign(std::istreambuf_iterator<char>(log), {});
        return said.find(text) != std::string::npos || !tidegate.running();
    });
    if (said.find(text) != std::string::npos) return true;
    UNSCOPED_INFO(said);
    return false;
}

}  // namespace

TEST_CASE("Sessions are served over TLS to the server, checked as configured",
          "[server_transport]") {
    const server_certificate own;
    const std::string ca = ", ca_file: " + own.file();
    // Every mode, and every way to compress below it.
    const auto [mode, algorithm] = GENERATE(table<std::string, std::string>({
        {"preferred", "none"},
        {"required", "zstd"},
        {"verify-ca", "zlib"},
        {"verify-identity", "none"},
    }));
    const std::string tls =
        ", tls: {mode: " + mode + (mode.starts_with("verify") ? ca : std::string()) + "}";
    CAPTURE(tls, algorithm);
    cluster servers({.primary_settings = tls + ", compression: " + algorithm,
                     .primary_arguments = own.server_arguments()});
    auto session = servers.connect();
    CHECK_FALSE(status(session, "Ssl_cipher").empty());
    CHECK(status(session, "Compression") == (algorithm == "none" ? "OFF" : "ON"));
    const std::string long_text(1'000'000, 'x');
    CHECK(session.value("SELECT '" + long_text + "'") == long_text);
    // An account that the server does not let in without TLS.
    servers.primary().query("ALTER USER app REQUIRE SSL");
    auto another = servers.connect();
    another.query("BEGIN");  // beside the first: a new connection
    CHECK(session.value("SELECT 1") == "1");
    CHECK(another.value("SELECT 1") == "1");
}

TEST_CASE("Compressed connections to the server give the same answers", "[server_transport]") {
    const std::string algorithm = GENERATE(as<std::string>(), "zlib", "zstd");
    cluster servers({.schema = "CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY, "
                               "words LONGTEXT)",
                     .primary_connections_max = 2,
                     .primary_settings = ", compression: " + algorithm});
    auto session = servers.connect("shop");
    CHECK(status(session, "Compression_algorithm") == algorithm);
    std::string words;
    for (int i = 0; words.size() < 300'000; ++i) words += std::to_string(i * i) + " ";
    session.query("INSERT INTO t VALUES (1, '" + words + "'), (2, 'short')");
    CHECK(session.value("SELECT words FROM t WHERE id = 1") == words);
    CHECK(session.value("SELECT SHA2(words, 256) FROM t WHERE id = 1") ==
          servers.connect_directly("shop").value("SELECT SHA2(words, 256) FROM t WHERE id = 1"));
    // Commands without an answer go in front of the next, on packets of their own.
    for (int i = 0; i < 50; ++i) {
        auto another = servers.connect("shop");
        MYSQL_STMT* const statement = mysql_stmt_init(another.handle());
        const std::string sql = "SELECT " + std::to_string(i) + ", '" +
                                std::string(static_cast<std::size_t>(i) * 3000, 'x') + "' FROM t";
        REQUIRE(mysql_stmt_prepare(statement, sql.data(), sql.size()) == 0);
        REQUIRE(mysql_stmt_execute(statement) == 0);
        REQUIRE(mysql_stmt_store_result(statement) == 0);
        CHECK(mysql_stmt_num_rows(statement) == 2);
        mysql_stmt_close(statement);
        CHECK(another.value("SELECT '" + words + "' = words FROM t WHERE id = 1") == "1");
    }
}

TEST_CASE("A server that does not compress is spoken to plainly", "[server_transport]") {
    cluster servers({.primary_settings = ", compression: zstd",
                     .primary_arguments = {"--protocol-compression-algorithms=uncompressed"}});
    auto session = servers.connect();
    CHECK(status(session, "Compression") == "OFF");
}

TEST_CASE("A server without TLS, or that is not the one meant, is not logged in to",
          "[server_transport]") {
    const server_certificate another;
    const support::mysql_server secure;
    const std::string ca = (secure.data_folder() / "ca.pem").string();
    CHECK(logs(secure, "tls: {mode: verify-ca, ca_file: " + ca + "}", "primary_up"));
    // The server's own certificate is for no host.
    CHECK(logs(secure, "tls: {mode: verify-identity, ca_file: " + ca + "}", "mismatch"));
    CHECK(logs(secure, "tls: {mode: verify-ca, ca_file: " + another.file() + "}",
               "TLS with the server failed"));

    const support::mysql_server plain({.arguments = {"--tls-version="}});
    CHECK(logs(plain, "tls: {mode: preferred}", "primary_up"));
    CHECK(logs(plain, "tls: {mode: required}", "the server does not offer it"));
}

TEST_CASE("The authorities that servers are checked with are read again on SIGHUP",
          "[server_transport]") {
    const server_certificate own;
    const server_certificate another;
    const support::temp_folder folder;
    const auto trusted = folder.path() / "ca.pem";
    std::filesystem::copy_file(own.file(), trusted);
    cluster servers(
        {.primary_settings = ", tls: {mode: verify-ca, ca_file: " + trusted.string() + "}",
         .primary_arguments = own.server_arguments()});
    int reloads = 0;
    const auto reload = [&](const server_certificate& now) {
        std::filesystem::copy_file(now.file(), trusted,
                                   std::filesystem::copy_options::overwrite_existing);
        ::kill(servers.tidegate().pid(), SIGHUP);
        ++reloads;
        return support::wait_until(20s, [&] {
            const std::string log = servers.tidegate().log();
            int seen = 0;
            for (std::size_t at = 0; (at = log.find("certificates_reloaded", at)) != log.npos; ++at)
                ++seen;
            return seen == reloads;
        });
    };
    // Every transaction keeps a connection, so sooner or later one must be opened.
    std::vector<support::mysql_connection> sessions;
    const auto can_open = [&] {
        for (int i = 0; i < 5; ++i) {
            try {
                sessions.push_back(servers.connect());
                sessions.back().query("BEGIN");
            } catch (const support::server_error&) {
                return false;
            }
        }
        return true;
    };
    CHECK(can_open());
    REQUIRE(reload(another));
    CHECK_FALSE(can_open());
    REQUIRE(reload(own));
    CHECK(support::wait_until(20s, can_open));
    CHECK(sessions.front().value("SELECT 1") == "1");
}
