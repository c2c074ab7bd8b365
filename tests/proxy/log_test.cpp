#include "proxy/log.hpp"

#include <catch2/catch.hpp>

#include "proxy/log_line.hpp"

using namespace proxy;

TEST_CASE("An event is a name and its values", "[log]") {
    CHECK(log_event("started")("port", 6033)("tls", true)("host", "db1").text() ==
          "started port=6033 tls=true host=db1");
    CHECK(log_event("started").text() == "started");
}

TEST_CASE("A value cannot forge a second event or a second line", "[log]") {
    CHECK(log_event("e")("user", "a b").text() == R"(e user="a b")");
    CHECK(log_event("e")("user", "").text() == R"(e user="")");
    CHECK(log_event("e")("user", "a\n2026 info e\x1b[2J").text() ==
          R"(e user="a\n2026 info e\u001b[2J")");
    CHECK(log_event("e")("user", R"(a" b=c \)").text() == R"(e user="a\" b=c \\")");
    CHECK(log_event("e")("user", "a=b").text() == R"(e user="a=b")");
    CHECK(log_event("e")("user", "\xff\xc0\x80").text() == R"(e user="\u00ff\u00c0\u0080")");
    CHECK(log_event("e")("user", "größe").text() == R"(e user="größe")");
}

TEST_CASE("A long value is cut", "[log]") {
    const std::string text = log_event("e")("sql", std::string(100'000, 'x')).text();
    CHECK(text.size() < value_bytes_max + 50);
    CHECK(text.substr(text.size() - 4) == "…\"");
}

TEST_CASE("An event line becomes a JSON object with numbers as numbers", "[log]") {
    const std::string line = log_event("started")("port", 6033)("tls", false)("host", "db1")(
                                 "text", "a \"b\"")("id", "007")
                                 .text();
    CHECK(event_line_to_json("T", "info", line) ==
          R"({"time":"T","level":"info","event":"started","port":6033,"tls":false,)"
          R"("host":"db1","text":"a \"b\"","id":"007"})");
}

TEST_CASE("Only what log_event makes is taken for an event", "[log]") {
    for (const char* line : {"started", "started a=1", R"(e a="b c" d=e)", R"(e a="\"" d="")"})
        CHECK(is_event_line(line));
    for (const char* line :
         {"", "Started", "started now", "e a", "e a=", "e =b", R"(e a="b)", R"(e a="b"c)", "e  a=b",
          "e a=b ", "e a=b\n", "e A=b", "e a=\"b\n\"", "edge east: copying"}) {
        CAPTURE(line);
        CHECK_FALSE(is_event_line(line));
    }
}
