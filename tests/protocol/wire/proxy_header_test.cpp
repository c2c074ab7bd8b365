#include "protocol/proxy_header.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "wire_bytes.hpp"

using namespace protocol;
using wire_bytes::bytes;

namespace {

const std::string v2 = "0d0a0d0a000d0a515549540a";

network_endpoint v4_end(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d,
                        std::uint16_t port) {
    return {.is_v6 = false, .address = {a, b, c, d}, .port = port};
}

proxy_header tcp4() {
    return {.passed_on =
                connection_ends{v4_end(192, 0, 2, 1, 56324), v4_end(198, 51, 100, 7, 3306)}};
}

proxy_header tcp6() {
    connection_ends ends;
    ends.source = {.is_v6 = true, .address = {0x20, 0x01, 0x0d, 0xb8}, .port = 65535};
    ends.source.address[15] = 1;
    ends.destination = {.is_v6 = true, .address = {0x20, 0x01, 0x0d, 0xb8}, .port = 0};
    ends.destination.address[15] = 2;
    return {.passed_on = ends};
}

/// What the header says; it must be all of `wire`.
result<proxy_header> whole(const bytes& wire) {
    const auto decoded = decode_proxy_header(wire);
    if (!decoded) return decoded.error();
    if (!*decoded) return errc::truncated;
    CHECK((*decoded)->size == wire.size());
    return (*decoded)->header;
}

result<proxy_header> whole(const std::string& text) {
    return whole(bytes(text.begin(), text.end()));
}

}  // namespace

TEST_CASE("A PROXY header of version 1 names the client") {
    CHECK(whole("PROXY TCP4 192.0.2.1 198.51.100.7 56324 3306\r\n").value() == tcp4());
    CHECK(whole("PROXY TCP6 2001:db8::1 2001:db8::2 65535 0\r\n").value() == tcp6());
    CHECK(whole("PROXY UNKNOWN\r\n").value() == proxy_header{});
    CHECK(whole("PROXY UNKNOWN ffff:f...f:ffff 65535 65535\r\n").value() == proxy_header{});
}

TEST_CASE("A PROXY header of version 2 names the client") {
    CHECK(whole(wire_bytes::hex(v2 + "21 11 000c c0000201 c6336407 dc04 0cea")).value() == tcp4());
    CHECK(whole(wire_bytes::hex(v2 + "21 21 0024 20010db8000000000000000000000001"
                                     "20010db8000000000000000000000002 ffff 0000"))
              .value() == tcp6());
    // A health check, with whatever it may say.
    CHECK(whole(wire_bytes::hex(v2 + "20 00 0000")).value() == proxy_header{});
    CHECK(whole(wire_bytes::hex(v2 + "20 11 0003 010203")).value() == proxy_header{});
    // No IP address: unspecified, a Unix socket.
    CHECK(whole(wire_bytes::hex(v2 + "21 00 0000")).value() == proxy_header{});
    CHECK(whole(wire_bytes::hex(v2 + "21 31 00d8" + std::string(2 * 216, '0'))).value() ==
          proxy_header{});
    // Fields behind the addresses: a checksum's, and one without a value.
    CHECK(whole(wire_bytes::hex(v2 + "21 11 0016 c0000201 c6336407 dc04 0cea"
                                     "03 0004 01020304 04 0000"))
              .value() == tcp4());
}

TEST_CASE("A PROXY header comes back as it was written") {
    for (const proxy_header& header : {proxy_header{}, tcp4(), tcp6()}) {
        writer out;
        encode_v2(header, out);
        CHECK(whole(bytes(out.view().begin(), out.view().end())).value() == header);
    }
}

TEST_CASE("A PROXY header that is cut anywhere needs more, and takes nothing behind its end") {
    const std::string text = "PROXY TCP4 192.0.2.1 198.51.100.7 56324 3306\r\n";
    const bytes v1(text.begin(), text.end());
    for (const bytes& full :
         {v1, wire_bytes::hex(v2 + "21 11 000f c0000201 c6336407 dc04 0cea 04 0000")}) {
        wire_bytes::for_each_cut(full, [](const bytes& cut) {
            CAPTURE(cut.size());
            const auto decoded = decode_proxy_header(cut);
            REQUIRE(decoded.has_value());
            CHECK_FALSE(decoded->has_value());
        });
        bytes more = full;
        more.push_back('P');
        CHECK((*decode_proxy_header(more).value()).size == full.size());
    }
}

TEST_CASE("What is not exactly a PROXY header is refused") {
    for (const char* line : {
             "PROXX TCP4",
             "proxy TCP4 192.0.2.1 198.51.100.7 56324 3306\r\n",
             "PROXY TCP4 192.0.2.1 198.51.100.7 56324 3306\n",
             "PROXY TCP4 192.0.2.1 198.51.100.7 56324\r\n",
             "PROXY TCP4 192.0.2.1 198.51.100.7 56324 3306 \r\n",
             "PROXY TCP4 192.0.2.1 198.51.100.7 56324 3306 7\r\n",
             "PROXY TCP4 192.0.2.1  198.51.100.7 56324 3306\r\n",
             "PROXY TCP4 192.0.2 198.51.100.7 56324 3306\r\n",
             "PROXY TCP4 192.0.2.256 198.51.100.7 56324 3306\r\n",
             "PROXY TCP4 2001:db8::1 2001:db8::2 56324 3306\r\n",
             "PROXY TCP6 192.0.2.1 198.51.100.7 56324 3306\r\n",
             "PROXY TCP4 192.0.2.1 198.51.100.7 65536 3306\r\n",
             "PROXY TCP4 192.0.2.1 198.51.100.7 056324 3306\r\n",
             "PROXY TCP4 192.0.2.1 198.51.100.7 -1 3306\r\n",
             "PROXY TCP4 192.0.2.1 198.51.100.7 1 \r\n",
             "PROXY TCP5 192.0.2.1 198.51.100.7 1 2\r\n",
             "PROXY \r\n",
         }) {
        CAPTURE(line);
        CHECK(whole(std::string(line)).error() == errc::malformed);
    }
    CHECK(whole(std::string("PROXY TCP4 192.0.2.1\0 198.51.100.7 1 2\r\n", 40)).error() ==
          errc::malformed);
    CHECK(whole("PROXY UNKNOWN " + std::string(100, 'x')).error() == errc::too_long);
    for (const char* rest : {
             "11 11 000c c0000201 c6336407 dc04 0cea",         // version 1 in binary
             "22 11 000c c0000201 c6336407 dc04 0cea",         // an unknown command
             "21 12 000c c0000201 c6336407 dc04 0cea",         // datagrams
             "21 11 000b c0000201 c6336407 dc04 0c",           // addresses that do not fit
             "21 21 000c c0000201 c6336407 dc04 0cea",         // likewise
             "21 31 000c c0000201 c6336407 dc04 0cea",         // likewise
             "21 11 000e c0000201 c6336407 dc04 0cea 0400",    // a field that is cut
             "21 11 000f c0000201 c6336407 dc04 0cea 040001",  // a field longer than the header
         }) {
        CAPTURE(rest);
        CHECK(whole(wire_bytes::hex(v2 + rest)).error() == errc::malformed);
    }
    CHECK(whole(wire_bytes::hex(v2 + "21 11 0ff1")).error() == errc::too_long);
    CHECK(whole(wire_bytes::hex(v2 + "21 11 0ff0")).error() == errc::truncated);
}
