#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "proxy/metric_families.hpp"
#include "proxy/version.hpp"

namespace proxy {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily single(const char* name, const char* help, MetricType type, double value) {
    MetricFamily out{name, help, type, {}};
    out.metric.emplace_back();
    auto& metric = out.metric.back();
    (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
    return out;
}

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    double size = 0, resident = 0;
    statm >> size >> resident;
    return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double open_files() {
    std::error_code error;
    std::filesystem::directory_iterator entry("/proc/self/fd", error);
    double count = 0;
    for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error))
        ++count;
    return count;
}

}  // namespace

std::vector<MetricFamily> process_families(std::size_t memory_bytes_max) {
    std::vector<MetricFamily> out{
        single("tidegate_build_info", "Always 1; the label is the version.", MetricType::Gauge, 1),
        single("process_cpu_seconds_total", "CPU time used, user and system.", MetricType::Counter,
               cpu_seconds()),
        single("process_resident_memory_bytes", "Memory in RAM.", MetricType::Gauge,
               resident_bytes()),
        single("tidegate_memory_limit_bytes",
               "What clients may use: limits.memory, or half of what there is.", MetricType::Gauge,
               static_cast<double>(memory_bytes_max)),
        single("process_open_fds", "Open file descriptors.", MetricType::Gauge, open_files()),
    };
    out.front().metric.front().label.push_back({"version", std::string(version)});
    return out;
}

}  // namespace proxy
