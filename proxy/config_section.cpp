#include "proxy/config_section.hpp"

#include <algorithm>
#include <utility>

namespace proxy {
namespace {

// Insertions, deletions, replacements and swaps of neighbours between two short words.
std::size_t edit_distance(std::string_view from, std::string_view to) {
    std::vector<std::size_t> before, last, row(to.size() + 1);
    for (std::size_t j = 0; j <= to.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= from.size(); ++i) {
        before = std::exchange(last, row);
        row[0] = i;
        for (std::size_t j = 1; j <= to.size(); ++j) {
            const std::size_t replaced = last[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
            row[j] = std::min({row[j - 1] + 1, last[j] + 1, replaced});
            const bool swapped =
                i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1];
            if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
        }
    }
    return row[to.size()];
}

std::string joined(const std::vector<std::string_view>& words) {
    std::string out;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) out += i + 1 == words.size() ? " or " : ", ";
        out += words[i];
    }
    return out;
}

}  // namespace

void load_context::complain(int line, std::string message) {
    if (!listing) problems.push_back({file, line, std::move(message)});
}

section::section(load_context& context, const config_node* node, std::string path)
    : context_(context), node_(node), path_(std::move(path)) {
    if (node_ == nullptr || node_->what == config_node::kind::mapping) return;
    if (node_->what != config_node::kind::null) {
        context_.complain(node_->line, (path_.empty() ? "the file" : "'" + path_ + "'") +
                                           " must be a mapping of keys to values");
        malformed_ = true;
    }
    node_ = nullptr;
}

void section::known(std::string_view key) {
    asked_.emplace(key);
    if (context_.listing) context_.known_keys.insert(full(key));
}

