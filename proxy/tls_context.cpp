#include "proxy/tls_context.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <stdexcept>

namespace proxy {
namespace ssl = boost::asio::ssl;

namespace {

struct free_key {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct free_certificate {
    void operator()(X509* certificate) const { X509_free(certificate); }
};

constexpr long certificate_seconds = 10L * 365 * 24 * 3600;  // MySQL's own last ten years too

void use_self_signed(ssl::context& tls) {
    const std::unique_ptr<EVP_PKEY, free_key> key(EVP_EC_gen("P-256"));
    const std::unique_ptr<X509, free_certificate> certificate(X509_new());
    bool made = key != nullptr && certificate != nullptr;
    if (made) {
        X509* const x = certificate.get();
        ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
        X509_gmtime_adj(X509_getm_notBefore(x), 0);
        X509_gmtime_adj(X509_getm_notAfter(x), certificate_seconds);
        X509_NAME* const name = X509_get_subject_name(x);
        made = X509_set_version(x, 2) == 1 && X509_set_pubkey(x, key.get()) == 1 &&
               X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                          reinterpret_cast<const unsigned char*>("Tidegate"), -1,
                                          -1, 0) == 1 &&
               X509_set_issuer_name(x, name) == 1 && X509_sign(x, key.get(), EVP_sha256()) != 0 &&
               SSL_CTX_use_certificate(tls.native_handle(), x) == 1 &&
               SSL_CTX_use_PrivateKey(tls.native_handle(), key.get()) == 1;
    }
    if (!made) throw std::runtime_error("tls: no self-signed certificate could be made");
}

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
    if (settings.certificate.empty()) {
        use_self_signed(*tls);
        return tls;
    }
    boost::system::error_code failed;
    tls->use_certificate_chain_file(settings.certificate.string(), failed);
    if (failed) cannot_use("certificate", settings.certificate, failed);
    tls->use_private_key_file(settings.key.string(), ssl::context::pem, failed);
    if (failed) cannot_use("key", settings.key, failed);
    if (SSL_CTX_check_private_key(tls->native_handle()) != 1)
        throw std::runtime_error("tls.key: the key does not belong to tls.certificate");
    return tls;
}

}  // namespace proxy
