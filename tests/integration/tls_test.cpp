#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>

#include "tests/integration/cluster.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/wait_until.hpp"

using namespace integration;

namespace {

struct closer {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(std::FILE* file) const { std::fclose(file); }
    void operator()(MYSQL* handle) const { mysql_close(handle); }
};

/// A certificate for `localhost` that vouches for itself, in two files.
class certificate {
public:
    certificate() {
        const std::unique_ptr<EVP_PKEY, closer> key(EVP_EC_gen("P-256"));
        const std::unique_ptr<X509, closer> made(X509_new());
        ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
        X509_gmtime_adj(X509_getm_notBefore(made.get()), -3600);
        X509_gmtime_adj(X509_getm_notAfter(made.get()), 24 * 3600);
        X509_set_pubkey(made.get(), key.get());
        X509_NAME* const name = X509_get_subject_name(made.get());
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                   reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
        X509_set_issuer_name(made.get(), name);
        X509_sign(made.get(), key.get(), EVP_sha256());

        const std::unique_ptr<std::FILE, closer> key_out(std::fopen(key_file().c_str(), "w"));
        PEM_write_PrivateKey(key_out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
        const std::unique_ptr<std::FILE, closer> out(std::fopen(file().c_str(), "w"));
        PEM_write_X509(out.get(), made.get());
    }
    std::string file() const { return (folder_.path() / "certificate.pem").string(); }
    std::string key_file() const { return (folder_.path() / "key.pem").string(); }
    std::string settings(const std::string& mode) const {
        return "tls: {mode: " + mode + ", certificate: " + file() + ", key: " + key_file() + "}\n";
    }

private:
    support::temp_folder folder_;
};

std::unique_ptr<MYSQL, closer> connect_with_tls(cluster& servers, const certificate& trusted) {
    std::unique_ptr<MYSQL, closer> handle(mysql_init(nullptr));
    const my_bool on = 1;
    const unsigned tcp = MYSQL_PROTOCOL_TCP;  // the name `localhost` stands for a socket otherwise
    mysql_optionsv(handle.get(), MYSQL_OPT_PROTOCOL, &tcp);
    mysql_optionsv(handle.get(), MYSQL_OPT_SSL_ENFORCE, &on);
    mysql_optionsv(handle.get(), MYSQL_OPT_SSL_CA, trusted.file().c_str());
    mysql_optionsv(handle.get(), MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &on);
    if (mysql_real_connect(handle.get(), "localhost", "app", "app-password", nullptr,
                           servers.tidegate().port(), nullptr, CLIENT_MULTI_STATEMENTS) == nullptr)
        throw support::server_error(mysql_errno(handle.get()), mysql_error(handle.get()));
    return handle;
}

std::string value(MYSQL* handle, const std::string& sql) {
    if (mysql_query(handle, sql.c_str()) != 0)
        throw support::server_error(mysql_errno(handle), mysql_error(handle));
    MYSQL_RES* const result = mysql_store_result(handle);
    const MYSQL_ROW row = mysql_fetch_row(result);
    const unsigned long* const lengths = mysql_fetch_lengths(result);
    std::string text(row[0], lengths[0]);
    mysql_free_result(result);
    return text;
}

}  // namespace

TEST_CASE("A client may use TLS where it is preferred, and plain connections work too", "[tls]") {
    const certificate own;
    cluster servers({.settings = own.settings("preferred")});
    const auto session = connect_with_tls(servers, own);
    CHECK(mysql_get_ssl_cipher(session.get()) != nullptr);
    CHECK(value(session.get(), "SELECT 41 + 1") == "42");
    // Longer than one TLS record both ways.
    const std::string long_text(1'000'000, 'x');
    CHECK(value(session.get(), "SELECT '" + long_text + "'") == long_text);
    CHECK(servers.connect().value("SELECT 1") == "1");
}

namespace {

/// Whom the server's certificate names, the first five letters, or what went wrong.
std::string name_seen(cluster& servers) {
    support::temp_folder folder;
    const auto output = folder.path() / "output";
    support::child_process openssl({"openssl", "s_client", "-starttls", "mysql", "-connect",
                                    "127.0.0.1:" + std::to_string(servers.tidegate().port())},
                                   output);
    if (!openssl.wait(std::chrono::seconds(30))) return "no answer";
    std::ifstream said(output);
    const std::string text(std::istreambuf_iterator<char>(said), {});
    const std::string name = "CN = ";
    const std::size_t at = text.find(name);
    return at == std::string::npos ? text : text.substr(at + name.size(), 5);
}

/// A certificate and its key for `name`, written over those in `folder` or new.
void make_certificate(const std::filesystem::path& folder, const std::string& name,
                      const std::string& file = "cert") {
    support::child_process openssl(
        {"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj",
         "/CN=" + name, "-keyout", (folder / (file + "-key.pem")).string(), "-out",
         (folder / (file + ".pem")).string()},
        folder / "output");
    REQUIRE(openssl.wait(std::chrono::seconds(60)) == 0);
}

std::string settings_in(const std::filesystem::path& folder, const std::string& more) {
    return "tls: {certificate: " + (folder / "cert.pem").string() +
           ", key: " + (folder / "cert-key.pem").string() + ", " + more + "}\n";
}

bool logged(cluster& servers, const std::string& text) {
    return support::wait_until(std::chrono::seconds(20), [&] {
        return servers.tidegate().log().find(text) != std::string::npos;
    });
}

}  // namespace

TEST_CASE("A new certificate is used after SIGHUP, and a bad one changes nothing", "[tls]") {
    const support::temp_folder folder;
    make_certificate(folder.path(), "first");
    cluster servers({.settings = settings_in(folder.path(), "mode: preferred")});
    auto session = servers.connect();
    session.query("SET @x = 41");
    CHECK(name_seen(servers) == "first");

    make_certificate(folder.path(), "other");
    ::kill(servers.tidegate().pid(), SIGHUP);
    REQUIRE(logged(servers, "certificates_reloaded"));
    CHECK(support::wait_until(std::chrono::seconds(20),
                              [&] { return name_seen(servers) == "other"; }));

    std::ofstream(folder.path() / "cert.pem") << "no certificate";
    ::kill(servers.tidegate().pid(), SIGHUP);
    REQUIRE(logged(servers, "reload_failed"));
    CHECK(logged(servers, "tls.certificate"));
    CHECK(name_seen(servers) == "other");
    CHECK(session.value("SELECT @x + 1") == "42");
}

TEST_CASE("A client whose certificate is asked for shows one of the right authority", "[tls]") {
    const support::temp_folder folder;
    make_certificate(folder.path(), "server");
    make_certificate(folder.path(), "client", "client");
    make_certificate(folder.path(), "stranger", "stranger");
    const bool required = GENERATE(true, false);
    cluster servers(
        {.settings = settings_in(
             folder.path(), "client_ca_file: " + (folder.path() / "client.pem").string() +
                                (required ? ", mode: required, require_client_certificate: true"
                                          : ", mode: preferred"))});
    const auto let_in = [&](const std::string& file) {
        const std::unique_ptr<MYSQL, closer> handle(mysql_init(nullptr));
        const my_bool on = 1;
        mysql_optionsv(handle.get(), MYSQL_OPT_SSL_ENFORCE, &on);
        if (!file.empty()) {
            mysql_optionsv(handle.get(), MYSQL_OPT_SSL_CERT,
                           (folder.path() / (file + ".pem")).c_str());
            mysql_optionsv(handle.get(), MYSQL_OPT_SSL_KEY,
                           (folder.path() / (file + "-key.pem")).c_str());
        }
        return mysql_real_connect(handle.get(), "127.0.0.1", "app", "app-password", nullptr,
                                  servers.tidegate().port(), nullptr, 0) != nullptr;
    };
    CHECK(let_in("client"));
    CHECK_FALSE(let_in("stranger"));
    CHECK(let_in("") == !required);
}

TEST_CASE("Where TLS is required, a plain client is refused with a clear message", "[tls]") {
    const certificate own;
    cluster servers({.settings = own.settings("required")});
    CHECK(value(connect_with_tls(servers, own).get(), "SELECT 1") == "1");
    try {
        servers.connect();
        FAIL("was let in");
    } catch (const support::server_error& error) {
        CAPTURE(error.what());
        CHECK(error.number() == 3159);  // ER_SECURE_TRANSPORT_REQUIRED
    }
}
