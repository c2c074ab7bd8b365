#include "proxy/network.hpp"

#include <catch2/catch.hpp>

using proxy::network;

namespace {

bool contains(const char* in, const char* address) {
    return network::parse(in).value().contains(boost::asio::ip::make_address(address));
}

}  // namespace

TEST_CASE("A network holds the addresses that begin as it does", "[config]") {
    CHECK(contains("10.0.0.0/8", "10.255.0.1"));
    CHECK_FALSE(contains("10.0.0.0/8", "11.0.0.1"));
    CHECK(contains("192.0.2.128/25", "192.0.2.200"));
    CHECK_FALSE(contains("192.0.2.128/25", "192.0.2.127"));
    CHECK(contains("192.0.2.7", "192.0.2.7"));
    CHECK_FALSE(contains("192.0.2.7", "192.0.2.6"));
    CHECK(contains("2001:db8::/32", "2001:db8:1::5"));
    CHECK_FALSE(contains("2001:db8::/32", "2001:db9::5"));
    CHECK(contains("0.0.0.0/0", "203.0.113.9"));
    CHECK_FALSE(contains("0.0.0.0/0", "2001:db8::1"));
    CHECK(contains("::/0", "203.0.113.9"));
}

TEST_CASE("An IPv4 address is the same in its IPv6 form", "[config]") {
    CHECK(contains("10.0.0.0/8", "::ffff:10.1.2.3"));
    CHECK(contains("::ffff:10.0.0.0/104", "10.1.2.3"));
}

TEST_CASE("What is no network is refused", "[config]") {
    for (const char* text : {"", "10", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8x",
                             "10.0.0.1/8", "::1/129", "::1/64", "host/8", "10.0.0.0/8/8"}) {
        CAPTURE(text);
        CHECK_FALSE(network::parse(text));
    }
}
