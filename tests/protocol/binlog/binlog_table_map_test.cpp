#include "protocol/binlog_table_map.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

#include "binlog_file.hpp"
#include "protocol/row_image.hpp"
#include "protocol/sql_literal.hpp"

using namespace binlog_test;
using namespace protocol;

namespace {

const table_map& recorded(const std::string& table) {
    static const auto tables = [] {
        std::map<std::string, table_map> found;
        const bytes file = read_file(std::filesystem::path(BINLOG_TEST_DATA) / "capture.binlog");
        for_each_event(file, [&](const binlog_event_view& event) {
            if (event.header.type != event_type::table_map) return;
            table_map map = decode_table_map(event).value();
            const table_map_head head = decode_table_map_head(event).value();
            CHECK(head.table_id == map.table_id);
            CHECK(head.schema == map.schema);
            CHECK(head.table == map.table);
            CHECK(head.flags == map.flags);
            std::string name = map.table;
            found[name] = std::move(map);
        });
        return found;
    }();
    return tables.at(table);
}

const table_column& column(const std::string& table, const std::string& name) {
    const auto& columns = recorded(table).columns;
    const auto found = std::find_if(columns.begin(), columns.end(),
                                    [&](const table_column& c) { return c.name == name; });
    REQUIRE(found != columns.end());
    return *found;
}

/// A table map with one column of a type byte and its metadata.
result<table_map> one_column(std::uint8_t type, const bytes& metadata, const bytes& optional = {}) {
    bytes body;
    writer out(body);
    out.u48(1);
    out.u16(0);
    for (const char* const name : {"s", "t"}) {
        out.u8(1);
        out.null_terminated(name);
    }
    out.lenenc(1);
    out.u8(type);
    out.lenenc_bytes(metadata);
    out.u8(1);
    out.bytes(optional);
    return decode_table_map({{.type = event_type::table_map}, body, {}});
}

}  // namespace

TEST_CASE("A table map tells the signs of numeric columns", "[binlog]") {
    for (const std::string name : {"tu", "su", "mu", "iu", "bu", "y"})
        CHECK(column("integers", name).is_unsigned);
    for (const std::string name : {"id", "t", "s", "m", "i", "b"})
        CHECK_FALSE(column("integers", name).is_unsigned);
    CHECK(column("reals", "du").is_unsigned);
    CHECK_FALSE(column("reals", "d").is_unsigned);
    CHECK(column("decimals", "d147").is_unsigned);
}

TEST_CASE("A table map tells sizes, precision and digits", "[binlog]") {
    CHECK(column("integers", "b10").size == 10);
    CHECK(column("integers", "b64").size == 64);
    CHECK(column("decimals", "d65").size == 65);
    CHECK(column("decimals", "d65").scale == 30);
    CHECK(column("times", "t5").size == 5);
    CHECK(column("texts", "c255").size == 1020);
    CHECK(column("texts", "v300").size == 1200);
    CHECK(column("texts", "tt").size == 1);
    CHECK(column("texts", "lt").size == 4);
    CHECK(column("bytes", "b8").size == 8);
    CHECK(column("choices", "s64").size == 8);
}

TEST_CASE("A table map tells the character set of each column", "[binlog]") {
    const std::map<std::string, std::string> charsets{
        {"c10", "utf8mb4"}, {"cl", "latin1"}, {"v20", "latin1"}, {"v3", "utf8mb3"},
        {"va", "ascii"},    {"vg", "gbk"},    {"vs", "sjis"},    {"v16", "utf16"},
        {"v18", "gb18030"}, {"mt", "latin1"}, {"lt", "ucs2"},    {"t", "utf8mb4"}};
    for (const auto& [name, charset] : charsets) {
        CAPTURE(name);
        CHECK(charset_name(column("texts", name).collation) == charset);
    }
    CHECK(charset_name(column("bytes", "b8").collation) == "binary");
    CHECK(charset_name(column("bytes", "lb").collation) == "binary");
    CHECK(charset_name(column("choices", "e").collation) == "latin1");
    CHECK(charset_name(column("choices", "s").collation) == "utf8mb4");
    CHECK(charset_name(0).empty());
    CHECK(charset_name(65535).empty());
}

