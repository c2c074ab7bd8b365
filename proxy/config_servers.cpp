// The sections that name servers and accounts: primary, users, edges.

#include <algorithm>

#include "proxy/config_loaders.hpp"

namespace proxy {
namespace {

constexpr std::size_t user_bytes_max = 32;    // MySQL's own limit
constexpr std::size_t schema_bytes_max = 64;  // likewise
constexpr std::size_t connections_min = 2;    // one is the probe's
constexpr std::size_t connections_limit = 100'000;

void load_server(section& in, server_config& out) {
    in.require("host");
    in.text("host", out.host);
    in.number("port", out.port, 1, 65'535);
    in.number("connections_max", out.connections_max, connections_min, connections_limit);
    in.number("connections_warm", out.connections_warm, 0, connections_limit);
    if (out.connections_warm >= out.connections_max)
        in.complain("connections_warm", "must be less than connections_max, of which one watches");
}

// Names go into log fields, metric labels and the checkpoint's key.
void check_name(section& in, std::string_view key, const std::string& name) {
    const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-' || c == '.';
    });
    if (!plain || name.size() > 32)
        in.complain(key, "must be at most 32 letters, digits, '_', '-' or '.'");
}

}  // namespace

void load_primary(section in, server_config& out) {
    out.name = "primary";
    in.text("name", out.name);
    check_name(in, "name", out.name);
    load_server(in, out);
    in.finish();
}

void load_user(section& in, user_config& out) {
    in.require("name");
    in.text("name", out.name);
    if (out.name.size() > user_bytes_max) in.complain("name", "is longer than 32 bytes");
    load_password(in, out.password);
    in.text("default_schema", out.default_schema);
    if (out.default_schema.size() > schema_bytes_max)
        in.complain("default_schema", "is longer than 64 bytes");
    in.number("connections_max", out.connections_max, 1, connections_limit);
    out.level = static_cast<router::consistency>(
        in.choice("consistency", static_cast<std::size_t>(out.level),
                  {to_string(router::consistency::strong), to_string(router::consistency::session),
                   to_string(router::consistency::eventual)}));
    in.finish();
}

void load_edge(section& in, const server_config& primary, edge_config& out) {
    in.require("name");
    in.text("name", out.server.name);
    check_name(in, "name", out.server.name);

    in.require("server");
    section server = in.child("server");
    if (server.present() || server.context().listing) {
        load_server(server, out.server);
        server.finish();
    }

    in.require("replication", "an edge holds what replication brings there");
    section replication = in.child("replication");
    if (replication.present() || replication.context().listing)
        load_replication(replication, primary, out);
    in.finish();
}

}  // namespace proxy
