#pragma once

#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>

#include "proxy/config.hpp"

namespace proxy::cli {

struct serve_options {
    std::filesystem::path config = "tidegate.yaml";
};
/// Serves until SIGTERM or SIGINT; a second signal ends the process at once.
int serve(const serve_options& options, std::ostream& err);

struct check_options {
    std::filesystem::path config = "tidegate.yaml";
    bool offline = false;  // only the file
};
/// Prints one line for each problem, to `out`: they are what was asked for.
int check(const check_options& options, std::ostream& out);

struct explain_options {
    std::filesystem::path config = "tidegate.yaml";
    std::string sql{};
    std::string user{};    // empty: the first of the configuration
    std::string schema{};  // empty: the user's default schema
    bool json = false;
};
/// Asks source and edges what they hold, and the router what it would do.
int explain(const explain_options& options, std::ostream& out, std::ostream& err);

/// The configuration, or nothing, with a line for each problem in `err`.
std::optional<config> load_or_complain(const std::filesystem::path& file, std::ostream& err);

}  // namespace proxy::cli
