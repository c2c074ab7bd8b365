// JSON documents print as a server prints them.

#include <bit>
#include <catch2/catch.hpp>
#include <charconv>
#include <cmath>
#include <random>

#include "binlog_file.hpp"
#include "replayed_tables.hpp"
#include "tests/support/mysql_server.hpp"

using namespace protocol;

namespace {

/// Any finite double, half of them of everyday size.
double random_double(std::mt19937_64& random) {
    for (;;) {
        const double value = std::bit_cast<double>(random());
        if (!std::isfinite(value)) continue;
        if (random() % 2 == 0) return value;
        const int exponent = static_cast<int>(random() % 50) - 25;
        const double mantissa = static_cast<double>(random() % 1'000'000'000'000'000'000) / 1e18;
        const double digits = std::pow(10.0, static_cast<double>(random() % 18));
        return std::round(mantissa * digits) / digits * std::pow(10.0, exponent);
    }
}

std::string literal(double value) {
    char text[40];
    const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific);
    return {text, end.ptr};
}

}  // namespace

TEST_CASE("Numbers in JSON print as a server prints them", "[json][server]") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    support::mysql_server server;
    server.query(
        "RESET BINARY LOGS AND GTIDS; CREATE DATABASE d;"
        "CREATE TABLE d.t (id INT PRIMARY KEY, j JSON)");
    for (int statement = 0; statement < 20; ++statement) {
        std::string insert = "INSERT INTO d.t VALUES ";
        for (int i = 0; i < 200; ++i) {
            insert += i == 0 ? "" : ", ";
            insert += "(" + std::to_string(statement * 200 + i) + ", JSON_ARRAY(" +
                      literal(random_double(random)) + ", " +
                      std::to_string(static_cast<std::int64_t>(random())) + ", " +
                      std::to_string(static_cast<std::int32_t>(random()) >> random() % 31) + "))";
        }
        server.query(insert);
    }
    const std::string name = *server.query("SHOW BINARY LOGS").at(0).at(0);
    server.query("FLUSH BINARY LOGS");
    binlog_test::replayed_tables replica;
    binlog_test::for_each_event(binlog_test::read_file(server.data_folder() / name),
                                [&](const binlog_event_view& event) { replica.apply(event); });
    const auto& rows = replica.tables().at("d.t").contents;
    const auto expected = server.query("SELECT id, j FROM d.t");
    REQUIRE(rows.size() == expected.size());
    for (const auto& row : expected)
        REQUIRE(binlog_test::printed(rows.at(*row[0] + ',')[1]) == *row[1]);
}
