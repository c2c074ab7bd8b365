// The encodings of single values, where a byte more or less says more than a recorded table.

#include <catch2/catch.hpp>

#include "binlog_file.hpp"
#include "protocol/collations.hpp"
#include "protocol/decimal.hpp"
#include "protocol/json_binary.hpp"
#include "protocol/row_image.hpp"
#include "protocol/row_temporal.hpp"

using namespace protocol;
using binlog_test::bytes;

namespace {

row_cell cell(const bytes& data) {
    return {row_cell::state::value, data};
}

/// A large array with one element, whose offset leads to `offset`.
bytes array_leading_to(std::uint32_t offset, std::size_t size) {
    bytes data;
    writer out(data);
    out.u8(3);
    out.u32(1);
    out.u32(static_cast<std::uint32_t>(size));
    out.u8(3);
    out.u32(offset);
    out.zeros(size - 13);
    return data;
}

}  // namespace

TEST_CASE("A decimal of each number of digits takes the bytes it needs", "[binlog]") {
    CHECK(decimal_size(65, 30) == 30);
    CHECK(decimal_size(10, 0) == 5);
    CHECK(decimal_size(9, 9) == 4);
    CHECK(decimal_size(1, 0) == 1);
    CHECK(decimal_size(0, 0) == 0);
    CHECK(decimal_size(66, 0) == 0);
    CHECK(decimal_size(5, 6) == 0);
    CHECK(decimal_size(40, 31) == 0);
}

TEST_CASE("A decimal decodes from the bytes of the manual's example", "[binlog]") {
    // DECIMAL(14,4), from the comment of decimal2bin() in MySQL's sources.
    CHECK(decode_decimal(bytes{0x81, 0x0d, 0xfb, 0x38, 0xd2, 0x04, 0xd2}, 14, 4).value() ==
          "1234567890.1234");
    CHECK(decode_decimal(bytes{0x7e, 0xf2, 0x04, 0xc7, 0x2d, 0xfb, 0x2d}, 14, 4).value() ==
          "-1234567890.1234");
    CHECK(decode_decimal(bytes{0x81, 0x0d}, 14, 4).error() == errc::truncated);
    CHECK(decode_decimal(bytes{0xe4}, 2, 0).error() == errc::malformed);  // 100 in two digits
}

TEST_CASE("A negative time is one biased integer with its fraction", "[binlog]") {
    CHECK(decode_time(bytes{0x7f, 0xef, 0x7c, 0xee, 0x30}, 3).value() == "-01:02:03.456");
    CHECK(decode_time(bytes{0x80, 0, 0}, 0).value() == "00:00:00");
    CHECK(decode_time(bytes{0x80, 0, 0}, 1).error() == errc::truncated);
    CHECK(decode_time(bytes{0xff, 0xff, 0xff}, 0).error() == errc::malformed);
    CHECK(decode_time(bytes{0x80, 0, 0}, 7).error() == errc::malformed);
}

