#include <mysql.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "tests/integration/cluster.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/free_port.hpp"
#include "tests/support/raw_client.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/wait_until.hpp"

using namespace integration;
using namespace std::chrono_literals;

namespace {

/// haproxy in TCP mode, which says in a PROXY header whose connection it passes on.
class load_balancer {
public:
    load_balancer(std::uint16_t to, const std::string& how) : port_(support::free_port()) {
        const auto file = folder_.path() / "haproxy.cfg";
        std::ofstream(file) << "defaults\n  mode tcp\n  timeout connect 5s\n  timeout client 1m\n"
                               "  timeout server 1m\nlisten mysql\n  bind 127.0.0.1:"
                            << port_ << "\n  server one 127.0.0.1:" << to << " " << how << "\n";
        process_.emplace(std::vector<std::string>{"haproxy", "-db", "-f", file.string()},
                         folder_.path() / "log");
        REQUIRE(support::wait_until(20s, [&] {
            try {
                support::raw_client probe("127.0.0.1", port_);
                return true;
            } catch (const std::system_error&) {
                return false;
            }
        }));
    }
    std::uint16_t port() const noexcept { return port_; }

private:
    support::temp_folder folder_;
    std::uint16_t port_;
    std::optional<support::child_process> process_{};
};

struct closer {
    void operator()(MYSQL* handle) const { mysql_close(handle); }
};

/// What a client at this address is told; empty if it is let in.
std::string error_of(std::uint16_t port, const char* own_address, const char* password) {
    const std::unique_ptr<MYSQL, closer> handle(mysql_init(nullptr));
    mysql_optionsv(handle.get(), MYSQL_OPT_BIND, own_address);
    mysql_real_connect(handle.get(), "127.0.0.1", "app", password, nullptr, port, nullptr, 0);
    if (mysql_errno(handle.get()) == 0) mysql_query(handle.get(), "DO 1");
    return mysql_error(handle.get());
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("A client behind a load balancer has its own address", "[proxy_protocol]") {
    cluster servers({.listen_settings = ", proxy_protocol: {from: [127.0.0.1]}"});
    const std::string version = GENERATE(as<std::string>(), "send-proxy", "send-proxy-v2");
    const load_balancer before(servers.tidegate().port(), version);
    CHECK(error_of(before.port(), "127.0.0.2", "app-password") == "");
    const std::string refused = error_of(before.port(), "127.0.0.2", "wrong");
    CAPTURE(refused);
    CHECK(contains(refused, "'app'@'127.0.0.2'"));
    CHECK(support::wait_until(
        20s, [&] { return contains(servers.tidegate().log(), "client=127.0.0.2"); }));
}

TEST_CASE("Nobody else may say who it speaks for", "[proxy_protocol]") {
    cluster servers({.listen_settings = ", proxy_protocol: {from: [127.0.0.1, 10.0.0.0/8]}"});
    // Not from there: a client as usual, to whom a header is no login.
    CHECK(error_of(servers.tidegate().port(), "127.0.0.2", "app-password") == "");
    // From there, and another thing than a header.
    support::raw_client other("127.0.0.1", servers.tidegate().port());
    CHECK(other.send("GET / HTTP/1.1\r\n\r\n"));
    CHECK(other.closed_by_peer());
    CHECK(support::wait_until(20s, [&] {
        return servers.metric("tidegate_disconnects_total{reason=\"no_proxy_header\"}") == 1;
    }));
    // The balancer's own check of the service is served as from there.
    support::raw_client check("127.0.0.1", servers.tidegate().port());
    CHECK(check.send(std::string_view("\r\n\r\n\0\r\nQUIT\n\x20\0\0\0", 16)));
    CHECK(check.receive_packet().size() > 20);
}
