#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>

#include "pool/backend_connection.hpp"
#include "proxy/config.hpp"

namespace proxy {

/// TLS 1.2 and later with the configured certificate; null if TLS is disabled.
/// Throws std::runtime_error whose message names the file that cannot be used and what to do.
std::unique_ptr<boost::asio::ssl::context> make_tls_context(const tls_config& settings);

/// Where `server` is and how it is spoken to, with a TLS context of its own if it needs one.
/// Throws as make_tls_context() does.
pool::server_endpoint endpoint_of(const server_config& server);

}  // namespace proxy
