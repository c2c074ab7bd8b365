// The fixture is tested with a stand-in for the binary, so that its own failures are told apart.
#include "tests/support/tidegate_process.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <string>

#include "tests/support/http_get.hpp"
#include "tests/support/temp_folder.hpp"

namespace {

/// Makes fixtures run a script instead of the built binary, while it lives.
class stand_in {
public:
    explicit stand_in(const std::string& script) {
        const std::string path = (folder_.path() / "tidegate").string();
        std::ofstream(path) << script;
        chmod(path.c_str(), 0700);
        setenv("TIDEGATE_BINARY", path.c_str(), 1);
    }
    ~stand_in() { unsetenv("TIDEGATE_BINARY"); }
    stand_in(const stand_in&) = delete;
    stand_in& operator=(const stand_in&) = delete;

private:
    support::temp_folder folder_;
};

// Ready at once on the port that the configuration names; ends with status 0 on SIGTERM.
const std::string ready_at_once = R"(#!/usr/bin/env python3
import http.server, os, signal, sys
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
port = int(open(sys.argv[3]).read())
class ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'ready')
http.server.HTTPServer(('127.0.0.1', port), ready).serve_forever()
)";

std::string http_port_only(support::tidegate_ports ports) {
    return std::to_string(ports.http);
}

}  // namespace

TEST_CASE("A Tidegate under test is ready when the fixture is made, and after each restart",
          "[support]") {
    const stand_in binary(ready_at_once);
    support::tidegate_process tidegate(http_port_only);
    CHECK(support::http_get(tidegate.http_port(), "/readyz").body == "ready");
    CHECK(tidegate.resident_bytes() > 0);

    tidegate.kill();
    CHECK_FALSE(tidegate.running());
    CHECK(support::http_get(tidegate.http_port(), "/readyz").status == 0);
    tidegate.start();
    tidegate.restart();
    CHECK(tidegate.running());
    CHECK_NOTHROW(tidegate.stop());
}

TEST_CASE("A Tidegate that ends at start fails the test with its log", "[support]") {
    const stand_in binary("#!/bin/sh\necho 'the port is in use'\nexit 1\n");
    CHECK_THROWS_WITH(support::tidegate_process(http_port_only),
                      Catch::Contains("the port is in use"));
}

TEST_CASE("A command of Tidegate gives its status and output", "[support]") {
    const stand_in binary("#!/bin/sh\necho \"$1\" on errors >&2\nexit 2\n");
    const support::command_result result = support::run_tidegate({"check"});
    CHECK(result.exit_status == 2);
    CHECK(result.output == "check on errors\n");
}
