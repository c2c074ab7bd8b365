#include "proxy/tls_context.hpp"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include <stdexcept>
#include <string>

namespace proxy {
namespace ssl = boost::asio::ssl;

namespace {

[[noreturn]] void cannot_use(const char* key, const std::filesystem::path& file,
                             const boost::system::error_code& why) {
    throw std::runtime_error(
        fmt::format("tls.{}: {} cannot be used: {}; it must be a PEM file that this user can read",
                    key, file.string(), why.message()));
}

}  // namespace

std::unique_ptr<ssl::context> make_tls_context(const tls_config& settings) {
    if (settings.mode == tls_mode::disabled) return nullptr;
    auto tls = std::make_unique<ssl::context>(ssl::context::tls_server);
    tls->set_options(ssl::context::no_sslv2 | ssl::context::no_sslv3 | ssl::context::no_tlsv1 |
                     ssl::context::no_tlsv1_1 | ssl::context::single_dh_use);
    // Idle connections give their record buffers back.
    SSL_CTX_set_mode(tls->native_handle(), SSL_MODE_RELEASE_BUFFERS);
    boost::system::error_code failed;
    // A key with a passphrase is refused; OpenSSL would ask for it on the terminal.
    tls->set_password_callback(
        [](std::size_t, ssl::context::password_purpose) { return std::string(); });
    // The key first: behind the certificate, one that does not belong to it could not be read.
    tls->use_private_key_file(settings.key.string(), ssl::context::pem, failed);
    if (failed) cannot_use("key", settings.key, failed);
    tls->use_certificate_chain_file(settings.certificate.string(), failed);
    if (failed) cannot_use("certificate", settings.certificate, failed);
    if (SSL_CTX_check_private_key(tls->native_handle()) != 1)
        throw std::runtime_error("tls.key: the key does not belong to tls.certificate");
    return tls;
}

}  // namespace proxy
