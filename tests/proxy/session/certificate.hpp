#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "proxy/tls_context.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/temp_folder.hpp"

namespace session_test {

/// A folder with a certificate of its own and the key to it.
class certificate {
public:
    certificate() {
        make({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj",
              "/CN=test", "-keyout", file("key.pem"), "-out", file("cert.pem")});
    }

    std::string file(const std::string& name) const { return (folder_.path() / name).string(); }
    proxy::tls_config settings(proxy::tls_mode mode) const {
        proxy::tls_config made;
        made.mode = mode;
        made.certificate = file("cert.pem");
        made.key = file("key.pem");
        return made;
    }
    /// Runs a command that makes another file.
    void make(const std::vector<std::string>& command) const {
        support::child_process running(command, folder_.path() / "output");
        REQUIRE(running.wait(std::chrono::seconds(60)) == 0);
    }

private:
    support::temp_folder folder_;
};

}  // namespace session_test
