#include "proxy/http_routes.hpp"

#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>

using namespace proxy;

namespace {

server_health healthy() {
    server_health health;
    health.listening = true;
    health.primary_up = true;
    health.clients = 3;
    router::edge_report edge;
    edge.edge = "east";
    edge.state = router::edge_state::streaming;
    edge.holds = std::make_shared<router::coverage>();
    edge.applied = std::make_shared<protocol::gtid_set>(
        protocol::gtid_set::parse("3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5").value());
    edge.lag = std::chrono::microseconds(2'500);
    health.edges.push_back(edge);
    return health;
}

boost::json::object body_of(const http_reply& reply) {
    return boost::json::parse(reply.body).as_object();
}

}  // namespace

TEST_CASE("A process that listens and has its primary is ready", "[http]") {
    const http_reply reply = ready_reply(healthy());
    CHECK(reply.status == 200);
    CHECK(reply.body == "{\"ready\":true}\n");
}

TEST_CASE("A process without its primary is not ready and says why", "[http]") {
    server_health health = healthy();
    health.primary_up = false;
    health.primary_error = "connection refused";
    const http_reply reply = ready_reply(health);
    CHECK(reply.status == 503);
    CHECK(reply.body == "{\"ready\":false,\"reasons\":[\"primary: connection refused\"]}\n");
    CHECK(not_ready_because({}).size() == 2);
}

TEST_CASE("A stopped edge does not make the process unready", "[http]") {
    server_health health = healthy();
    health.edges[0].state = router::edge_state::stopped;
    CHECK(ready_reply(health).status == 200);
}

TEST_CASE("The status names every edge with its state, watermark and lag", "[http]") {
    auto status = body_of(status_reply(healthy()));
    CHECK(status["ready"].as_bool());
    CHECK(status["clients"] == 3u);
    CHECK(status["primary"].as_object()["up"].as_bool());
    auto& edge = status["edges"].as_array()[0].as_object();
    CHECK(edge["name"] == "east");
    CHECK(edge["state"] == "streaming");
    CHECK(edge["readable"].as_bool());
    CHECK(edge["watermark"] == "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5");
    CHECK(edge["lag_seconds"] == 0.0025);
    CHECK(edge["same_time_zone"].is_null());
    CHECK(edge["message"] == "");
}

TEST_CASE("An edge of which nothing is known yet has no watermark", "[http]") {
    server_health health = healthy();
    health.edges[0] = {.edge = "east"};
    auto status = body_of(status_reply(health));
    auto& edge = status["edges"].as_array()[0].as_object();
    CHECK(edge["watermark"].is_null());
    CHECK_FALSE(edge["readable"].as_bool());
}

TEST_CASE("docs/http.md lists the paths that are served, and its example is what is answered",
          "[http]") {
    std::ifstream file(TIDEGATE_SOURCE_DIR "/docs/http.md");
    const std::string page{std::istreambuf_iterator<char>(file), {}};
    std::size_t listed = 0;
    for (auto at = page.find("| `GET /"); at != std::string::npos;
         at = page.find("| `GET /", at + 1))
        ++listed;
    const auto routes = make_routes({}, {}, {});
    CHECK(routes.size() == listed);
    for (const http_route& route : routes)
        CHECK(page.find("`GET " + route.path + "`") != std::string::npos);

    const auto start = page.find("{\n  \"version\"");
    const auto example = boost::json::parse(page.substr(start, page.find("```", start) - start));
    const auto answer = body_of(status_reply(healthy()));
    for (const auto& [key, value] : answer) CHECK(example.as_object().contains(key));
    for (const auto& [key, value] : answer.at("edges").as_array()[0].as_object())
        CHECK(example.at("edges").as_array()[0].as_object().contains(key));
}

TEST_CASE("What pins sessions is told with its statement, its age and its end", "[http]") {
    const auto reply = pins_reply({{.connection = 1073741931,
                                    .user = "app",
                                    .why = pin_reason::named_lock,
                                    .statement = "SELECT `GET_LOCK` (...)",
                                    .age = std::chrono::milliseconds(12400)}});
    std::ifstream file(TIDEGATE_SOURCE_DIR "/docs/http.md");
    const std::string page{std::istreambuf_iterator<char>(file), {}};
    const auto start = page.find("[\n  {\n    \"connection\"");
    REQUIRE(start != std::string::npos);
    CHECK(boost::json::parse(reply.body) ==
          boost::json::parse(page.substr(start, page.find("```", start) - start)));
    CHECK(pins_reply({}).body == "[]\n");
}
