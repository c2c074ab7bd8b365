// A connection is brought to a session's state in one write with the session's read, and before its
// write.
#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/proxy/session/before_fake_server.hpp"
#include "tests/support/wait_until.hpp"

using namespace session_test;
using namespace std::chrono_literals;
using protocol::command;

namespace {

/// Two sessions with one connection; what they differ in is a user variable of the first.
struct two_sessions : before_fake_server {
    two_sessions() {
        settings.primary.connections_max = 2;
        backend.known["SELECT 1"] = "1";
        backend.known["SELECT 2"] = "2";
        backend.known["SELECT LAST_INSERT_ID()"] = "0";
    }
    /// What the sessions said, once they have begun.
    std::vector<std::string> heard() {
        stop();
        std::vector<std::string> all = backend.heard;
        all.erase(all.begin(), std::find(all.begin(), all.end(), "SET @x = 1"));
        std::erase_if(all, [](const std::string& what) {
            return what.empty() || what.starts_with("SELECT @@GLOBAL");
        });
        return all;
    }
};

using said = std::vector<std::string>;
const std::string to_first = "SET @`x`=1";
const std::string to_other = "SET @`x`=NULL";

bool is_error(const bytes& answer) {
    return answer.size() > 4 && answer[4] == 0xff;
}

}  // namespace

TEST_CASE("A read goes out together with what brings its connection to the session's state",
          "[proxy]") {
    two_sessions f;
    f.start();
    wire_client one = f.connect(""), other = f.connect("");
    one.ask("SET @x = 1");
    const bytes first = other.ask("SELECT 2");
    CHECK_FALSE(is_error(one.ask("SELECT 1")));
    CHECK(other.ask("SELECT 2") == first);
    CHECK(f.count().state_replays.value() == 3);
    CHECK(f.heard() ==
          said{"SET @x = 1", to_other, "SELECT 2", to_first, "SELECT 1", to_other, "SELECT 2"});
    CHECK(f.backend.came_together == 3);
}

TEST_CASE("A prepared read goes out likewise, and with what it needs besides", "[proxy]") {
    two_sessions f;
    f.start();
    wire_client one = f.connect(""), other = f.connect("");
    other.ask({command::stmt_prepare, "SELECT LAST_INSERT_ID()"});
    one.ask("SET @x = 1");
    const std::string execution{1, 0, 0, 0, 0, 1, 0, 0, 0};
    other.ask({command::stmt_execute, execution});
    CHECK(f.heard() == said{"SET @x = 1", to_other, "SET SESSION last_insert_id=0", execution});
    CHECK(f.backend.came_together == 2);
}

TEST_CASE("A write waits until its connection is in the session's state", "[proxy]") {
    two_sessions f;
    f.start();
    wire_client one = f.connect(""), other = f.connect("");
    one.ask("SET @x = 1");
    CHECK_FALSE(is_error(other.ask("INSERT INTO t VALUES (1)")));
    CHECK_FALSE(is_error(other.ask("SELECT stored_function()")));
    CHECK(f.heard() ==
          said{"SET @x = 1", to_other, "INSERT INTO t VALUES (1)", "SELECT stored_function()"});
    CHECK(f.backend.came_together == 0);
}

TEST_CASE("A statement whose session's state is refused has no effect and no answer", "[proxy]") {
    const std::string statement = GENERATE("SELECT 2", "INSERT INTO t VALUES (1)");
    CAPTURE(statement);
    two_sessions f;
    f.backend.refused_once[to_other] = 1193;
    f.start();
    wire_client one = f.connect(""), other = f.connect("");
    one.ask("SET @x = 1");
    const bytes refused = other.ask(statement);
    REQUIRE(is_error(refused));
    CHECK(refused[5] + 256 * refused[6] == 1193);
    // The next one is right, and gets its own answer.
    const bytes answer = other.ask("SELECT 1");
    CHECK_FALSE(is_error(answer));
    CHECK(one.ask("SELECT 1") == answer);
    CHECK(support::wait_until(20s, [&] { return f.count().backend_in_use.value() == 0; }));
    const said all = f.heard();
    CHECK(std::count(all.begin(), all.end(), statement) == (statement == "SELECT 2" ? 1 : 0));
}
