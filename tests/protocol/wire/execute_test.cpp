#include "protocol/execute.hpp"

#include <catch2/catch.hpp>

#include "protocol/capabilities.hpp"
#include "protocol/query_attributes.hpp"
#include "recording.hpp"
#include "wire_bytes.hpp"

using namespace protocol;
using wire_bytes::bytes;
using wire_bytes::hex;

namespace {

constexpr std::uint32_t attributes = capability::query_attributes;

}  // namespace

TEST_CASE("An execution that MySQL 9.7 accepted decodes, with and without query attributes") {
    const recording::session plain = recording::load("deprecate_eof");
    const recording::session named = recording::load("query_attributes");
    for (const recording::session* session : {&plain, &named}) {
        const bytes& command = (*session)["execute_cursor"].command;
        const execute_layout out = decode_execute(command, 1, session->capabilities).value();
        CHECK(out.opens_cursor());
        CHECK(out.iteration_count == 1);
        CHECK(out.parameter_count == 1);
        CHECK(out.types_bound);
        CHECK(wire_bytes::to_hex(out.null_bitmap) == "00");
        CHECK(wire_bytes::to_hex(out.values) == "00000000");
    }
}

TEST_CASE("An execution without parameters ends at its iteration count, whatever follows") {
    const execute_layout out = decode_execute(hex("17 2a000000 00 01000000"), 0, 0).value();
    CHECK(out.statement_id == 42);
    CHECK(out.parameter_count == 0);
    // The types flag that npm's mariadb sends nevertheless.
    CHECK(decode_execute(hex("17 2a000000 00 01000000 01"), 0, 0).value().parameter_count == 0);
}

TEST_CASE("An execution that leaves its types out is sent on with those remembered") {
    const bytes first = hex("17 01000000 00 01000000 00 01 0300 fd00 07000000 02 6869");
    const bytes second = hex("17 01000000 00 01000000 00 00 08000000 02 686f");
    const execute_layout bound = decode_execute(first, 2, 0).value();
    CHECK(wire_bytes::to_hex(bound.types) == "0300fd00");
    const execute_layout unbound = decode_execute(second, 2, 0).value();
    CHECK_FALSE(unbound.types_bound);
    CHECK(unbound.types.empty());

    bytes out;
    writer to(out);
    encode_execute_with_types(unbound, 9, bound.types, 0, to);
    CHECK(wire_bytes::to_hex(out) ==
          wire_bytes::to_hex(hex("17 09000000 00 01000000 00 01 0300 fd00 08000000 02 686f")));
    bytes same;
    writer to_same(same);
    encode_execute_with_types(bound, 1, {}, 0, to_same);
    CHECK(same == first);
}

TEST_CASE(
    "With query attributes an execution has a count, names, and more values than parameters") {
    // One parameter (LONG 7) and an attribute "k" = "v".
    const bytes payload = hex("17 01000000 08 01000000 02 00 01 0300 00 fe00 01 6b 07000000 01 76");
    const execute_layout out = decode_execute(payload, 1, attributes).value();
    CHECK(out.parameter_count == 2);
    query_attribute_reader in(out.parameter_count, out.null_bitmap, out.types, out.values);
    REQUIRE(in.next());
    CHECK(in.attribute().name.empty());
    CHECK(in.attribute().type == field_type::long_);
    REQUIRE(in.next());
    CHECK(in.attribute().name == "k");
    CHECK(as_text(in.attribute().value) == "v");
    CHECK_FALSE(in.next());
    CHECK_FALSE(in.failed());

    bytes same;
    writer to(same);
    encode_execute_with_types(out, 1, {}, attributes, to);
    CHECK(same == payload);
}

TEST_CASE("The flag for a parameter count makes room for one on a statement without parameters") {
    const bytes payload = hex("17 01000000 08 01000000 00");
    const execute_layout out = decode_execute(payload, 0, attributes).value();
    CHECK(out.parameter_count == 0);
    bytes same;
    writer to(same);
    encode_execute_with_types(out, 1, {}, attributes, to);
    CHECK(same == payload);
}

TEST_CASE("An execution cut short before its values is truncated") {
    const bytes full = hex("17 01000000 08 01000000 02 00 01 0300 00 fe00 01 6b 07000000 01 76");
    const std::size_t values_size = 6;
    wire_bytes::for_each_cut(full, [&](const bytes& cut) {
        CAPTURE(cut.size());
        const auto decoded = decode_execute(cut, 1, attributes);
        if (cut.size() < full.size() - values_size) CHECK(decoded.error() == errc::truncated);
    });
}

