#include "tests/support/child_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <system_error>
#include <utility>

#include "tests/support/wait_until.hpp"

namespace support {
namespace {

// Runs in the child, between fork and exec: only async-signal-safe calls.
[[noreturn]] void become(char* const* arguments, int in, int out, pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(125);  // the parent died before prctl
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    execvp(arguments[0], arguments);
    _exit(127);
}

}  // namespace

child_process::child_process(const std::vector<std::string>& command,
                             const std::filesystem::path& output) {
    std::vector<char*> arguments;
    for (const std::string& argument : command) {
        arguments.push_back(const_cast<char*>(argument.c_str()));
    }
    arguments.push_back(nullptr);

    const int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
    const int out = open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (in == -1 || out == -1) {
        throw std::system_error(errno, std::generic_category(), output.string());
    }
    const pid_t parent = getpid();
    pid_ = fork();
    if (pid_ == 0) become(arguments.data(), in, out, parent);
    const int error = errno;
    close(in);
    close(out);
    if (pid_ == -1) throw std::system_error(error, std::generic_category(), "fork");
}

child_process::~child_process() {
    kill();
}

child_process::child_process(child_process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), exit_status_(other.exit_status_) {}

child_process& child_process::operator=(child_process&& other) noexcept {
    if (this != &other) {
        kill();
        pid_ = std::exchange(other.pid_, -1);
        exit_status_ = other.exit_status_;
    }
    return *this;
}

void child_process::reap(int status) {
    exit_status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool child_process::running() {
    if (pid_ == -1 || exit_status_) return false;
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) != pid_) return true;
    reap(status);
    return false;
}

void child_process::signal(int number) {
    if (running()) ::kill(pid_, number);  // not reaped yet, so the pid is still ours
}

std::optional<int> child_process::wait(std::chrono::milliseconds deadline) {
    wait_until(deadline, [this] { return !running(); });
    return exit_status_;
}

void child_process::kill() {
    if (!running()) return;
    ::kill(pid_, SIGKILL);
    int status = 0;
    while (waitpid(pid_, &status, 0) == -1 && errno == EINTR) {
    }
    reap(status);
}

std::size_t child_process::resident_bytes() const {
    std::size_t total_pages = 0;
    std::size_t resident_pages = 0;
    std::ifstream statm("/proc/" + std::to_string(pid_) + "/statm");
    statm >> total_pages >> resident_pages;
    return resident_pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace support
