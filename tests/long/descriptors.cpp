#include "tests/long/descriptors.hpp"

#include <sys/resource.h>

#include <stdexcept>
#include <string>

namespace long_test {

void allow_descriptors(std::size_t count) {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max >= count) {
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) == 0) return;
    }
    throw std::runtime_error(std::to_string(count) +
                             " file descriptors are needed, but ulimit -Hn is " +
                             std::to_string(limit.rlim_max));
}

}  // namespace long_test
