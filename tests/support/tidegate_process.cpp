#include "tests/support/tidegate_process.hpp"

#include <signal.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "tests/support/free_port.hpp"
#include "tests/support/http_get.hpp"
#include "tests/support/wait_until.hpp"

namespace support {
namespace {

using namespace std::chrono_literals;

constexpr auto stop_max = 30s;

std::string binary() {
    const char* const chosen = std::getenv("TIDEGATE_BINARY");
    return chosen != nullptr ? chosen : TIDEGATE_BINARY_DIR "/tidegate";
}

std::string read_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return std::move(text).str();
}

}  // namespace

tidegate_process::tidegate_process(const config_maker& config, std::chrono::milliseconds ready_max)
    : config_file_(folder_.path() / "tidegate.yaml"),
      ports_{.mysql = free_port(), .http = free_port()},
      ready_max_(ready_max) {
    std::ofstream(config_file_) << config(ports_);
    start();
}

void tidegate_process::start() {
    process_.emplace(std::vector<std::string>{binary(), "serve", "--config", config_file_.string()},
                     folder_.path() / "log");
    bool ready = false;
    wait_until(ready_max_, [&] {
        ready = http_get(ports_.http, "/readyz").status == 200;
        return ready || !process_->running();
    });
    if (!process_->running()) fail("ended at start");
    if (!ready) fail("is not ready in time");
}

void tidegate_process::stop() {
    process_->signal(SIGTERM);
    const std::optional<int> status = process_->wait(stop_max);
    if (!status) fail("does not stop");
    process_.reset();
    if (*status != 0) fail("ended with status " + std::to_string(*status));
}

void tidegate_process::kill() {
    process_.reset();
}

void tidegate_process::restart() {
    stop();
    start();
}

std::string tidegate_process::log() const {
    return read_file(folder_.path() / "log");
}

mysql_connection tidegate_process::connect(const login& as) const {
    return mysql_connection("127.0.0.1", ports_.mysql, as);
}

void tidegate_process::fail(const std::string& what) const {
    constexpr std::size_t tail = 4'000;
    std::string text = log();
    if (text.size() > tail) text.erase(0, text.size() - tail);
    throw std::runtime_error("tidegate " + what + ":\n" + text);
}

command_result run_tidegate(const std::vector<std::string>& arguments,
                            std::chrono::milliseconds deadline) {
    const temp_folder folder;
    const std::filesystem::path output = folder.path() / "output";
    std::vector<std::string> command{binary()};
    command.insert(command.end(), arguments.begin(), arguments.end());
    child_process process(command, output);
    const std::optional<int> status = process.wait(deadline);
    if (!status) process.kill();
    return {.exit_status = status.value_or(-1), .output = read_file(output)};
}

}  // namespace support
