#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/child_process.hpp"
#include "tests/support/mysql_connection.hpp"
#include "tests/support/temp_folder.hpp"

namespace support {

/// The ports that a Tidegate under test listens on.
struct tidegate_ports {
    std::uint16_t mysql = 0;
    std::uint16_t http = 0;
};

/// The built binary as users run it: `tidegate serve --config FILE`.
///
/// The configuration is made by a function, since it needs the ports that the fixture has chosen:
///
///     tidegate_process tidegate([&](tidegate_ports p) { return fmt::format("mysql: …", p.mysql);
///     });
///
/// The binary is the one of the same build; $TIDEGATE_BINARY names another.
class tidegate_process {
public:
    using config_maker = std::function<std::string(tidegate_ports)>;

    /// Starts it and waits until /readyz answers 200.  Throws std::runtime_error with the end of
    /// its log if it ends instead or is not ready in time.
    explicit tidegate_process(const config_maker& config,
                              std::chrono::milliseconds ready_max = std::chrono::seconds(60));

    void stop();     // SIGTERM, and waits; throws unless it ends with status 0
    void kill();     // SIGKILL: a crash
    void start();    // after stop() or kill(): same ports, same configuration
    void restart();  // stop() and start()

    std::uint16_t port() const noexcept { return ports_.mysql; }
    std::uint16_t http_port() const noexcept { return ports_.http; }
    pid_t pid() const noexcept { return process_ ? process_->pid() : -1; }
    bool running() { return process_ && process_->running(); }
    std::string log() const;
    std::size_t resident_bytes() const { return process_ ? process_->resident_bytes() : 0; }
    const std::filesystem::path& config_file() const noexcept { return config_file_; }

    /// A client session through Tidegate.
    mysql_connection connect(const login& as = {"app", "app-password", ""}) const;

private:
    [[noreturn]] void fail(const std::string& what) const;

    temp_folder folder_;
    std::filesystem::path config_file_;
    tidegate_ports ports_;
    std::chrono::milliseconds ready_max_;
    std::optional<child_process> process_;
};

/// How a command that ends by itself ended.
struct command_result {
    int exit_status = -1;  // -1: it did not end in time and was killed
    std::string output;    // standard output and errors
};

/// Runs `tidegate ARGUMENTS…` to its end: for `check`, `explain`, and configurations `serve`
/// refuses.
command_result run_tidegate(const std::vector<std::string>& arguments,
                            std::chrono::milliseconds deadline = std::chrono::seconds(30));

}  // namespace support