TEST_CASE("A table map with full metadata tells names, labels, keys and visibility", "[binlog]") {
    CHECK(recorded("choices").has_names);
    CHECK(column("choices", "e").labels == std::vector<std::string>{"a", "b,c", "\xe9", ""});
    CHECK(column("choices", "s").labels == std::vector<std::string>{"x", "y", "z"});
    CHECK(column("choices", "s64").labels.size() == 64);
    CHECK(enum_label(column("choices", "e"), {2}) == "b,c");
    CHECK(enum_label(column("choices", "e"), {0}).empty());
    CHECK(enum_label(column("choices", "e"), {5}).empty());
    CHECK(set_labels(column("choices", "s"), {0b101}) == "x,z");
    CHECK(set_labels(column("choices", "s64"), {std::uint64_t{1} << 63}) == "m64");
    CHECK(set_labels(column("choices", "s"), {}).empty());
    CHECK(recorded("images").primary_key == std::vector<primary_key_part>{{0, 0}, {1, 0}});
    CHECK(recorded("prefixed").primary_key == std::vector<primary_key_part>{{0, 5}, {1, 10}});
    CHECK_FALSE(column("images", "hidden").visible);
    CHECK(column("images", "note").visible);
    CHECK(column("images", "note").nullable);
    CHECK_FALSE(column("images", "a").nullable);
    CHECK((recorded("keyless").flags & table_map_flag::generated_primary_key) != 0);
    CHECK_FALSE(column("keyless", "my_row_id").visible);
}

TEST_CASE("A table map tells what geometry and vector columns hold", "[binlog]") {
    CHECK(column("shapes", "g").geometry_type == 0U);
    CHECK(column("shapes", "p").geometry_type == 1U);
    CHECK(column("shapes", "l").geometry_type == 2U);
    CHECK(column("vectors", "v").vector_dimensions == 3U);
    CHECK(column("vectors", "w").vector_dimensions == 2048U);
    CHECK_FALSE(column("integers", "i").vector_dimensions.has_value());
}

TEST_CASE("A column whose values have no known size is unsupported", "[binlog]") {
    for (const int type : {0, 6, 7, 11, 12, 14, 20, 200, 241, 243, 244, 253})
        CHECK(one_column(static_cast<std::uint8_t>(type), {0, 0}).error() == errc::unsupported);
}

TEST_CASE("A column with impossible metadata is malformed", "[binlog]") {
    using row = std::pair<column_type, bytes>;
    for (const auto& [type, metadata] :
         {row{column_type::decimal, {66, 0}}, row{column_type::decimal, {5, 6}},
          row{column_type::decimal, {0, 0}}, row{column_type::decimal, {40, 31}},
          row{column_type::time, {7}}, row{column_type::float_, {8}}, row{column_type::blob, {5}},
          row{column_type::blob, {0}}, row{column_type::bit, {0, 0}}, row{column_type::bit, {8, 1}},
          row{column_type::bit, {1, 8}}, row{column_type::string, {0xf7, 3}},
          row{column_type::string, {0xf8, 9}}}) {
        CAPTURE(static_cast<int>(type));
        CHECK(one_column(static_cast<std::uint8_t>(type), metadata).error() == errc::malformed);
    }
    CHECK(one_column(17, {}).error() == errc::truncated);
}

TEST_CASE("Optional metadata of a newer server is skipped", "[binlog]") {
    const auto table = one_column(3, {}, {99, 2, 1, 1, 1, 1, 0x80});
    CHECK(table.value().columns[0].is_unsigned);
    CHECK(one_column(3, {}, {8, 1, 1}).error() == errc::malformed);  // key on column 1 of 1
    CHECK(one_column(3, {}, {1, 0}).error() == errc::truncated);     // no sign bits
    CHECK(one_column(254, {0xf7, 1}, {6, 2, 200, 0}).error() == errc::truncated);
    CHECK(one_column(15, {9, 0}, {2, 3, 8, 1, 9}).error() == errc::malformed);
}