TEST_CASE("A timestamp is in UTC over all of its range", "[binlog]") {
    const auto at = [](std::uint32_t seconds) {
        const bytes data{
            static_cast<std::uint8_t>(seconds >> 24), static_cast<std::uint8_t>(seconds >> 16),
            static_cast<std::uint8_t>(seconds >> 8), static_cast<std::uint8_t>(seconds)};
        return decode_timestamp(data, 0).value();
    };
    CHECK(at(0) == "0000-00-00 00:00:00");
    CHECK(at(1) == "1970-01-01 00:00:01");
    CHECK(at(951'782'400) == "2000-02-29 00:00:00");
    CHECK(at(951'868'800) == "2000-03-01 00:00:00");
    CHECK(at(0x7fff'ffff) == "2038-01-19 03:14:07");
    CHECK(at(4'107'542'400) == "2100-03-01 00:00:00");
    CHECK(at(0xffff'ffff) == "2106-02-07 06:28:15");
}

TEST_CASE("A date out of its range is malformed", "[binlog]") {
    CHECK(decode_date(bytes{0, 0, 0}).value() == "0000-00-00");
    CHECK(decode_date(bytes{0x5f, 0xd0, 0x0f}).value() == "2024-02-31");
    CHECK(decode_date(bytes{0xa0, 0xd1, 0x0f}).error() == errc::malformed);  // month 13
    CHECK(decode_datetime(bytes{0, 0, 0, 0, 0}, 0).error() == errc::malformed);
}

TEST_CASE("A BINARY gets back its zero bytes, a CHAR gets no blanks", "[binlog]") {
    const table_column binary{
        .type = column_type::string, .size = 4, .collation = collations::binary};
    CHECK(decode_cell(binary, cell({1, 1})).value() ==
          column_value{bytes_value{std::string("\1\0\0\0", 4)}});
    CHECK(decode_cell(binary, cell({0})).value() ==
          column_value{bytes_value{std::string(4, '\0')}});
    const table_column text{.type = column_type::string, .size = 16, .collation = 255};
    CHECK(decode_cell(text, cell({1, 'a'})).value() == column_value{string_value{"a", 255}});
    const table_column blob{.type = column_type::blob, .size = 2, .collation = collations::binary};
    CHECK(decode_cell(blob, cell({1, 0, 1})).value() == column_value{bytes_value{"\1"}});
}

TEST_CASE("A cell with bytes left over is malformed", "[binlog]") {
    const table_column number{.type = column_type::int_};
    CHECK(decode_cell(number, cell({1, 0, 0, 0})).value() == column_value{std::int64_t{1}});
    CHECK(decode_cell(number, cell({1, 0, 0, 0, 0})).error() == errc::malformed);
    CHECK(decode_cell(number, cell({1, 0, 0})).error() == errc::truncated);
}

TEST_CASE("Values that print alike are not equal when their types differ", "[binlog]") {
    CHECK(column_value{float_value{0.0F}} != column_value{float_value{-0.0F}});
    CHECK(column_value{double_value{0.0}} != column_value{double_value{-0.0}});
    CHECK(column_value{std::int64_t{1}} != column_value{std::uint64_t{1}});
    CHECK(column_value{null_value{}} != column_value{string_value{}});
    CHECK(column_value{decimal_value{"1"}} != column_value{string_value{"1", 0}});
}

TEST_CASE("An empty JSON document is null", "[binlog]") {
    CHECK(decode_json_binary({}).value() == "null");
}

TEST_CASE("A JSON document that leads back into itself ends", "[binlog]") {
    CHECK(decode_json_binary(array_leading_to(0, 64)).error() == errc::limit_exceeded);
    CHECK(decode_json_binary(array_leading_to(65, 64)).error() == errc::truncated);
}

TEST_CASE("A JSON document cannot grow without bound", "[binlog]") {
    // Small arrays of 16 elements, all of which are the next array: 16^60 nulls, if let.
    constexpr std::size_t levels = 60;
    constexpr std::size_t fanout = 16;
    constexpr std::size_t level_size = 4 + 3 * fanout;
    bytes data;
    writer out(data);
    out.u8(2);
    for (std::size_t level = 0; level < levels; ++level) {
        out.u16(fanout);
        out.u16(static_cast<std::uint16_t>((levels - level) * level_size));
        for (std::size_t i = 0; i < fanout; ++i) {
            out.u8(level + 1 < levels ? 2 : 4);
            out.u16(level + 1 < levels ? level_size : 0);
        }
    }
    CHECK(decode_json_binary(data).error() == errc::limit_exceeded);
}

TEST_CASE("JSON bytes that are no document are malformed", "[binlog]") {
    CHECK(decode_json_binary(bytes{4, 3}).error() == errc::malformed);
    CHECK(decode_json_binary(bytes{13, 0}).error() == errc::malformed);
    CHECK(decode_json_binary(bytes{11, 0, 0, 0, 0, 0, 0, 0xf0, 0x7f}).error() == errc::malformed);
    CHECK(decode_json_binary(bytes{12, 0xff, 0xff, 0xff, 0xff, 0xff, 1}).error() ==
          errc::truncated);
    CHECK(decode_json_binary(bytes{12, 5, 'a'}).error() == errc::truncated);
    CHECK(decode_json_binary(bytes{2, 0xff, 0xff, 4, 0}).error() == errc::truncated);
}
