#include "tests/long/sysbench.hpp"

#include <chrono>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>

namespace long_test {
namespace {

std::vector<std::string> command_line(const sysbench_options& options, const std::string& command) {
    const auto with = [](const std::string& name, auto value) {
        std::ostringstream argument;
        argument << "--" << name << "=" << value;
        return argument.str();
    };
    return {"sysbench",
            options.workload,
            "--db-driver=mysql",
            "--mysql-host=127.0.0.1",
            with("mysql-port", options.port),
            "--mysql-user=app",
            "--mysql-password=app-password",
            "--mysql-db=sbtest",
            with("db-ps-mode", options.prepared),
            with("threads", options.clients),
            with("time", options.seconds),
            with("tables", options.tables),
            with("table-size", options.rows),
            "--rand-type=uniform",
            command};
}

std::string read_file(const std::filesystem::path& path) {
    std::ifstream in(path);
    std::ostringstream text;
    text << in.rdbuf();
    return std::move(text).str();
}

}  // namespace

sysbench::sysbench(const sysbench_options& options, const std::string& command)
    : process_(command_line(options, command), folder_.path() / "report"),
      seconds_(options.seconds) {}

std::string sysbench::finish() {
    constexpr std::chrono::seconds grace{120};  // to connect, and for the last statements
    const std::optional<int> status = process_.wait(std::chrono::seconds(seconds_) + grace);
    std::string report = read_file(folder_.path() / "report");
    if (status != 0) throw std::runtime_error("sysbench failed:\n" + report);
    return report;
}

double reported(const std::string& report, const std::string& label) {
    const std::size_t at = report.find(label);
    if (at == std::string::npos)
        throw std::runtime_error("sysbench did not report " + label + "\n" + report);
    return std::stod(report.substr(at + label.size()));
}

void prepare_sysbench(sysbench_options options) {
    options.clients = 1;
    options.workload = "oltp_read_write";
    sysbench(options, "prepare").finish();
}

}  // namespace long_test
