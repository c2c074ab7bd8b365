// The stream of a real source, as a replica sees it.

#include "protocol/binlog_dump.hpp"

#include <catch2/catch.hpp>

#include "binlog_file.hpp"
#include "dump_client.hpp"
#include "protocol/binlog_events.hpp"
#include "tests/support/mysql_server.hpp"

using namespace binlog_test;
using namespace protocol;

namespace {

const std::filesystem::path data_folder = BINLOG_TEST_DATA;

void ask_for_checksums(dump_client& client, const std::string& algorithm) {
    client.run("SET @source_binlog_checksum = '" + algorithm + "', @master_binlog_checksum = '" +
               algorithm + "'");
}

/// Calls `visit` for each event of a non-blocking dump.
template <class Visit>
void read_dump(dump_client& client, const gtid_set& executed, checksum_algorithm checksum,
               Visit visit) {
    client.begin({.flags = dump_flag::non_blocking | dump_flag::heartbeat_v2,
                  .server_id = 4'000'000'000,
                  .executed = &executed});
    while (const auto received = client.next_event()) {
        const auto event = decode_event(*received, checksum).value();
        if (event.header.type == event_type::format_description)
            checksum = decode_format_description(event).value().checksum;
        visit(event);
    }
}

/// Heartbeats, the first rotate and the first format_description are made for the stream.
bool is_from_file(const event_header& header) {
    return !header.has(event_flag::artificial) && header.type != event_type::heartbeat_v2 &&
           header.type != event_type::format_description;
}

}  // namespace

TEST_CASE("A dump sends the events that are in the source's file", "[dump][server]") {
    support::mysql_server source;
    source.query("RESET BINARY LOGS AND GTIDS");
    source.execute(data_folder / "capture.sql");
    const std::string name = *source.query("SHOW BINARY LOGS").at(0).at(0);

    std::vector<bytes> sent;
    gtid_set ids;
    std::string opened;
    dump_client client(source);
    ask_for_checksums(client, "CRC32");
    read_dump(client, {}, checksum_algorithm::crc32, [&](const binlog_event_view& event) {
        if (opened.empty()) opened = decode_rotate(event).value().file;
        if (!is_from_file(event.header)) return;
        sent.emplace_back(event.raw.begin(), event.raw.end());
        if (event.header.type == event_type::gtid || event.header.type == event_type::gtid_tagged)
            ids.add(decode_gtid_event(event).value().id);
    });
    CHECK(opened == name);
    CHECK(ids.to_string() == source.gtid_executed());

    source.query("FLUSH BINARY LOGS");
    const bytes file = read_file(source.data_folder() / name);
    std::vector<bytes> logged;
    for (bytes_view rest = bytes_view(file).subspan(magic_size); !rest.empty();) {
        const auto event = take_event(rest, checksum_algorithm::crc32).value();
        const bool last = event.header.type == event_type::rotate;
        if (is_from_file(event.header) && !last)
            logged.emplace_back(event.raw.begin(), event.raw.end());
    }
    CHECK(sent.size() == logged.size());
    CHECK((sent == logged));
}

TEST_CASE("A dump leaves out the transactions the replica has, tagged ones too", "[dump][server]") {
    support::mysql_server source;
    source.query("RESET BINARY LOGS AND GTIDS; CREATE DATABASE d; CREATE TABLE d.t (id INT)");
    for (const char* const mode : {"AUTOMATIC", "AUTOMATIC:red", "AUTOMATIC", "AUTOMATIC:blue"})
        source.query("SET gtid_next = '" + std::string(mode) + "'; INSERT INTO d.t VALUES (1)");
    source.query("SET gtid_next = 'AUTOMATIC'");
    const gtid_set all = gtid_set::parse(source.gtid_executed()).value();
    const std::string uuid = source.value("SELECT @@server_uuid");
    const gtid_set had = gtid_set::parse(uuid + ":1-2:4:blue:1").value();
    REQUIRE(all.contains(had));

    gtid_set sent;
    dump_client client(source);
    ask_for_checksums(client, "CRC32");
    read_dump(client, had, checksum_algorithm::crc32, [&](const binlog_event_view& event) {
        if (event.header.type == event_type::gtid || event.header.type == event_type::gtid_tagged)
            sent.add(decode_gtid_event(event).value().id);
    });
    CHECK(sent.to_string() == (all - had).to_string());
    CHECK(sent.has_tags());
}

TEST_CASE("A source without checksums is read without", "[dump][server]") {
    support::mysql_server source({.arguments = {"--binlog-checksum=NONE"}});
    source.query("CREATE DATABASE d");
    bool described = false;
    bool created = false;
    dump_client client(source);
    ask_for_checksums(client, "NONE");
    read_dump(client, {}, checksum_algorithm::none, [&](const binlog_event_view& event) {
        if (event.header.type == event_type::format_description) {
            described = true;
            CHECK(decode_format_description(event).value().checksum == checksum_algorithm::none);
        }
        if (event.header.type == event_type::query)
            created = created || decode_query(event).value().text == "CREATE DATABASE d";
    });
    CHECK(described);
    CHECK(created);
}

TEST_CASE("An idle source beats, and says where it is", "[dump][server]") {
    support::mysql_server source;
    const auto status = source.query("SHOW BINARY LOG STATUS").at(0);
    for (const bool v2 : {true, false}) {
        dump_client client(source);
        ask_for_checksums(client, "CRC32");
        client.run("SET @source_heartbeat_period = 50000000, @master_heartbeat_period = 50000000");
        const gtid_set executed = gtid_set::parse(source.gtid_executed()).value();
        client.begin({.flags = v2 ? dump_flag::heartbeat_v2 : std::uint16_t{0},
                      .server_id = v2 ? 4'000'000'000U : 4'000'000'001U,
                      .executed = &executed});
        for (;;) {
            const auto received = client.next_event();
            REQUIRE(received);
            const auto event = decode_event(*received, checksum_algorithm::crc32).value();
            if (event.header.type != (v2 ? event_type::heartbeat_v2 : event_type::heartbeat))
                continue;
            const heartbeat beat = decode_heartbeat(event).value();
            CHECK(beat.file == *status[0]);
            CHECK(std::to_string(beat.position) == *status[1]);
            break;
        }
    }
}
