#include "proxy/tls_context.hpp"

#include <catch2/catch.hpp>
#include <fstream>

#include "tests/proxy/session/certificate.hpp"

using Catch::Matchers::Contains;

namespace {

/// Beside a certificate, its key behind a passphrase, another's key, and no certificate at all.
class certificates : public session_test::certificate {
public:
    certificates() {
        make({"openssl", "genrsa", "-out", file("other.pem"), "2048"});
        make({"openssl", "rsa", "-in", file("key.pem"), "-aes256", "-passout", "pass:secret",
              "-out", file("locked.pem")});
        std::ofstream(file("text.pem")) << "no certificate at all\n";
    }

    std::string problem(const std::string& certificate, const std::string& key) const {
        proxy::tls_config wanted = settings(proxy::tls_mode::required);
        wanted.certificate = file(certificate);
        wanted.key = file(key);
        try {
            const auto made = proxy::make_tls_context(wanted);
            return made != nullptr ? "" : "nothing made";
        } catch (const std::runtime_error& refused) {
            return refused.what();
        }
    }
};

}  // namespace

TEST_CASE("Without TLS there is no context", "[proxy]") {
    CHECK(proxy::make_tls_context({}) == nullptr);
}

TEST_CASE("A certificate and its key are taken, and what is wrong with others is said", "[proxy]") {
    const certificates own;
    CHECK(own.problem("cert.pem", "key.pem") == "");
    CHECK_THAT(own.problem("missing.pem", "key.pem"),
               Contains("tls.certificate") && Contains("missing.pem"));
    CHECK_THAT(own.problem("text.pem", "key.pem"), Contains("tls.certificate"));
    CHECK_THAT(own.problem("cert.pem", "missing.pem"),
               Contains("tls.key") && Contains("missing.pem"));
    CHECK_THAT(own.problem("cert.pem", "text.pem"), Contains("tls.key"));
    CHECK_THAT(own.problem("cert.pem", "other.pem"), Contains("does not belong"));
    // Nobody is asked for the passphrase.
    CHECK_THAT(own.problem("cert.pem", "locked.pem"), Contains("tls.key"));
}
