#pragma once

#include <cstddef>
#include <filesystem>

#include "proxy/config.hpp"

namespace proxy {

/// The bytes that all clients together may use: limits.memory, or half of what this process may
/// have.
std::size_t memory_limit(const limits_config& limits);

/// The least limit of the control groups that a process is in, as their files tell under `root`
/// (/sys/fs/cgroup, versions 1 and 2); the largest number if there is none.
/// @param membership  The process's /proc/self/cgroup.
std::size_t cgroup_memory_limit(const std::filesystem::path& membership,
                                const std::filesystem::path& root);

}  // namespace proxy
