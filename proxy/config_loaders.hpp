#pragma once

#include "proxy/config.hpp"
#include "proxy/config_section.hpp"

/// One loader for each struct of the configuration.  Each asks for its keys, checks what it can
/// check alone and calls finish(); what concerns several sections is checked by load_root().
namespace proxy {

void load_root(section& in, config& out);

void load_listen(section in, config& out);
void load_tls(section in, tls_config& out);
void load_routing(section in, routing_config& out);
void load_limits(section in, limits_config& out);
void load_log(section in, log_config& out);

void load_primary(section in, server_config& out);
void load_user(section& in, user_config& out);
void load_edge(section& in, const server_config& primary, edge_config& out);

void load_replication(section in, const server_config& primary, edge_config& out);
void load_table_rule(section& in, replicator::table_rule& out);

/// Complains unless `file`, if there is one, can be read.
void check_readable(section& in, std::string_view key, const std::filesystem::path& file);

/// `password`, `password_env` or `password_file`: one of them.
void load_password(section& in, std::string& out);
void load_password(section& in, protocol::secret& out);
/// Whether one of the three is there.
bool has_password(section& in);

}  // namespace proxy
