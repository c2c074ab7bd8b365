#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/child_process.hpp"
#include "tests/support/mysql_connection.hpp"
#include "tests/support/temp_folder.hpp"

namespace support {

struct mysql_server_options {
    /// mysqld arguments, after the fixture's own, so that they win: {"--gtid-mode=OFF"}.
    std::vector<std::string> arguments{};
    /// Lets the account `tidegate` write, as Tidegate needs on an edge; not in the binary log.
    bool edge = false;
    bool performance_schema = false;
    bool mariadb = false;  // this Debian's MariaDB instead, without a binary log
};

/// A real MySQL server with a data folder of its own, gone at the end of the test.
///
/// GTIDs, row-based logging with full metadata, a server id of its own, 127.0.0.1 and a socket.
/// Accounts: root without a password, app / app-password, tidegate / tidegate-password (see
/// scripts/mysql_template).  Starting takes well under two seconds, since the data folder is a
/// copy.  Throws std::runtime_error with the end of the server's log if it does not start.
class mysql_server {
public:
    explicit mysql_server(mysql_server_options options = {});

    void stop();     // SIGTERM, and waits for the clean end
    void kill();     // SIGKILL: a crash
    void start();    // after stop() or kill(): same port, same data
    void restart();  // stop() and start()

    std::string host() const { return "127.0.0.1"; }
    std::uint16_t port() const noexcept { return port_; }
    std::string socket() const;
    std::filesystem::path data_folder() const;
    pid_t pid() const noexcept { return process_ ? process_->pid() : -1; }
    std::string log() const;  // the server's error log

    mysql_connection connect(const login& as = {}) const;

    /// Runs SQL as root on a connection that the fixture keeps; a restart makes a new one.
    rows query(const std::string& sql);
    std::string value(const std::string& sql);

    /// Runs a file of statements separated by semicolons (no DELIMITER).
    void execute(const std::filesystem::path& file);

    void set_read_only(bool on);  // for everyone: super_read_only
    std::string gtid_executed();  // on one line

private:
    bool launch();  // false if the port was taken meanwhile
    std::vector<std::string> command() const;
    std::vector<std::string> mariadb_command() const;
    [[noreturn]] void fail(const std::string& what) const;

    mysql_server_options options_;
    temp_folder folder_;
    std::uint16_t port_ = 0;
    std::optional<child_process> process_;
    std::optional<mysql_connection> root_;
};

}  // namespace support
