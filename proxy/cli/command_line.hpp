#pragma once

#include <iosfwd>

namespace proxy::cli {

/// What the process ends with.
enum exit_status : int {
    exit_ok = 0,
    exit_problem = 1,  // the configuration, a server or the network; said on the way
    exit_usage = 2     // the command line itself
};

/// Runs `tidegate` with its arguments.  `serve` returns when it has been stopped by a signal.
int run(int argc, const char* const* argv, std::ostream& out, std::ostream& err);

}  // namespace proxy::cli
