#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace support {

/// A program that runs beside the test, and never longer than it.
///
/// The destructor kills it.  If the test process itself dies, even by SIGKILL, so does the child:
/// the kernel sends it SIGKILL when the thread that started it ends.  So start children on a
/// thread that outlives them; the main thread, as a rule.
class child_process {
public:
    /// Starts `command[0]`, found on PATH, with the rest as its arguments.  Standard input is
    /// empty; output and errors are appended to the file `output`.
    child_process(const std::vector<std::string>& command, const std::filesystem::path& output);
    ~child_process();
    child_process(child_process&& other) noexcept;
    child_process& operator=(child_process&& other) noexcept;

    pid_t pid() const noexcept { return pid_; }
    bool running();  // false once it has ended, for whatever reason

    void signal(int number);

    /// Waits for the end.  Returns the exit status (128 + number if a signal ended it), or
    /// nothing if the child still runs when the deadline has passed.
    std::optional<int> wait(std::chrono::milliseconds deadline);

    /// SIGKILL, and waits until the process is gone.
    void kill();

    std::size_t resident_bytes() const;  // 0 if it does not run

private:
    void reap(int status);

    pid_t pid_ = -1;
    std::optional<int> exit_status_;
};

}  // namespace support
