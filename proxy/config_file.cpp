#include "proxy/config_file.hpp"

#include <algorithm>
#include <fstream>
#include <tuple>

#include "proxy/config_loaders.hpp"
#include "proxy/user_directory.hpp"

namespace proxy {
namespace {

constexpr std::size_t users_max = 10'000;
constexpr std::size_t edges_max = 64;

void check_names(section& in, const config& out) {
    std::set<std::string> names;
    for (const user_config& user : out.users)
        if (!names.insert(user.name).second) in.complain("users", "has '" + user.name + "' twice");
    names = {out.primary.name};
    for (const edge_config& edge : out.edges)
        if (!names.insert(edge.server.name).second)
            in.complain("edges", "has a server name twice: '" + edge.server.name + "'");
}

config_or_problems run(load_context& context, const config_node& root) {
    config out;
    section top(context, &root, "");
    load_root(top, out);
    if (context.problems.empty()) return out;
    std::sort(context.problems.begin(), context.problems.end(), [](const auto& a, const auto& b) {
        return std::tie(a.line, a.message) < std::tie(b.line, b.message);
    });
    return std::move(context.problems);
}

config_or_problems parse(std::string_view text, std::string_view name,
                         const std::filesystem::path& base, bool& clear_password_seen) {
    load_context context{.file = std::string(name), .base = base};
    const config_node root = parse_config_tree(text, name, context.problems);
    // Of something that is not YAML nothing more can be said.
    if (root.what == config_node::kind::absent) return std::move(context.problems);
    auto result = run(context, root);
    clear_password_seen = context.clear_password_seen;
    return result;
}

}  // namespace

void load_root(section& in, config& out) {
    load_listen(in.child("listen"), out);
    in.number("threads", out.threads, 0, 256);
    out.scheduling = static_cast<thread_scheduling>(
        in.choice("scheduling", static_cast<std::size_t>(out.scheduling), {"normal", "batch"}));
    load_tls(in.child("tls"), out.tls);
    in.text("server_version", out.server_version);
    if (out.server_version.size() > 60) in.complain("server_version", "is longer than 60 bytes");
    in.require("primary", "the server that is written to");
    if (in.has("primary") || in.context().listing) load_primary(in.child("primary"), out.primary);
    in.require("users", "nobody could log in");
    in.each("users", users_max, [&](section& item) { load_user(item, out.users.emplace_back()); });
    if (in.has("users") && out.users.empty()) in.complain("users", "is empty: nobody could log in");
    if (!out.users.empty() && watching_user(out) == nullptr)
        in.complain("users", "needs one with a password: Tidegate watches the servers with it");
    in.each("edges", edges_max,
            [&](section& item) { load_edge(item, out.primary, out.edges.emplace_back()); });
    load_routing(in.child("routing"), out.routing);
    load_limits(in.child("limits"), out.limits);
    load_log(in.child("log"), out.log);
    check_names(in, out);
    in.finish();
}

std::string config_problem::to_string() const {
    return line > 0 ? file + ":" + std::to_string(line) + ": " + message : file + ": " + message;
}

config_or_problems load_config(const std::filesystem::path& file) {
    const std::string name = file.string();
    std::error_code error;
    std::ifstream stream;  // of a regular file only: opening a pipe would wait for its writer
    if (std::filesystem::is_regular_file(file, error)) stream.open(file, std::ios::binary);
    if (!stream.is_open())
        return std::vector<config_problem>{{name, 0, "cannot be read; is the path right?"}};
    std::string text(config_bytes_max + 1, '\0');  // one more, so that a larger file is noticed
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(stream.gcount()));

    bool clear_password_seen = false;
    auto result = parse(text, name, file.parent_path(), clear_password_seen);
    using std::filesystem::perms;
    const perms mode = std::filesystem::status(file, error).permissions();
    if (auto* loaded = std::get_if<config>(&result);
        loaded != nullptr && clear_password_seen && (mode & perms::others_read) != perms::none) {
        loaded->warnings.push_back(
            name +
            " holds a password and every user of this machine may read it; chmod o-r, or "
            "use password_env or password_file");
    }
    return result;
}

config_or_problems parse_config(std::string_view text, std::string_view name,
                                const std::filesystem::path& base) {
    bool clear_password_seen = false;
    return parse(text, name, base, clear_password_seen);
}

std::vector<std::string> known_config_keys() {
    load_context context{.file = {}, .base = {}, .listing = true};
    config ignored;
    section top(context, nullptr, "");
    load_root(top, ignored);
    return {context.known_keys.begin(), context.known_keys.end()};
}

}  // namespace proxy
