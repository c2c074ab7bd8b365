#include "tests/support/child_process.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "tests/support/free_port.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/wait_until.hpp"

using namespace std::chrono_literals;

TEST_CASE("A child's exit status and output reach the test", "[support]") {
    const support::temp_folder folder;
    support::child_process child({"sh", "-c", "exit 3"}, folder.path() / "output");
    CHECK(child.wait(10s) == 3);
    CHECK_FALSE(child.running());
}

TEST_CASE("A killed child is gone and reports its signal", "[support]") {
    const support::temp_folder folder;
    support::child_process child({"sleep", "600"}, folder.path() / "output");
    CHECK(child.resident_bytes() > 0);
    child.kill();
    CHECK(kill(child.pid(), 0) == -1);
    CHECK(child.wait(0s) == 128 + SIGKILL);
}

TEST_CASE("A child does not survive a test process that is killed", "[support]") {
    const support::temp_folder folder;
    prctl(PR_SET_CHILD_SUBREAPER, 1);  // so that the orphan becomes ours to wait for
    int pipe_ends[2];
    REQUIRE(pipe(pipe_ends) == 0);
    const pid_t test_process = fork();
    if (test_process == 0) {
        const support::child_process grandchild({"sleep", "600"}, folder.path() / "output");
        const pid_t pid = grandchild.pid();
        if (write(pipe_ends[1], &pid, sizeof pid) != sizeof pid) _exit(1);
        pause();
    }
    pid_t grandchild = 0;
    REQUIRE(read(pipe_ends[0], &grandchild, sizeof grandchild) == sizeof grandchild);
    close(pipe_ends[0]);
    close(pipe_ends[1]);

    kill(test_process, SIGKILL);
    REQUIRE(waitpid(test_process, nullptr, 0) == test_process);

    pid_t ended = 0;
    support::wait_until(10s, [&] {
        ended = waitpid(grandchild, nullptr, WNOHANG);
        return ended != 0;
    });
    CHECK(ended == grandchild);
}

TEST_CASE("A free port lies outside the range of outgoing connections", "[support]") {
    CHECK(support::free_port() < 32'768);
}
