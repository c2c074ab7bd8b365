#include <catch2/catch.hpp>
#include <string>

#include "protocol/capabilities.hpp"
#include "protocol/column_definition.hpp"
#include "protocol/prepare_ok.hpp"
#include "protocol/server_status.hpp"
#include "protocol/text_result.hpp"
#include "protocol/text_row.hpp"
#include "recording.hpp"
#include "wire_bytes.hpp"

using namespace protocol;
using wire_bytes::bytes;
using wire_bytes::encoded;
using wire_bytes::hex;

namespace {

bytes payload_of(const bytes& packet) {
    return {packet.begin() + 4, packet.end()};
}

std::vector<std::optional<std::string>> row_of(bytes_view payload, std::uint32_t columns) {
    std::vector<std::optional<std::string>> out;
    const auto decoded = decode_text_row(payload, columns, [&out](auto, text_value value) {
        out.push_back(value ? std::optional<std::string>(*value) : std::nullopt);
    });
    REQUIRE(decoded.has_value());
    return out;
}

}  // namespace

TEST_CASE("Column definitions of MySQL 9.7 decode, and encode to the same bytes") {
    const recording::session session = recording::load("deprecate_eof");
    const auto& packets = session["select_rows"].packets;
    const bytes id = payload_of(packets[1]);
    const column_definition column = decode_column_definition(id).value();
    CHECK(column.schema == "recorded");
    CHECK(column.table == "t");
    CHECK(column.name == "id");
    CHECK(column.type == field_type::long_);
    CHECK(column.collation == collations::binary);
    CHECK((column.flags & column_flag::primary_key) != 0);
    CHECK(encoded(column) == id);
    CHECK(decode_column_definition(payload_of(packets[2])).value().collation == 255);
}

TEST_CASE("The answer to COM_FIELD_LIST has defaults, of which NULL is one") {
    const recording::session session = recording::load("eof");
    const auto& packets = session["field_list"].packets;
    const bytes id = payload_of(packets[0]);
    const bytes name = payload_of(packets[1]);
    CHECK(**decode_column_definition(id).value().default_value == "0");
    CHECK(*decode_column_definition(name).value().default_value == std::nullopt);
    CHECK(encoded(decode_column_definition(name).value()) == name);
}

TEST_CASE("A column definition cut short anywhere is truncated") {
    const bytes full = encoded(column_definition{.schema = "s", .table = "t", .name = "n"});
    wire_bytes::for_each_cut(full, [](const bytes& cut) {
        CAPTURE(cut.size());
        CHECK(decode_column_definition(cut).error() == errc::truncated);
    });
}

TEST_CASE("A text row of MySQL 9.7 decodes, empty text and NULL apart") {
    const recording::session session = recording::load("deprecate_eof");
    const auto& packets = session["select_rows"].packets;
    using row = std::vector<std::optional<std::string>>;
    CHECK(row_of(payload_of(packets[4]), 3) == row{"1", "one", "1.50"});
    CHECK(row_of(payload_of(packets[5]), 3) == row{"2", "", std::nullopt});
}

TEST_CASE("A text row with too few or too many columns is refused") {
    const auto ignore = [](auto, auto) {};
    CHECK(decode_text_row(hex("01 61"), 2, ignore).error() == errc::truncated);
    CHECK(decode_text_row(hex("01 61 01 62"), 1, ignore).error() == errc::trailing_bytes);
}

TEST_CASE("A result that we write is what MySQL would have sent") {
    const std::string kind = GENERATE("eof", "deprecate_eof");
    const recording::session session = recording::load(kind);
    const auto& recorded = session["select_rows"];

    bytes out;
    std::uint8_t sequence = 1;
    text_result_writer result(out, session.capabilities, sequence);
    const std::vector<column_definition> columns{
        decode_column_definition(bytes_view(recorded.packets[1]).subspan(4)).value(),
        decode_column_definition(bytes_view(recorded.packets[2]).subspan(4)).value(),
        decode_column_definition(bytes_view(recorded.packets[3]).subspan(4)).value()};
    constexpr std::uint16_t status = server_status::autocommit;
    result.columns(columns, status);
    result.row(std::vector<text_value>{"1", "one", "1.50"});
    result.row(std::vector<text_value>{"2", "", std::nullopt});
    result.row(std::vector<text_value>{"3", "three", "3.00"});
    result.end({.status = status});

    bytes expected;
    for (const bytes& packet : recorded.packets)
        expected.insert(expected.end(), packet.begin(), packet.end());
    CHECK(wire_bytes::to_hex(out) == wire_bytes::to_hex(expected));
}

TEST_CASE("The answer to COM_STMT_PREPARE decodes from MySQL's bytes and encodes to the same") {
    const recording::session session = recording::load("eof");
    const bytes payload = payload_of(session["prepare_both"].packets.front());
    const prepare_ok ok = decode_prepare_ok(payload, session.capabilities).value();
    CHECK(ok.columns == 2);
    CHECK(ok.parameters == 1);
    CHECK(ok.metadata_follows);
    CHECK(encoded(ok, session.capabilities) == payload);
    wire_bytes::for_each_cut(payload, [&](const bytes& cut) {
        CHECK(decode_prepare_ok(cut, session.capabilities).error() == errc::truncated);
    });
}
