#include "proxy/tls_context.hpp"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace proxy {
namespace ssl = boost::asio::ssl;

namespace {

[[noreturn]] void cannot_use(const std::string& key, const std::filesystem::path& file,
                             const boost::system::error_code& why) {
    throw std::runtime_error(
        fmt::format("{}: {} cannot be used: {}; it must be a PEM file that this user can read", key,
                    file.string(), why.message()));
}

/// TLS 1.2 and later, for either side.
void set_common_options(ssl::context& tls) {
    tls.set_options(ssl::context::no_sslv2 | ssl::context::no_sslv3 | ssl::context::no_tlsv1 |
                    ssl::context::no_tlsv1_1 | ssl::context::single_dh_use);
    // MySQL's clients and servers never renegotiate, and it has been the way into TLS before.
    SSL_CTX_set_options(tls.native_handle(), SSL_OP_NO_RENEGOTIATION);
    // A key with a passphrase is refused; OpenSSL would ask for it on the terminal.
    tls.set_password_callback(
        [](std::size_t, ssl::context::password_purpose) { return std::string(); });
}

/// One's own certificate; the names are the configuration's keys, for messages.
void use_certificate(ssl::context& tls, const std::string& certificate_name,
                     const std::filesystem::path& certificate, const std::string& key_name,
                     const std::filesystem::path& key) {
    boost::system::error_code failed;
    // The key first: behind the certificate, one that does not belong to it could not be read.
    tls.use_private_key_file(key.string(), ssl::context::pem, failed);
    if (failed) cannot_use(key_name, key, failed);
    tls.use_certificate_chain_file(certificate.string(), failed);
    if (failed) cannot_use(certificate_name, certificate, failed);
    if (SSL_CTX_check_private_key(tls.native_handle()) != 1)
        throw std::runtime_error(key_name + ": the key does not belong to " + certificate_name);
}

/// Asks clients for a certificate, and refuses those whose certificate is not of the authorities
/// named.
void check_clients(ssl::context& tls, const tls_config& settings) {
    const std::string file = settings.client_ca_file.string();
    boost::system::error_code failed;
    tls.load_verify_file(file, failed);
    if (failed) cannot_use("tls.client_ca_file", settings.client_ca_file, failed);
    // Clients with several certificates choose by these names.
    SSL_CTX_set_client_CA_list(tls.native_handle(), SSL_load_client_CA_file(file.c_str()));
    // OpenSSL resumes no session of a client it has checked without it.
    constexpr std::string_view sessions = "tidegate";
    SSL_CTX_set_session_id_context(tls.native_handle(),
                                   reinterpret_cast<const unsigned char*>(sessions.data()),
                                   static_cast<unsigned>(sessions.size()));
    ssl::verify_mode mode = ssl::verify_peer;
    if (settings.require_client_certificate) mode |= ssl::verify_fail_if_no_peer_cert;
    tls.set_verify_mode(mode);
}

}  // namespace

std::unique_ptr<ssl::context> make_tls_context(const tls_config& settings) {
    if (settings.mode == tls_mode::disabled) return nullptr;
    auto tls = std::make_unique<ssl::context>(ssl::context::tls_server);
    set_common_options(*tls);
    use_certificate(*tls, "tls.certificate", settings.certificate, "tls.key", settings.key);
    if (!settings.client_ca_file.empty()) check_clients(*tls, settings);
    return tls;
}

pool::server_endpoint endpoint_of(const server_config& server) {
    using pool::server_tls;
    pool::server_endpoint out{.name = server.name, .host = server.host, .port = server.port};
    if (server.compression == protocol::compression_algorithm::zlib)
        out.compressed = {server.compression, protocol::zlib_level};
    if (server.compression == protocol::compression_algorithm::zstd)
        out.compressed = {server.compression, protocol::zstd_level_default};
    out.proxy_header = server.proxy_protocol;
    out.tls = server.tls.mode;
    if (out.tls == server_tls::disabled) return out;

    auto tls = std::make_shared<ssl::context>(ssl::context::tls_client);
    set_common_options(*tls);
    if (!server.tls.certificate_file.empty())
        use_certificate(*tls, server.name + ": tls.certificate_file", server.tls.certificate_file,
                        "tls.key_file", server.tls.key_file);
    if (out.tls == server_tls::verify_ca || out.tls == server_tls::verify_identity) {
        boost::system::error_code failed;
        tls->load_verify_file(server.tls.ca_file.string(), failed);
        if (failed) cannot_use(server.name + ": tls.ca_file", server.tls.ca_file, failed);
        tls->set_verify_mode(ssl::verify_peer);
    }
    out.tls_context = std::move(tls);
    return out;
}

}  // namespace proxy