std::string section::full(std::string_view key) const {
    return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

bool section::has(std::string_view key) {
    known(key);
    const config_node* value = node_ == nullptr ? nullptr : node_->find(key);
    return value != nullptr && value->what != config_node::kind::null;
}

void section::complain(std::string_view key, const std::string& problem) {
    const config_node* value = node_ == nullptr ? nullptr : node_->find(key);
    context_.complain(value != nullptr ? value->key_line : line(),
                      "'" + full(key) + "' " + problem);
}

void section::require(std::string_view key, std::string_view why) {
    if (has(key) || malformed_) return;
    complain(key, "is missing" + (why.empty() ? std::string{} : ": " + std::string(why)));
}

// The value at `key` if it is a scalar; a key without a value is a mistake, not a default.
const config_node* section::scalar(std::string_view key) {
    known(key);
    const config_node* value = node_ == nullptr ? nullptr : node_->find(key);
    if (value == nullptr) return nullptr;
    if (value->what == config_node::kind::scalar) return value;
    complain(key, value->what == config_node::kind::null
                      ? "has no value; leave the key out for its default"
                      : "must be a single value");
    return nullptr;
}

void section::text(std::string_view key, std::string& out) {
    const config_node* value = scalar(key);
    if (value == nullptr) return;
    if (value->scalar.empty()) return complain(key, "must not be empty");
    out = value->scalar;
}

void section::text_or_empty(std::string_view key, std::string& out) {
    if (const config_node* value = scalar(key)) out = value->scalar;
}

std::size_t section::choice(std::string_view key, std::size_t current,
                            const std::vector<std::string_view>& choices) {
    const config_node* value = scalar(key);
    if (value == nullptr) return current;
    const auto found = std::find(choices.begin(), choices.end(), value->scalar);
    if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
    complain(key, "must be " + joined(choices));
    return current;
}

std::optional<std::uint64_t> section::number_value(std::string_view key, std::uint64_t min,
                                                   std::uint64_t max) {
    const config_node* value = scalar(key);
    if (value == nullptr) return std::nullopt;
    const auto number = parse_number(value->scalar);
    if (!number.value) {
        complain(key, number.problem);
        return std::nullopt;
    }
    if (*number.value < min || *number.value > max) {
        complain(key, "must be from " + std::to_string(min) + " to " + std::to_string(max));
        return std::nullopt;
    }
    return number.value;
}

void section::flag(std::string_view key, bool& out) {
    out = choice(key, out ? 1 : 0, {"false", "true"}) == 1;
}

void section::duration(std::string_view key, std::chrono::milliseconds& out,
                       std::chrono::milliseconds min, std::chrono::milliseconds max) {
    const config_node* value = scalar(key);
    if (value == nullptr) return;
    const auto duration = parse_duration(value->scalar);
    if (!duration.value) return complain(key, duration.problem);
    if (*duration.value < min || *duration.value > max) {
        return complain(key,
                        "must be from " + format_duration(min) + " to " + format_duration(max));
    }
    out = *duration.value;
}

void section::size(std::string_view key, std::size_t& out, std::uint64_t min, std::uint64_t max) {
    const config_node* value = scalar(key);
    if (value == nullptr) return;
    const auto size = parse_size(value->scalar);
    if (!size.value) return complain(key, size.problem);
    if (*size.value < min || *size.value > max)
        return complain(key, "must be from " + format_size(min) + " to " + format_size(max));
    out = *size.value;
}

void section::address(std::string_view key, listen_address& out) {
    const config_node* value = scalar(key);
    if (value == nullptr) return;
    auto address = parse_address(value->scalar);
    if (!address.value) return complain(key, address.problem);
    out = std::move(*address.value);
}

void section::path(std::string_view key, std::filesystem::path& out) {
    std::string name;
    text(key, name);
    if (!name.empty()) out = context_.base / name;
}

void section::texts(std::string_view key, std::vector<std::string>& out, std::size_t count_max) {
    known(key);
    const config_node* value = node_ == nullptr ? nullptr : node_->find(key);
    if (value == nullptr) return;
    if (value->what != config_node::kind::sequence)
        return complain(key, "must be a list, such as [a, b]");
    if (value->children.size() > count_max)
        return complain(key, "has more than " + std::to_string(count_max) + " items");
    for (const config_node& item : value->children) {
        if (item.what != config_node::kind::scalar)
            context_.complain(item.line, "'" + full(key) + "' must be a list of single values");
        else
            out.push_back(item.scalar);
    }
}

section section::child(std::string_view key) {
    known(key);
    return section(context_, node_ == nullptr ? nullptr : node_->find(key), full(key));
}

std::vector<section> section::items(std::string_view key, std::size_t count_max) {
    known(key);
    const config_node* value = node_ == nullptr ? nullptr : node_->find(key);
    std::vector<section> out;
    if (value == nullptr || value->what == config_node::kind::null) return out;
    if (value->what != config_node::kind::sequence) {
        complain(key, "must be a list, each item beginning with '-'");
        return out;
    }
    if (value->children.size() > count_max) {
        complain(key, "has more than " + std::to_string(count_max) + " items");
        return out;
    }
    for (const config_node& item : value->children)
        out.emplace_back(context_, &item, full(key) + "[" + std::to_string(out.size()) + "]");
    return out;
}

void section::finish() {
    if (node_ == nullptr) return;
    for (const config_node& child : node_->children) {
        if (asked_.contains(child.key)) continue;
        std::string message = "unknown key '" + child.key + "'";
        if (!path_.empty()) message += " in '" + path_ + "'";
        const std::string_view meant = closest_word(child.key, asked_);
        if (!meant.empty()) message += "; did you mean '" + std::string(meant) + "'?";
        context_.complain(child.key_line, std::move(message));
    }
}

std::string_view closest_word(std::string_view word,
                              const std::set<std::string, std::less<>>& known) {
    constexpr std::size_t word_bytes_max = 64;
    std::string_view closest;
    if (word.size() > word_bytes_max) return closest;
    // One slip in a short word, three in a long one.
    std::size_t best = std::clamp<std::size_t>(word.size() / 3, 1, 3) + 1;
    for (const std::string& candidate : known) {
        const std::size_t distance = edit_distance(word, candidate);
        if (distance >= best) continue;
        best = distance;
        closest = candidate;
    }
    return closest;
}

}  // namespace proxy
