#include "tests/support/mysql_server.hpp"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "tests/support/free_port.hpp"
#include "tests/support/wait_until.hpp"

namespace support {
namespace {

using namespace std::chrono_literals;

constexpr auto start_max = 60s;  // generous: a loaded machine, sanitizers, crash recovery
constexpr auto stop_max = 60s;
constexpr int port_attempts_max = 10;

// The path that a script of ours prints on its one line.
std::string ask(const std::string& script) {
    const std::string path = std::string("'" TIDEGATE_SOURCE_DIR "/scripts/'") + script;
    FILE* const pipe = popen(path.c_str(), "re");
    if (pipe == nullptr) throw std::runtime_error("cannot run " + path);
    std::string text;
    std::array<char, 4096> line{};
    while (std::fgets(line.data(), static_cast<int>(line.size()), pipe) != nullptr) {
        text += line.data();
    }
    if (pclose(pipe) != 0 || text.empty()) throw std::runtime_error(path + " failed");
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
}

const std::string& mysql_root() {
    static const std::string root = ask("mysql_root");
    return root;
}

const std::string& template_folder() {
    static const std::string folder = ask("mysql_template");
    return folder;
}

const std::string& mariadb_root() {
    static const std::string root = ask("mysql_root --mariadb");
    return root;
}

const std::string& mariadb_template_folder() {
    static const std::string folder = ask("mariadb_template");
    return folder;
}

std::string read_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return std::move(text).str();
}

}  // namespace

mysql_server::mysql_server(mysql_server_options options) : options_(std::move(options)) {
    std::filesystem::copy(options_.mariadb ? mariadb_template_folder() : template_folder(),
                          data_folder(), std::filesystem::copy_options::recursive);
    for (int attempt = 1;; ++attempt) {
        port_ = free_port();
        if (launch()) break;
        if (attempt == port_attempts_max) fail("finds no free port");
    }
    if (options_.edge) {
        query("SET sql_log_bin = 0; GRANT ALL ON *.* TO tidegate@'%'; SET sql_log_bin = 1");
    }
}

std::vector<std::string> mysql_server::mariadb_command() const {
    std::vector<std::string> all{TIDEGATE_SOURCE_DIR "/scripts/mysql_tool",
                                 "--root",
                                 mariadb_root(),
                                 "mariadbd",
                                 "--datadir=" + data_folder().string(),
                                 "--socket=" + socket(),
                                 "--port=" + std::to_string(port_),
                                 "--server-id=" + std::to_string(port_),
                                 "--log-error=" + (folder_.path() / "error.log").string(),
                                 "--pid-file=" + (folder_.path() / "pid").string(),
                                 "--bind-address=127.0.0.1",
                                 "--skip-name-resolve",
                                 "--max-connections=1000",
                                 "--innodb-flush-log-at-trx-commit=2",
                                 "--innodb-buffer-pool-size=64M",
                                 "--innodb-use-native-aio=0"};
    all.insert(all.end(), options_.arguments.begin(), options_.arguments.end());
    return all;
}

std::vector<std::string> mysql_server::command() const {
    if (options_.mariadb) return mariadb_command();
    std::vector<std::string> all{
        TIDEGATE_SOURCE_DIR "/scripts/mysql_tool", "--root", mysql_root(), "mysqld",
        "--datadir=" + data_folder().string(), "--socket=" + socket(),
        "--port=" + std::to_string(port_),
        "--server-id=" + std::to_string(port_),  // unique on this machine
        "--log-error=" + (folder_.path() / "error.log").string(),
        "--pid-file=" + (folder_.path() / "pid").string(), "--bind-address=127.0.0.1",
        "--skip-name-resolve", "--mysqlx=OFF", "--log-bin=binlog", "--gtid-mode=ON",
        "--enforce-gtid-consistency=ON", "--binlog-row-metadata=FULL",
        "--log-bin-trust-function-creators=ON", "--max-connections=1000",
        // Small and quick; a killed process loses nothing by it, only a killed machine would.
        "--sync-binlog=0", "--innodb-flush-log-at-trx-commit=2", "--innodb-buffer-pool-size=64M",
        "--innodb-redo-log-capacity=32M", "--innodb-use-native-aio=0",
        std::string("--performance-schema=") + (options_.performance_schema ? "ON" : "OFF")};
    all.insert(all.end(), options_.arguments.begin(), options_.arguments.end());
    return all;
}

bool mysql_server::launch() {
    std::filesystem::remove(folder_.path() / "error.log");
    process_.emplace(command(), folder_.path() / "output");
    const bool up = wait_until(start_max, [this] {
        try {
            root_.emplace(socket(), login{});
            return true;
        } catch (const server_error&) {
            return !process_->running();
        }
    });
    if (up && root_) return true;
    if (log().find("Address already in use") != std::string::npos) return false;
    fail("does not start");
}

void mysql_server::stop() {
    root_.reset();
    process_->signal(SIGTERM);
    if (!process_->wait(stop_max)) fail("does not stop");
    process_.reset();
}

void mysql_server::kill() {
    root_.reset();
    process_.reset();
    // A crashed server leaves its socket file; nobody may take it for a living one.
    std::filesystem::remove(socket());
    std::filesystem::remove(socket() + ".lock");
}

void mysql_server::start() {
    if (!launch()) fail("finds its port taken by another process");
}

void mysql_server::restart() {
    stop();
    start();
}

std::string mysql_server::socket() const {
    return (folder_.path() / "socket").string();
}

std::filesystem::path mysql_server::data_folder() const {
    return folder_.path() / "data";
}

std::string mysql_server::log() const {
    return read_file(folder_.path() / "error.log");
}

mysql_connection mysql_server::connect(const login& as) const {
    return mysql_connection(host(), port_, as);
}

rows mysql_server::query(const std::string& sql) {
    if (!root_) throw std::runtime_error("the MySQL server is stopped");
    return root_->query(sql);
}

std::string mysql_server::value(const std::string& sql) {
    if (!root_) throw std::runtime_error("the MySQL server is stopped");
    return root_->value(sql);
}

void mysql_server::execute(const std::filesystem::path& file) {
    query(read_file(file));
}

void mysql_server::set_read_only(bool on) {
    // Clearing super_read_only leaves read_only set, so that one is named too.
    query(on ? "SET GLOBAL super_read_only = ON" : "SET GLOBAL read_only = OFF");
}

std::string mysql_server::gtid_executed() {
    return value("SELECT REPLACE(@@global.gtid_executed, '\\n', '')");
}

void mysql_server::fail(const std::string& what) const {
    constexpr std::size_t tail = 2'000;
    std::string text = log() + read_file(folder_.path() / "output");
    if (text.size() > tail) text.erase(0, text.size() - tail);
    throw std::runtime_error("the MySQL server " + what + ":\n" + text);
}

}  // namespace support
