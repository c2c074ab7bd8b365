#include <catch2/catch.hpp>

#include "proxy/config_section.hpp"
#include "proxy/config_values.hpp"

using namespace proxy;
using namespace std::chrono_literals;

TEST_CASE("Durations are read with their units", "[config]") {
    CHECK(parse_duration("50ms").value == 50ms);
    CHECK(parse_duration("10s").value == 10s);
    CHECK(parse_duration("5m").value == 5min);
    CHECK(parse_duration("8h").value == 8h);
    CHECK(parse_duration("1d").value == 24h);
    CHECK(parse_duration("0").value == 0ms);
}

TEST_CASE("A duration without a unit, with a sign, a fraction or an overflow is refused",
          "[config]") {
    for (const char* text : {"", "10", "-1s", "1.5s", "s", "10 s", "10S", "1e3ms", "010s", "0x1s",
                             "9223372036854775807d", "99999999999999999999ms", "10ms "}) {
        CAPTURE(text);
        CHECK_FALSE(parse_duration(text).value);
    }
}

TEST_CASE("Sizes are powers of 1024, as MySQL means them", "[config]") {
    CHECK(parse_size("65536").value == 65'536u);
    CHECK(parse_size("512KB").value == 524'288u);
    CHECK(parse_size("64MB").value == 67'108'864u);
    CHECK(parse_size("2GB").value == 2'147'483'648u);
    for (const char* text : {"", "1.5MB", "MB", "64mb", "9223372036854775807GB", "-1"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_size(text).value);
    }
}

TEST_CASE("Numbers are decimal or refused", "[config]") {
    CHECK(parse_number("0").value == 0u);
    CHECK(parse_number("18446744073709551615").value == 18'446'744'073'709'551'615u);
    for (const char* text :
         {"", "010", "1_000", "0x10", "1e3", "+1", " 1", "18446744073709551616"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_number(text).value);
    }
}

TEST_CASE("Addresses are host and port", "[config]") {
    CHECK(parse_address("127.0.0.1:6033").value == listen_address{"127.0.0.1", 6033});
    CHECK(parse_address("[::1]:6033").value == listen_address{"::1", 6033});
    CHECK(parse_address("off").value == listen_address{"", 0});
    for (const char* text : {"", ":1", "a", "a:", "a:0", "a:65536", "a:b", "::1:6033", "a:1:2"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_address(text).value);
    }
}

TEST_CASE("What is formatted reads back as the same value", "[config]") {
    for (const auto duration : {0ms, 1ms, 1500ms, 60'000ms, 90'000ms, 86'400'000ms})
        CHECK(parse_duration(format_duration(duration)).value == duration);
    for (const std::uint64_t size : {0u, 1u, 1024u, 65'537u, 1u << 30})
        CHECK(parse_size(format_size(size)).value == size);
}

TEST_CASE("The closest key is suggested, and none where none is close", "[config]") {
    const std::set<std::string, std::less<>> keys{"host", "port", "connections_max"};
    CHECK(closest_word("hots", keys) == "host");
    CHECK(closest_word("conections_max", keys) == "connections_max");
    CHECK(closest_word("max_connections", keys).empty());
    CHECK(closest_word("zebra", keys).empty());
    CHECK(closest_word(std::string(1'000, 'h'), keys).empty());
}
