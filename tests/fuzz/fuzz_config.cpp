// A configuration from anywhere is either valid or has problems, each in one of its lines.

#include <algorithm>
#include <cstdlib>

#include "proxy/config_file.hpp"

namespace {

void check(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto lines =
        1 + std::count(text.begin(), text.end(), '\n') + std::count(text.begin(), text.end(), '\r');
    const auto loaded = proxy::parse_config(text, "f", "/nowhere");
    if (const auto* settings = std::get_if<proxy::config>(&loaded)) {
        check(!settings->users.empty());
        check(!settings->primary.host.empty());
        return 0;
    }
    const auto& problems = std::get<std::vector<proxy::config_problem>>(loaded);
    check(!problems.empty());
    for (const proxy::config_problem& problem : problems) {
        check(!problem.message.empty());
        check(problem.line >= 0 && problem.line <= lines);
    }
    return 0;
}
