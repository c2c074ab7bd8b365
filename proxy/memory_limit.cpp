#include "proxy/memory_limit.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <limits>
#include <string>

namespace proxy {
namespace {

constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

/// A number in a file; "max", or anything else, is none.
std::size_t limit_in(const std::filesystem::path& file) {
    std::ifstream stream(file);
    std::string text;
    stream >> text;
    std::size_t bytes = 0;
    const char* const end = text.data() + text.size();
    const auto [at, failed] = std::from_chars(text.data(), end, bytes);
    return failed == std::errc() && at == end ? bytes : no_limit;
}

std::size_t physical_memory() {
    const long pages = ::sysconf(_SC_PHYS_PAGES);
    const long page = ::sysconf(_SC_PAGESIZE);
    if (pages <= 0 || page <= 0) return no_limit;
    return static_cast<std::size_t>(pages) * static_cast<std::size_t>(page);
}

}  // namespace

std::size_t cgroup_memory_limit(const std::filesystem::path& membership,
                                const std::filesystem::path& root) {
    std::size_t least = no_limit;
    std::ifstream groups(membership);
    // Lines of "number:controllers:/path"; version 2 has no controllers.
    for (std::string line; std::getline(groups, line);) {
        const std::size_t first = line.find(':');
        const std::size_t second = first == line.npos ? line.npos : line.find(':', first + 1);
        if (second == line.npos) continue;
        const std::string controllers = line.substr(first + 1, second - first - 1);
        const bool unified = controllers.empty();
        if (!unified && controllers != "memory") continue;
        const auto top = unified ? root : root / "memory";
        const char* const file = unified ? "memory.max" : "memory.limit_in_bytes";
        // A group is bound by those above it, too.
        std::filesystem::path group =
            std::filesystem::path(line.substr(second + 1)).relative_path();
        for (;; group = group.parent_path()) {
            least = std::min(least, limit_in(top / group / file));
            if (group.empty()) break;
        }
    }
    return least;
}

std::size_t memory_limit(const limits_config& limits) {
    if (limits.memory > 0) return limits.memory;
    const std::size_t here = cgroup_memory_limit("/proc/self/cgroup", "/sys/fs/cgroup");
    return std::min(here, physical_memory()) / 2;
}

}  // namespace proxy
