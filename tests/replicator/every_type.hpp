#pragma once

#include <string>

namespace edges {

/// A table with every common column type, and rows with their extreme values.
inline const std::string every_type_table = R"(
CREATE DATABASE IF NOT EXISTS types CHARACTER SET utf8mb4;
CREATE TABLE types.every (
    id BINARY(4) NOT NULL,
    part DECIMAL(6,2) NOT NULL,
    t TINYINT, tu TINYINT UNSIGNED, s SMALLINT, m MEDIUMINT UNSIGNED, i INT, b BIGINT,
    bu BIGINT UNSIGNED, f FLOAT, d DOUBLE, n DECIMAL(65,30), bits BIT(64), flag BIT(1),
    c CHAR(10), v VARCHAR(300), l1 VARCHAR(20) CHARACTER SET latin1,
    gb VARCHAR(20) CHARACTER SET gbk, tx LONGTEXT, bn BINARY(8), vb VARBINARY(20), bl MEDIUMBLOB,
    da DATE, ti TIME(6), dt DATETIME(6), ts TIMESTAMP(6) NULL, y YEAR,
    e ENUM('one', 'two', 'three') CHARACTER SET latin1, st SET('x', 'y', 'z'), j JSON, g GEOMETRY,
    ve VECTOR(3),
    doubled BIGINT AS (i * 2) VIRTUAL, kept INT AS (CHAR_LENGTH(v)) STORED,
    hidden INT INVISIBLE DEFAULT 7,
    PRIMARY KEY (id, part), KEY (kept), FULLTEXT KEY (tx)) CHARACTER SET utf8mb4)";

/// With four rows; `first` keeps their keys apart from those of other calls (0 to 50).
inline std::string every_type_rows(int first) {
    const auto id = [&](int n) {
        const std::string digits = "0123456789abcdef";
        const int number = first * 4 + n;
        return std::string("X'") + digits[static_cast<std::size_t>(number / 16)] +
               digits[static_cast<std::size_t>(number % 16)] + "00'";
    };
    const std::string columns =
        "INSERT INTO types.every (id, part, t, tu, s, m, i, b, bu, f, d, n, bits, flag, c, v, l1, "
        "gb, tx, bn, vb, bl, da, ti, dt, ts, y, e, st, j, g, ve, hidden) VALUES ";
    const std::string nulls = [] {
        std::string text;
        for (int i = 0; i < 31; ++i) text += ", NULL";
        return text;
    }();
    std::string padded_id = "CONCAT(" + id(0) + ", X'0000')";
    return "SET NAMES utf8mb4, time_zone = '+02:00', sql_mode = 'ALLOW_INVALID_DATES'; " + columns +
           "(" + padded_id +
           ", 1.50, -128, 255, -32768, 16777215, -2147483648, "
           "-9223372036854775808, 18446744073709551615, 16777216.0, 1.7976931348623157e308, "
           "-12345678901234567890123456789012345.123456789012345678901234567891, "
           "X'FFFFFFFFFFFFFFFF', b'1', 'ab  ', 'quote '' back \\\\ nul \\0 é 漢 😀', 'é\\'', "
           "'漢字', "
           "REPEAT('é\\n', 40000), X'0100', X'00270a5c00', RANDOM_BYTES(1000), '9999-12-31', "
           "'-838:59:59.000001', '9999-12-31 23:59:59.999999', '2026-03-29 02:30:00.123456', 2155, "
           "'three', 'x,z', '{\"a\": [1, 2.5, null, true, \"é\\\\\"\"], \"b\": {}}', "
           "ST_GeomFromText('POINT(1 2)', 4326), STRING_TO_VECTOR('[1, -2.5, 3e-7]'), 1), "
           "(" +
           id(1) +
           ", -1.50, 127, 0, 32767, 0, 2147483647, 9223372036854775807, 0, 0.1, "
           "5e-324, 0.000000000000000000000000000001, 0, b'0', '', '', '', '', '', '', '', '', "
           "'0000-00-00', '838:59:59', '0000-00-00 00:00:00', '1970-01-01 02:00:01', 0, '', '', "
           "'[]', NULL, NULL, NULL), "
           "(" +
           id(2) +
           ", 0, 0, 1, 0, 1, 0, 0, 1, -3.4028235e38, -1.5e-300, 0, 1, NULL, 'A', "
           "'NULL', 'a', 'a', 'x', X'00', X'00', X'00', '2026-02-31', '-00:00:00.000001', "
           "'2026-00-00 00:00:00', '2038-01-19 05:14:07.999999', 1901, 1, 'x,y,z', '\"text\"', "
           "ST_GeomFromText('LINESTRING(0 0,1 1)'), NULL, 0), "
           "(" +
           id(3) + ", 9999.99" + nulls + ")";
}

}  // namespace edges
