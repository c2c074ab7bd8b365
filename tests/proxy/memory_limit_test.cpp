#include "proxy/memory_limit.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <limits>

#include "tests/support/temp_folder.hpp"

namespace {

void write(const std::filesystem::path& file, const std::string& text) {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
}

}  // namespace

TEST_CASE("The limit of memory is that of the group, or of one above it", "[config]") {
    const support::temp_folder folder;
    const auto root = folder.path() / "cgroup";
    const auto membership = folder.path() / "self";
    const auto none = std::numeric_limits<std::size_t>::max();
    SECTION("version 2") {
        write(membership, "0::/pod/tidegate\n");
        write(root / "pod/tidegate/memory.max", "max\n");
        CHECK(proxy::cgroup_memory_limit(membership, root) == none);
        write(root / "pod/memory.max", "300000000\n");
        CHECK(proxy::cgroup_memory_limit(membership, root) == 300'000'000);
        write(root / "pod/tidegate/memory.max", "200000000\n");
        CHECK(proxy::cgroup_memory_limit(membership, root) == 200'000'000);
    }
    SECTION("version 2, in a container") {
        write(membership, "0::/\n");
        write(root / "memory.max", "100000000\n");
        CHECK(proxy::cgroup_memory_limit(membership, root) == 100'000'000);
    }
    SECTION("version 1") {
        write(membership, "5:cpu,cpuacct:/x\n4:memory:/x\n");
        write(root / "memory/x/memory.limit_in_bytes", "50000000\n");
        CHECK(proxy::cgroup_memory_limit(membership, root) == 50'000'000);
    }
    SECTION("none") {
        CHECK(proxy::cgroup_memory_limit(membership, root) == none);
    }
}

TEST_CASE("limits.memory goes before what the machine has", "[config]") {
    proxy::limits_config limits;
    CHECK(proxy::memory_limit(limits) > 0);
    limits.memory = 123'456'789;
    CHECK(proxy::memory_limit(limits) == 123'456'789);
}
