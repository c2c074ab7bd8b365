#pragma once

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/config_tree.hpp"
#include "proxy/config_values.hpp"

namespace proxy {

/// What one run over a configuration collects and needs to know.
struct load_context {
    std::string file;            // its name in messages
    std::filesystem::path base;  // relative paths are taken from here
    std::vector<config_problem> problems{};
    bool clear_password_seen = false;

    /// When listing, there is no file: loaders walk through every section, absent ones too, and
    /// only `known_keys` matters.
    bool listing = false;
    std::set<std::string> known_keys{};  // as "limits.clients_max", "edges[].name"

    void complain(int line, std::string message);
};

/// Reads the keys of one mapping of the configuration.
///
/// A loader asks for each key its struct has; an absent key leaves the default alone.  Every
/// question makes the key known, and finish() reports the keys nobody asked for.  No method fails:
/// problems are collected, so that a person sees all of them at once.
class section {
public:
    /// `path` is how messages call the section: empty for the file, "edges[0].server".
    section(load_context& context, const config_node* node, std::string path);

    bool present() const noexcept { return node_ != nullptr; }
    /// Of the section's key, or of its first line if it is an item of a list.
    int line() const noexcept {
        if (node_ == nullptr) return 0;
        return node_->key_line > 0 ? node_->key_line : node_->line;
    }
    const std::string& path() const noexcept { return path_; }
    load_context& context() noexcept { return context_; }

    /// Text, not empty.
    void text(std::string_view key, std::string& out);
    /// Text that may be empty.
    void text_or_empty(std::string_view key, std::string& out);
    /// One of `choices`.
    std::size_t choice(std::string_view key, std::size_t current,
                       const std::vector<std::string_view>& choices);
    /// `true` or `false`.
    void flag(std::string_view key, bool& out);
    template <std::unsigned_integral T>
    void number(std::string_view key, T& out, std::uint64_t min, std::uint64_t max) {
        static_assert(sizeof(T) <= sizeof(std::uint64_t));
        if (const auto value = number_value(key, min, max)) out = static_cast<T>(*value);
    }
    void duration(std::string_view key, std::chrono::milliseconds& out,
                  std::chrono::milliseconds min, std::chrono::milliseconds max);
    void size(std::string_view key, std::size_t& out, std::uint64_t min, std::uint64_t max);
    void address(std::string_view key, listen_address& out);
    /// A path; relative to the configuration's folder.
    void path(std::string_view key, std::filesystem::path& out);
    /// A list of scalars, none empty.
    void texts(std::string_view key, std::vector<std::string>& out, std::size_t count_max);

    /// The mapping at `key`; a section that is not present() if there is none.
    section child(std::string_view key);
    /// Calls `load(section)` for each mapping in the list at `key`.
    template <typename Load>
    void each(std::string_view key, std::size_t count_max, Load load) {
        if (context_.listing) {
            known(key);
            section item(context_, nullptr, full(key) + "[]");
            load(item);
            return;
        }
        for (section& item : items(key, count_max)) load(item);
    }

    /// Whether the key is there and has a value; makes it known.
    bool has(std::string_view key);
    /// Reports that `key` is needed, unless it is there.
    void require(std::string_view key, std::string_view why = {});
    /// Reports a problem at `key`, or at the section if the key is absent.
    void complain(std::string_view key, const std::string& problem);
    /// Reports unknown keys.  Call once, after the last question.
    void finish();

private:
    void known(std::string_view key);
    std::string full(std::string_view key) const;
    std::vector<section> items(std::string_view key, std::size_t count_max);
    const config_node* scalar(std::string_view key);
    std::optional<std::uint64_t> number_value(std::string_view key, std::uint64_t min,
                                              std::uint64_t max);

    load_context& context_;
    const config_node* node_;
    std::string path_;
    bool malformed_ = false;  // there, but no mapping: reported once, and nothing is missing
    std::set<std::string, std::less<>> asked_{};
};

/// The word of `known` that `word` was most likely meant to be; empty if none is close.
std::string_view closest_word(std::string_view word,
                              const std::set<std::string, std::less<>>& known);

}  // namespace proxy
