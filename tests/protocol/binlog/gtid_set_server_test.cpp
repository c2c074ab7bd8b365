// MySQL itself as the oracle of GTID sets, tags included.

#include <catch2/catch.hpp>
#include <random>

#include "binlog_file.hpp"
#include "protocol/gtid_set.hpp"
#include "tests/support/mysql_server.hpp"

using namespace protocol;

namespace {

/// A set as text, in an untidy order: MySQL and we must tidy it up alike.
std::string random_set(std::mt19937& random) {
    static const std::vector<std::string> sources{"3e11fa47-71ca-11e1-9e33-c80aa9429562",
                                                  "9F0B0C8E-0000-11EF-8A1B-0242AC120002",
                                                  "00000000-0000-0000-0000-000000000001"};
    static const std::vector<std::string> tags{"", "", ":tag", ":Tag_2", ":_"};
    std::string text;
    for (auto items = random() % 6; items > 0; --items) {
        text += text.empty() ? "" : ",\n";
        text += sources[random() % sources.size()];
        for (auto parts = random() % 4 + 1; parts > 0; --parts) {
            text += tags[random() % tags.size()];
            const auto first = random() % 50 + 1;
            text += ':' + std::to_string(first);
            if (random() % 2 == 0) text += '-' + std::to_string(first + random() % 20);
        }
    }
    return text;
}

std::string on_one_line(std::string text) {
    std::erase(text, '\n');
    return text;
}

}  // namespace

TEST_CASE("GTID sets agree with a server's functions", "[gtid][server]") {
    support::mysql_server server;
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    for (int round = 0; round < 500; ++round) {
        const std::string x = random_set(random);
        const std::string y = random_set(random);
        CAPTURE(x, y);
        const gtid_set set_x = gtid_set::parse(x).value();
        const gtid_set set_y = gtid_set::parse(y).value();
        const auto answers =
            server
                .query("SELECT GTID_SUBTRACT('" + x + "', ''), GTID_SUBTRACT('" + x + "', '" + y +
                       "'), GTID_SUBSET('" + y + "', '" + x + "')")
                .at(0);
        REQUIRE(set_x.to_string() == on_one_line(*answers[0]));
        REQUIRE((set_x - set_y).to_string() == on_one_line(*answers[1]));
        REQUIRE(set_x.contains(set_y) == (*answers[2] == "1"));
    }
}

TEST_CASE("A server's previous_gtids event holds the ids it executed", "[gtid][server]") {
    const std::string untagged = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
    const std::string tagged = untagged + ":tag";
    const std::string other = "9f0b0c8e-0000-11ef-8a1b-0242ac120002:other_tag_of_twenty_";
    const std::vector<std::pair<std::vector<std::string>, std::string>> histories{
        {{untagged + ":1", untagged + ":2", untagged + ":7"}, untagged + ":1-2:7"},
        {{untagged + ":1", tagged + ":3", tagged + ":4", other + ":9223372036854775806"},
         untagged + ":1:tag:3-4," + other + ":9223372036854775806"},
    };
    support::mysql_server server;
    for (const auto& [ids, expected] : histories) {
        server.query("RESET BINARY LOGS AND GTIDS");
        for (const std::string& id : ids)
            server.query("SET gtid_next = '" + id + "'; BEGIN; COMMIT");
        server.query("SET gtid_next = 'AUTOMATIC'; FLUSH BINARY LOGS");
        const std::string name = *server.query("SHOW BINARY LOGS").back().at(0);
        const auto file = binlog_test::read_file(server.data_folder() / name);
        bool found = false;
        binlog_test::for_each_event(file, [&](const binlog_event_view& event) {
            if (event.header.type != event_type::previous_gtids) return;
            found = true;
            const gtid_set previous = decode_previous_gtids(event).value();
            CHECK(previous.to_string() == expected);
            writer out;
            previous.encode(out);
            CHECK(as_text(out.view()) == as_text(event.body));
        });
        CHECK(found);
    }
}
