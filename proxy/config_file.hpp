#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "proxy/config.hpp"

namespace proxy {

/// One thing wrong with a configuration: "tidegate.yaml:12: unknown key 'hots' …".
struct config_problem {
    std::string file;
    int line = 0;         // from 1; 0: the file as a whole
    std::string message;  // what is wrong and what to do, without the value of a secret
    std::string to_string() const;
};

using config_or_problems = std::variant<config, std::vector<config_problem>>;

/// Reads and validates the whole file; all problems are reported, not just the first.
config_or_problems load_config(const std::filesystem::path& file);

/// The same for text; `name` stands for the file in messages.  Relative paths are taken from
/// `base`.
config_or_problems parse_config(std::string_view text, std::string_view name,
                                const std::filesystem::path& base = {});

/// Every key the loader knows, sorted: "limits.clients_max", "edges[].replication.tables[].table".
std::vector<std::string> known_config_keys();

}  // namespace proxy
