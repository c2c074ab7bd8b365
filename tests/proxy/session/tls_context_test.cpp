#include "proxy/tls_context.hpp"

#include <catch2/catch.hpp>
#include <fstream>

#include "tests/support/child_process.hpp"
#include "tests/support/temp_folder.hpp"

using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

/// A folder with a certificate, its key in clear and behind a passphrase, and another's key.
class certificates {
public:
    certificates() {
        make({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj",
              "/CN=test", "-keyout", file("key.pem"), "-out", file("cert.pem")});
        make({"openssl", "genrsa", "-out", file("other.pem"), "2048"});
        make({"openssl", "rsa", "-in", file("key.pem"), "-aes256", "-passout", "pass:secret",
              "-out", file("locked.pem")});
        std::ofstream(file("text.pem")) << "no certificate at all\n";
    }

    std::string file(const std::string& name) const { return (folder_.path() / name).string(); }

    std::string problem(const std::string& certificate, const std::string& key) const {
        proxy::tls_config settings;
        settings.mode = proxy::tls_mode::required;
        settings.certificate = file(certificate);
        settings.key = file(key);
        try {
            const auto made = proxy::make_tls_context(settings);
            return made != nullptr ? "" : "nothing made";
        } catch (const std::runtime_error& refused) {
            return refused.what();
        }
    }

private:
    void make(const std::vector<std::string>& command) const {
        support::child_process openssl(command, folder_.path() / "output");
        REQUIRE(openssl.wait(60s) == 0);
    }

    support::temp_folder folder_;
};

}  // namespace

TEST_CASE("Without TLS there is no context", "[proxy]") {
    CHECK(proxy::make_tls_context({}) == nullptr);
}

TEST_CASE("A certificate and its key are taken; what is wrong with others is said", "[proxy]") {
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
