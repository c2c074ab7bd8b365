#include "tests/support/temp_folder.hpp"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <string>
#include <string_view>
#include <system_error>

namespace support {
namespace {

// The name holds the owner's pid: prefix, pid, dot, six characters of mkdtemp.
constexpr std::string_view prefix = "tidegate-test.";

bool owner_is_gone(std::string_view name) {
    name.remove_prefix(prefix.size());
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error != std::errc() || end == name.data() || pid <= 0) return false;
    return kill(pid, 0) == -1 && errno == ESRCH;
}

void remove_left_behind(const std::filesystem::path& parent) {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(parent, ignored)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with(prefix) && owner_is_gone(name)) {
            std::filesystem::remove_all(entry.path(), ignored);
        }
    }
}

}  // namespace

temp_folder::temp_folder() {
    const std::filesystem::path parent = std::filesystem::temp_directory_path();
    [[maybe_unused]] static const bool swept = (remove_left_behind(parent), true);
    std::string name =
        (parent / (std::string(prefix) + std::to_string(getpid()) + ".XXXXXX")).string();
    if (mkdtemp(name.data()) == nullptr) {
        throw std::system_error(errno, std::generic_category(), "mkdtemp " + name);
    }
    path_ = name;
}

temp_folder::~temp_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace support