TEST_CASE("An execution with absurd counts is refused") {
    CHECK(
        decode_execute(hex("17 01000000 08 01000000 fe ffffffffffffffff"), 1, attributes).error() ==
        errc::limit_exceeded);
    CHECK(decode_execute(hex("17 01000000 08 01000000 01 00 00"), 2, attributes).error() ==
          errc::malformed);
    CHECK(decode_execute(hex("17 01000000 00 01000000 00 02"), 1, 0).error() == errc::malformed);
}

TEST_CASE("A statement id is rewritten in place and nothing else is") {
    bytes payload = hex("1c 01000000 02000000");
    CHECK(rewrite_statement_id(payload, 0x0a0b0c0d));
    CHECK(payload == hex("1c 0d0c0b0a 02000000"));
    CHECK(decode_statement_id(payload).value() == 0x0a0b0c0d);
    bytes brief = hex("19 0100 00");
    CHECK_FALSE(rewrite_statement_id(brief, 1));
    CHECK(decode_statement_id(brief).error() == errc::truncated);
}

TEST_CASE("Without query attributes all of a query behind its command byte is SQL") {
    const bytes payload = wire_bytes::of("\x03SELECT 1");
    const query_layout out = decode_query(payload, 0).value();
    CHECK(out.sql == "SELECT 1");
    CHECK(out.sql_at == 1);
}

TEST_CASE("With query attributes the SQL begins behind them, whatever their types") {
    // NULL, tiny, unsigned longlong, double, datetime of 4 bytes, time of none, text, SQL.
    const bytes payload =
        hex("03 07 01 01 01"
            "0600 01 61  0100 01 62  0880 01 63  0500 01 64  0c00 01 65  0b00 01 66  fe00 01 67"
            "09  0a00000000000000  0000000000000840  04 e8070101  00  02 6869"
            "53454c4543542031");
    const query_layout out = decode_query(payload, attributes).value();
    CHECK(out.attribute_count == 7);
    CHECK(out.sql == "SELECT 1");
    query_attribute_reader in(out);
    std::string seen;
    while (in.next()) {
        seen += in.attribute().name;
        seen += '=';
        seen += in.attribute().is_null ? "NULL" : wire_bytes::to_hex(in.attribute().value);
        seen += in.attribute().is_unsigned ? "u " : " ";
    }
    CHECK_FALSE(in.failed());
    CHECK(seen == "a=NULL b=09 c=0a00000000000000u d=0000000000000840 e=e8070101 f= g=6869 ");
}

TEST_CASE("A query without attributes encodes to what MySQL 9.7 accepted") {
    for (const char* kind : {"eof", "query_attributes"}) {
        const recording::session session = recording::load(kind);
        bytes out;
        writer to(out);
        encode_query("BEGIN", session.capabilities, to);
        CHECK(out == session["begin"].command);
        CHECK(decode_query(out, session.capabilities).value().sql == "BEGIN");
    }
}

TEST_CASE("An attribute's text that is longer than its packet ends with it, as on MySQL 9.7") {
    for (const char* length : {"02", "fa", "fb", "fcffff", "feffffffffffffffff"}) {
        CAPTURE(length);
        const bytes payload = hex(std::string("03 01 01 00 01 fe00 01 6b") + length + "76");
        const query_layout out = decode_query(payload, attributes).value();
        CHECK(out.sql.empty());
        query_attribute_reader in(out);
        REQUIRE(in.next());
        CHECK(wire_bytes::to_hex(in.attribute().value) == "76");
    }
}

TEST_CASE("Query attributes cut short, without types, or of an unknown type are refused") {
    const bytes before_value = hex("03 01 01 00 01 fe00 01 6b 01");
    wire_bytes::for_each_cut(before_value, [](const bytes& cut) {
        CAPTURE(cut.size());
        CHECK(decode_query(cut, attributes).error() == errc::truncated);
    });
    CHECK(decode_query(hex("03 01 01 00 00 01 76"), attributes).error() == errc::malformed);
    CHECK(decode_query(hex("03 01 02 00 01"), attributes).error() == errc::malformed);
    CHECK(decode_query(hex("03 fd ffffff 01"), attributes).error() == errc::limit_exceeded);
    CHECK(decode_query(hex("03 01 01 00 01 6400 01 6b 01 76"), attributes).error() ==
          errc::truncated);
}
