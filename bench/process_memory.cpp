#include "bench/process_memory.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>

namespace bench {
namespace {

std::string file_of(pid_t process, const std::string& name) {
    return "/proc/" + std::to_string(process) + "/" + name;
}

// A line of the status file, such as "VmRSS:     12345 kB".
std::size_t status_bytes(pid_t process, const std::string& label) {
    std::ifstream status(file_of(process, "status"));
    std::string line;
    while (std::getline(status, line))
        if (line.starts_with(label)) return std::stoul(line.substr(label.size())) * 1024;
    throw std::runtime_error("process " + std::to_string(process) + " has no " + label);
}

}  // namespace

std::size_t resident_bytes(pid_t process) {
    return status_bytes(process, "VmRSS:");
}

std::size_t peak_resident_bytes(pid_t process) {
    return status_bytes(process, "VmHWM:");
}

void forget_peak(pid_t process) {
    std::ofstream clear(file_of(process, "clear_refs"));
    clear << "5" << std::flush;  // proc(5): resets the peak, nothing else
    if (!clear) throw std::runtime_error("the peak of resident memory cannot be reset");
}

std::size_t settled_resident_bytes(pid_t process) {
    std::array<std::size_t, 5> looks{};
    for (std::size_t& look : looks) {
        std::this_thread::sleep_for(std::chrono::milliseconds(500));
        look = resident_bytes(process);
    }
    std::sort(looks.begin(), looks.end());
    return looks[looks.size() / 2];
}

}  // namespace bench
