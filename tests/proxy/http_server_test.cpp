#include "proxy/http_server.hpp"

#include <spdlog/logger.h>

#include <catch2/catch.hpp>

#include "proxy/log.hpp"
#include "tests/support/http_get.hpp"
#include "tests/support/raw_client.hpp"
#include "tests/support/wait_until.hpp"

using namespace proxy;
using namespace std::chrono_literals;

namespace {

/// A server with two paths, on a free port.
class fixture {
public:
    explicit fixture(http_limits limits = {})
        : log_(make_logger({.level = "error"})),
          server_({"127.0.0.1", 0},
                  {{"/hello", [] { return http_reply{.body = "hello"}; }},
                   {"/broken", []() -> http_reply { throw std::runtime_error("broken"); }}},
                  *log_, limits) {
        log_->set_level(spdlog::level::off);
        server_.start();
    }
    std::uint16_t port() const { return server_.port(); }
    spdlog::logger& log() { return *log_; }

private:
    std::shared_ptr<spdlog::logger> log_;
    http_server server_;
};

}  // namespace

TEST_CASE("A path that is served answers with its body", "[http]") {
    const fixture server;
    const auto answer = support::http_get(server.port(), "/hello?a=b");
    CHECK(answer.status == 200);
    CHECK(answer.body == "hello");
}

TEST_CASE("A path that is not served is 404, and one that fails is 500", "[http]") {
    const fixture server;
    CHECK(support::http_get(server.port(), "/").status == 404);
    CHECK(support::http_get(server.port(), "/hello/").status == 404);
    CHECK(support::http_get(server.port(), "/broken").status == 500);
    CHECK(support::http_get(server.port(), "/hello").status == 200);
}

TEST_CASE("An address in use is an error that says so", "[http]") {
    fixture first;
    http_server second({"127.0.0.1", first.port()}, {}, first.log());
    std::string message;
    try {
        second.start();
    } catch (const std::system_error& failure) {
        message = failure.what();
    }
    CHECK(message.find("127.0.0.1:" + std::to_string(first.port()) +
                       ": another process listens there; stop it or change 'listen.http'") !=
          std::string::npos);
}

TEST_CASE("An HTTP server can be stopped twice and never started", "[http]") {
    const auto log = make_logger({});
    http_server server({"127.0.0.1", 0}, {}, *log);
    server.stop();
    server.start();
    server.stop();
    server.stop();
}

TEST_CASE("What is not HTTP gets 400 and the end of the connection", "[http]") {
    const fixture server;
    for (const std::string_view request :
         {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n", "hello\r\n\r\n",
          "GET /hello\r\n\r\n", "GET /hello HTTP/1.1\r\nbad header\r\n\r\n",
          "GET /hello HTTP/1.1\r\nContent-Length: -1\r\n\r\n"}) {
        CAPTURE(request);
        support::raw_client client("127.0.0.1", server.port());
        client.send(request);
        CHECK(client.receive_all(4096).rfind("HTTP/1.1 400 ", 0) == 0);
    }
}

TEST_CASE("A header or a body beyond its limit gets 400 and the end of the connection", "[http]") {
    const fixture server({.header_bytes_max = 1000, .body_bytes_max = 100});
    const std::string big(2000, 'x');
    for (const std::string& request :
         {"GET /hello HTTP/1.1\r\nX: " + big + "\r\n\r\n",
          "GET /hello HTTP/1.1\r\nContent-Length: 2000\r\n\r\n" + big}) {
        support::raw_client client("127.0.0.1", server.port());
        client.send(request);
        CHECK(client.receive_all(4096).rfind("HTTP/1.1 400 ", 0) == 0);
    }
}

TEST_CASE("Another method gets 405, and HEAD the length without the body", "[http]") {
    const fixture server;
    support::raw_client post("127.0.0.1", server.port());
    post.send("POST /hello HTTP/1.1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    const std::string refused = post.receive_all(4096);
    CHECK(refused.rfind("HTTP/1.1 405 ", 0) == 0);
    CHECK(refused.find("Allow: GET, HEAD\r\n") != std::string::npos);

    support::raw_client head("127.0.0.1", server.port());
    head.send("HEAD /hello HTTP/1.1\r\nConnection: close\r\n\r\n");
    const std::string answer = head.receive_all(4096);
    CHECK(answer.find("Content-Length: 5\r\n") != std::string::npos);
    CHECK(answer.substr(answer.size() - 4) == "\r\n\r\n");
}

TEST_CASE("Several requests are answered on one connection, in order", "[http]") {
    const fixture server;
    support::raw_client client("127.0.0.1", server.port());
    client.send(
        "GET /hello HTTP/1.1\r\n\r\nGET /nothing HTTP/1.1\r\n\r\n"
        "GET /hello HTTP/1.1\r\nConnection: close\r\n\r\n");
    const std::string answers = client.receive_all(4096);
    const auto first = answers.find("200 OK");
    const auto second = answers.find("404 Not Found");
    CHECK(first < second);
    CHECK(answers.find("200 OK", second) != std::string::npos);
}

TEST_CASE("A connection that is idle for too long is closed", "[http]") {
    const fixture server({.idle_timeout = 50ms});
    support::raw_client client("127.0.0.1", server.port());
    client.send("GET /hel");
    CHECK(client.closed_by_peer());
}

TEST_CASE("Connections beyond the limit are closed at once, and room is made by those that end",
          "[http]") {
    const fixture server({.connections_max = 1});
    {
        support::raw_client first("127.0.0.1", server.port());
        first.send("GET /hello HTTP/1.1\r\n\r\n");
        REQUIRE(first.receive(12).size() == 12);  // it is being served now
        support::raw_client second("127.0.0.1", server.port());
        CHECK(second.closed_by_peer());
    }
    const bool room = support::wait_until(
        5s, [&] { return support::http_get(server.port(), "/hello").status == 200; });
    CHECK(room);
}
