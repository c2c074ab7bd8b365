#include "proxy/cli/command_line.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>
#include <vector>

#include "tests/support/temp_folder.hpp"

using namespace proxy;

namespace {

struct outcome {
    int status = -1;
    std::string out{};
    std::string err{};
};

outcome tidegate(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "tidegate");
    std::ostringstream out, err;
    const int status = cli::run(static_cast<int>(arguments.size()), arguments.data(), out, err);
    return {status, out.str(), err.str()};
}

}  // namespace

TEST_CASE("Wrong usage ends with status 2 and says what is wrong", "[cli]") {
    CHECK(tidegate({}).status == cli::exit_usage);
    CHECK(tidegate({"fly"}).status == cli::exit_usage);
    CHECK(tidegate({"serve", "--fast"}).status == cli::exit_usage);
    const outcome without_sql = tidegate({"explain"});
    CHECK(without_sql.status == cli::exit_usage);
    CHECK(without_sql.err.find("--sql") != std::string::npos);
}

TEST_CASE("Help and version are no mistakes", "[cli]") {
    CHECK(tidegate({"--version"}).status == cli::exit_ok);
    CHECK(tidegate({"--version"}).out == "tidegate " TIDEGATE_VERSION "\n");
    const outcome help = tidegate({"--help"});
    CHECK(help.status == cli::exit_ok);
    for (const char* command : {"serve", "check", "explain"})
        CHECK(help.out.find(command) != std::string::npos);
    CHECK(tidegate({"check", "--help"}).status == cli::exit_ok);
}

TEST_CASE("An offline check reads the file and asks nobody", "[cli]") {
    const support::temp_folder folder;
    const std::string file = (folder.path() / "tidegate.yaml").string();
    std::ofstream(file) << "primary: {host: nowhere.invalid}\nusers: [{name: a, password: ''}]\n";
    const outcome good = tidegate({"check", "--offline", "--config", file.c_str()});
    CHECK(good.status == cli::exit_ok);
    CHECK(good.out.find(file + ": ok, 1 users, 0 edges (no server was asked)") !=
          std::string::npos);

    std::ofstream(file) << "primary: {hots: db1}\n";
    const outcome bad = tidegate({"check", "--offline", "--config", file.c_str()});
    CHECK(bad.status == cli::exit_problem);
    CHECK(bad.out.find(file + ":1: unknown key 'hots' in 'primary'; did you mean 'host'?") !=
          std::string::npos);
}

TEST_CASE("A check reads the certificates that the file names", "[cli]") {
    const support::temp_folder folder;
    const std::string file = (folder.path() / "tidegate.yaml").string();
    std::ofstream(folder.path() / "text.pem") << "no certificate\n";
    for (const char* where :
         {"tls: {mode: required, certificate: text.pem, key: text.pem}\n"
          "primary: {host: db1}\n",
          "primary: {host: db1, tls: {mode: verify-ca, ca_file: text.pem}}\n"}) {
        std::ofstream(file) << where << "users: [{name: a, password: ''}]\n";
        const outcome bad = tidegate({"check", "--offline", "--config", file.c_str()});
        CHECK(bad.status == cli::exit_problem);
        CHECK(bad.out.find("text.pem cannot be used") != std::string::npos);
    }
}

TEST_CASE("A configuration that cannot be read ends every command with status 1", "[cli]") {
    const char* nowhere = "no/such/tidegate.yaml";
    CHECK(tidegate({"check", "-c", nowhere}).status == cli::exit_problem);
    CHECK(tidegate({"explain", "--sql", "SELECT 1", "-c", nowhere}).status == cli::exit_problem);
    CHECK(tidegate({"explain", "--sql", "SELECT 1", "-c", nowhere}).err ==
          "no/such/tidegate.yaml: cannot be read; is the path right?\n");
}
