#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proxy/config_file.hpp"

namespace proxy {

/// A YAML document as plain values: what the loaders read, and all they know of YAML.
///
/// Scalars are kept as they are written, never converted: `010` stays "010", so that the loader of
/// a number can refuse it instead of reading eight.
struct config_node {
    enum class kind {
        absent,  // not in the file
        null,    // `key:` or `key: ~`
        scalar,
        sequence,
        mapping
    };

    kind what = kind::absent;
    int line = 0;      // of the value, from 1
    int key_line = 0;  // of the key in front of it, if in a mapping
    std::string key{};
    std::string scalar{};
    std::vector<config_node> children{};  // items, or values with their keys

    const config_node* find(std::string_view name) const noexcept;
};

/// Bounds of a document.  A file within them is read in milliseconds.
inline constexpr std::size_t config_bytes_max = 4 * 1024 * 1024;
inline constexpr std::size_t config_nodes_max = 200'000;  // aliases are counted where they are used
inline constexpr int config_depth_max = 32;

/// Reads one YAML document.  Not YAML, a key given twice, several documents, or a document beyond
/// the bounds: a problem in `problems`, and what could be read as the result.
config_node parse_config_tree(std::string_view text, std::string_view file,
                              std::vector<config_problem>& problems);

}  // namespace proxy
