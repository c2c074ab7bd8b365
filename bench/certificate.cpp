#include "bench/certificate.hpp"

#include <chrono>
#include <stdexcept>

#include "tests/support/child_process.hpp"

namespace bench {

std::string tls_settings(const support::temp_folder& folder, const std::string& mode) {
    const std::string certificate = (folder.path() / "certificate.pem").string();
    const std::string key = (folder.path() / "key.pem").string();
    support::child_process openssl(
        {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "7", "-subj", "/CN=localhost", "-out", certificate, "-keyout", key},
        folder.path() / "openssl.log");
    if (openssl.wait(std::chrono::seconds(30)) != 0)
        throw std::runtime_error("openssl makes no certificate");
    return "tls: {mode: " + mode + ", certificate: " + certificate + ", key: " + key + "}\n";
}

}  // namespace bench
