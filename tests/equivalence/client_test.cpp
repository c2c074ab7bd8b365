// A client that misreads two servers alike sees no difference, so here it reads one.
#include "tests/equivalence/client.hpp"

#include <catch2/catch.hpp>

#include "tests/support/mysql_server.hpp"

using namespace equivalence;

namespace {

support::mysql_server& server() {
    static support::mysql_server one;
    return one;
}

class talk {
public:
    explicit talk(const std::string& flags) : session_(server().port()) {
        REQUIRE(say("connect user=app collation=255 flags=" + flags).front().starts_with("logged"));
    }
    answer say(const std::string& line) {
        session_.begin(parse_script("A " + line).at(0));
        return session_.finish();
    }
    // The packets' first words.
    std::vector<std::string> shape(const std::string& line) {
        std::vector<std::string> words;
        for (const std::string& packet : say(line))
            words.push_back(packet.substr(0, packet.find(' ')));
        return words;
    }

private:
    client session_;
};

using words = std::vector<std::string>;

}  // namespace

TEST_CASE("A client sees every packet of every kind of answer", "[equivalence]") {
    talk old(""), modern("deprecate_eof,session_track,multi_statements,multi_results");
    CHECK(old.shape("query SELECT 1") == words{"result", "column", "eof", "row", "eof"});
    CHECK(modern.shape("query SELECT 1") == words{"result", "column", "row", "end"});
    CHECK(modern.say("query SELECT 1, 'a%0a', NULL")[4] == "row '1' 'a%0a' NULL");
    CHECK(modern.shape("query DO 1; SELECT 1; SELEC 1") ==
          words{"ok", "result", "column", "row", "end", "error"});
    CHECK(modern.say("query SET time_zone = '+03:00'")[0] ==
          "ok affected=0 id=0 warnings=0 status=autocommit "
          "news:time_zone='+03:00'");
    CHECK(old.say("query SELEC 1")[0].starts_with("error 1064 (42000): You have an error"));
    CHECK(old.shape("prepare s SELECT ?") ==
          words{"prepared", "parameter", "eof", "column", "eof"});
    CHECK(modern.shape("statistics") == words{"statistics"});
    CHECK(modern.shape("set_option 1").size() == 1);
    CHECK(old.shape("ping") == words{"ok"});
    CHECK(old.shape("init_db mysql") == words{"ok"});
    CHECK(old.shape("field_list user").back() == "eof");
}

TEST_CASE("A client sends values of every type", "[equivalence]") {
    talk session("");
    session.say("prepare s SELECT CAST(? AS CHAR), CAST(? AS CHAR), CAST(? AS CHAR)");
    const auto last = [&](const std::string& values) {
        const answer told = session.say("execute s " + values);
        return told.at(told.size() - 2);
    };
    CHECK(last("tiny=-3 short=300 int=-70000") == "binary row %00%00%02-3%03300%06-70000");
    CHECK(last("bigint=-5 ubigint=18446744073709551615 double=1.5") ==
          "binary row %00%00%02-5%1418446744073709551615%031.5");
    CHECK(last("text=ab blob=c%64 null") == "binary row %00%10%02ab%02cd");
    CHECK_THAT(last("date=2026-01-31 datetime=2026-01-31%2012:30:59 time=12:30:59"),
               Catch::Contains("2026-01-31 12:30:59") && Catch::Contains("12:30:59"));
    session.say("long_data s 1 piece and");
    session.say("long_data s 1  piece");
    CHECK(last("int=1 long_data int=2") == "binary row %00%00%011%0fpiece and piece%012");
    CHECK(last("types_left_out int=7 text=x int=8") == "binary row %00%00%017%01x%018");
}

TEST_CASE("A client reads a cursor in parts", "[equivalence]") {
    talk session("");
    session.say("prepare s SELECT 1 UNION SELECT 2 UNION SELECT 3");
    CHECK_THAT(session.say("execute s cursor").back(), Catch::Contains("cursor_exists"));
    CHECK(session.shape("fetch s 2") == words{"binary", "binary", "eof"});
    CHECK_THAT(session.say("fetch s 2").back(), Catch::Contains("last_row_sent"));
    CHECK(session.say("close_statement s").empty());
    CHECK(session.say("fetch s 2")[0].starts_with("error 1243"));
}

TEST_CASE("A client changes its user and begins anew", "[equivalence]") {
    talk session("");
    session.say("query SET @x = 1");
    CHECK(
        session.say("change_user user=app schema=mysql collation=255 flags=")[0].starts_with("ok"));
    const answer told = session.say("query SELECT DATABASE(), @x");
    CHECK(told.at(told.size() - 2) == "row 'mysql' NULL");
    CHECK(session.say("change_user user=app schema=none collation=255 flags=")[0].starts_with(
        "error 1049"));
    CHECK(session.say("ping") == answer{closed});
    CHECK(session.say("connect user=app collation=255 flags=")[0].starts_with("logged in"));
}
