// The sections that name servers and accounts: primary, users, edges.

#include <algorithm>

#include "protocol/auth.hpp"
#include "proxy/config_loaders.hpp"

namespace proxy {
namespace {

constexpr std::size_t user_bytes_max = 32;    // MySQL's own limit
constexpr std::size_t schema_bytes_max = 64;  // likewise
constexpr std::size_t passwords_max = 2;      // the old one and the new one
constexpr std::size_t connections_min = 2;    // one is the probe's
constexpr std::size_t connections_limit = 100'000;

void load_server_tls(section in, server_tls_config& out) {
    using pool::server_tls;
    out.mode = static_cast<server_tls>(
        in.choice("mode", static_cast<std::size_t>(out.mode),
                  {"disabled", "preferred", "required", "verify-ca", "verify-identity"}));
    in.path("ca_file", out.ca_file);
    in.path("certificate_file", out.certificate_file);
    in.path("key_file", out.key_file);
    const bool verifies =
        out.mode == server_tls::verify_ca || out.mode == server_tls::verify_identity;
    if (verifies) in.require("ca_file", "the server's certificate is checked with it");
    if (!verifies && !out.ca_file.empty())
        in.complain("ca_file", "is of no use unless 'mode' is verify-ca or verify-identity");
    if (out.mode == server_tls::disabled && !out.certificate_file.empty())
        in.complain("certificate_file", "is of no use while 'mode' is disabled");
    if (out.certificate_file.empty() != out.key_file.empty())
        in.complain(out.key_file.empty() ? "certificate_file" : "key_file",
                    "needs the other one of 'certificate_file' and 'key_file'");
    check_readable(in, "ca_file", out.ca_file);
    check_readable(in, "certificate_file", out.certificate_file);
    check_readable(in, "key_file", out.key_file);
    in.finish();
}

void load_server(section& in, server_config& out) {
    in.require("host");
    in.text("host", out.host);
    in.number("port", out.port, 1, 65'535);
    in.number("connections_max", out.connections_max, connections_min, connections_limit);
    in.number("connections_warm", out.connections_warm, 0, connections_limit);
    if (out.connections_warm >= out.connections_max)
        in.complain("connections_warm", "must be less than connections_max, of which one watches");
    load_server_tls(in.child("tls"), out.tls);
    out.compression = static_cast<protocol::compression_algorithm>(in.choice(
        "compression", static_cast<std::size_t>(out.compression), {"none", "zlib", "zstd"}));
    in.flag("proxy_protocol", out.proxy_protocol);
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

/// A password, or two while it is being changed, or the stored form of one.
void load_credentials(section& in, user_config& out) {
    const bool stored = in.has("verifier");
    const bool several = in.has("passwords");
    in.text("verifier", out.verifier);
    if (stored && !protocol::password_verifiers::from_stored_hash(out.verifier))
        in.complain("verifier",
                    "must be as in mysql.user: '*' and 40 hex digits, or '$A$' and so on, of at "
                    "most 100000 rounds, in hex (0x2441...) if it has bytes that are no text");
    std::vector<protocol::secret> passwords;
    in.each("passwords", passwords_max, [&](section& item) {
        load_password(item, passwords.emplace_back());
        item.finish();
    });
    const bool single = has_password(in);
    if (stored + several + single > 1)
        in.complain(stored ? "verifier" : "passwords",
                    "is one of several: give a password, 'passwords' or 'verifier', one of them");
    if (!stored && !several) return load_password(in, out.password);
    if (several && passwords.empty()) in.complain("passwords", "is empty");
    if (!passwords.empty()) out.password = std::move(passwords[0]);
    if (passwords.size() > 1) out.other_password = std::move(passwords[1]);
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
    load_credentials(in, out);
    in.text("default_schema", out.default_schema);
    if (out.default_schema.size() > schema_bytes_max)
        in.complain("default_schema", "is longer than 64 bytes");
    in.number("connections_max", out.connections_max, 1, connections_limit);
    constexpr std::size_t deny = 0;
    out.local_infile = in.choice("local_infile", 1, {"deny", "allow"}) != deny;
    in.flag("binlog_dump", out.binlog_dump);
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
