-- What data/capture.binlog holds.  `test_protocol_binlog "[record]"` runs this on a new server and
-- writes the three files beside it.  No semicolons inside statements: the client library splits there.
-- Every table has a primary key, which is how the test follows updates and deletes.

SET NAMES utf8mb4;
SET time_zone = '+00:00';
SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES';
CREATE DATABASE capture;
USE capture;

-- Numbers, at both ends of their ranges.
CREATE TABLE integers (
  id INT PRIMARY KEY,
  t TINYINT, tu TINYINT UNSIGNED, s SMALLINT, su SMALLINT UNSIGNED,
  m MEDIUMINT, mu MEDIUMINT UNSIGNED, i INT, iu INT UNSIGNED,
  b BIGINT, bu BIGINT UNSIGNED, y YEAR, b1 BIT(1), b10 BIT(10), b64 BIT(64));
INSERT INTO integers VALUES
  (1, -128, 0, -32768, 0, -8388608, 0, -2147483648, 0,
   -9223372036854775808, 0, 0, b'0', b'0', b'0'),
  (2, 127, 255, 32767, 65535, 8388607, 16777215, 2147483647, 4294967295,
   9223372036854775807, 18446744073709551615, 2155, b'1', b'1111111111', 18446744073709551615),
  (3, -1, 128, -1, 32768, -1, 8388608, -1, 2147483648,
   -1, 9223372036854775808, 1901, b'1', b'1000000001', 1),
  (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

CREATE TABLE reals (id INT PRIMARY KEY, f FLOAT, d DOUBLE, f73 FLOAT(7,3), du DOUBLE UNSIGNED);
INSERT INTO reals VALUES
  (1, 0, 0, 0, 0),
  (2, -0e0, -0e0, -1.5, 1e-300),
  (3, 3.4028234663852886e38, 1.7976931348623157e308, 9999.999, 1.7976931348623157e308),
  (4, -3.4028234663852886e38, -1.7976931348623157e308, -9999.999, 0.1),
  (5, 1.401298464324817e-45, 5e-324, 0.001, 5e-324),
  (6, 16777217, 9007199254740993, 0.1, 12345678901234567890),
  (7, 0.1, 0.1, 0.3, 0.30000000000000004),
  (8, NULL, NULL, NULL, NULL);

CREATE TABLE decimals (
  id INT PRIMARY KEY,
  d65 DECIMAL(65,30), d10 DECIMAL(10,0), d99 DECIMAL(9,9), d189 DECIMAL(18,9), d1 DECIMAL(1,0),
  d52 DECIMAL(5,2), d3030 DECIMAL(30,30), d650 DECIMAL(65,0), d147 DECIMAL(14,7) UNSIGNED);
INSERT INTO decimals VALUES
  (1, 0, 0, 0, 0, 0, 0, 0, 0, 0),
  (2, 99999999999999999999999999999999999.999999999999999999999999999999, 9999999999,
   0.999999999, 999999999.999999999, 9, 999.99, 0.999999999999999999999999999999,
   99999999999999999999999999999999999999999999999999999999999999999, 9999999.9999999),
  (3, -99999999999999999999999999999999999.999999999999999999999999999999, -9999999999,
   -0.999999999, -999999999.999999999, -9, -999.99, -0.999999999999999999999999999999,
   -99999999999999999999999999999999999999999999999999999999999999999, 0.0000001),
  (4, 1.000000000000000000000000000001, 1, 0.000000001, 1000000000.5, 1, -0.05, -1e-30,
   1000000000, 1234567.1234567),
  (5, -0.000000000000000000000000000001, -1000000000, -0.1, -0.000000001, -1, 100, 1e-30, -1,
   10.01),
  (6, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

-- Dates and times: both ends, zeros, invalid ones, every number of digits.
CREATE TABLE times (
  id INT PRIMARY KEY, d DATE, t TIME, t1 TIME(1), t2 TIME(2), t3 TIME(3), t4 TIME(4), t5 TIME(5),
  t6 TIME(6), dt DATETIME, dt1 DATETIME(1), dt2 DATETIME(2), dt3 DATETIME(3), dt4 DATETIME(4),
  dt5 DATETIME(5), dt6 DATETIME(6), ts TIMESTAMP NULL, ts1 TIMESTAMP(1) NULL,
  ts2 TIMESTAMP(2) NULL, ts3 TIMESTAMP(3) NULL, ts4 TIMESTAMP(4) NULL, ts5 TIMESTAMP(5) NULL,
  ts6 TIMESTAMP(6) NULL);
INSERT INTO times VALUES
  (1, '0000-00-00', '00:00:00', 0, 0, 0, 0, 0, 0, '0000-00-00 00:00:00', 0, 0, 0, 0, 0, 0,
   '0000-00-00 00:00:00', 0, 0, 0, 0, 0, 0),
  (2, '9999-12-31', '838:59:59', '838:59:59', '838:59:59', '838:59:59', '838:59:59', '838:59:59',
   '838:59:59', '9999-12-31 23:59:59', '9999-12-31 23:59:59.9', '9999-12-31 23:59:59.99',
   '9999-12-31 23:59:59.999', '9999-12-31 23:59:59.9999', '9999-12-31 23:59:59.99999',
   '9999-12-31 23:59:59.999999', '2038-01-19 03:14:07', '2038-01-19 03:14:07.4',
   '2038-01-19 03:14:07.49', '2038-01-19 03:14:07.499', '2038-01-19 03:14:07.4999',
   '2038-01-19 03:14:07.49999', '2038-01-19 03:14:07.499999'),
  (3, '0001-01-01', '-838:59:59', '-838:59:58.9', '-838:59:58.99', '-838:59:58.999',
   '-838:59:58.9999', '-838:59:58.99999', '-838:59:58.999999', '0001-01-01 00:00:00',
   '1000-01-01 00:00:00.1', '1000-01-01 00:00:00.01', '1000-01-01 00:00:00.001',
   '1000-01-01 00:00:00.0001', '1000-01-01 00:00:00.00001', '1000-01-01 00:00:00.000001',
   '1970-01-01 00:00:01', '1970-01-01 00:00:01.1', '1970-01-01 00:00:01.01',
   '1970-01-01 00:00:01.001', '1970-01-01 00:00:01.0001', '1970-01-01 00:00:01.00001',
   '1970-01-01 00:00:01.000001'),
  (4, '2024-02-29', '-00:00:01', '-00:00:00.1', '-00:00:00.01', '-01:02:03.456', '-00:00:00.0001',
   '-00:00:00.00001', '-00:00:00.000001', '2024-02-29 12:34:56', '2024-02-29 12:34:56.7',
   '2024-02-29 12:34:56.78', '2024-02-29 12:34:56.789', '2024-02-29 12:34:56.7891',
   '2024-02-29 12:34:56.78912', '2024-02-29 12:34:56.789123', '2000-02-29 23:59:59',
   '2000-03-01 00:00:00.5', '2001-02-28 23:59:59.99', '2001-03-01 00:00:00.001',
   '1999-12-31 23:59:59.9999', '2000-01-01 00:00:00.00001', '2037-12-31 23:59:59.999999'),
  (5, '2024-02-31', '12:00:00', '12:00:00.5', '12:00:00.05', '12:00:00.005', '12:00:00.0005',
   '12:00:00.00005', '12:00:00.000005', '2024-00-00 00:00:00', '2024-04-31 01:02:03.4',
   '0000-00-00 00:00:00.01', '2024-12-00 00:00:00', NULL, NULL, NULL,
   NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (6, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
   NULL, NULL, NULL, NULL, NULL, NULL, NULL);

-- Text and bytes: character sets, both prefix sizes, all four blob sizes.
CREATE TABLE texts (
  id INT PRIMARY KEY,
  c10 CHAR(10), c255 CHAR(255), cl CHAR(200) CHARACTER SET latin1, v20 VARCHAR(20) CHARACTER SET latin1,
  v300 VARCHAR(300), v3 VARCHAR(30) CHARACTER SET utf8mb3, va VARCHAR(10) CHARACTER SET ascii,
  vg VARCHAR(20) CHARACTER SET gbk, vs VARCHAR(20) CHARACTER SET sjis,
  v16 VARCHAR(20) CHARACTER SET utf16, v18 VARCHAR(20) CHARACTER SET gb18030,
  vbin VARCHAR(20) COLLATE utf8mb4_bin,
  tt TINYTEXT, t TEXT, mt MEDIUMTEXT CHARACTER SET latin1, lt LONGTEXT CHARACTER SET ucs2);
INSERT INTO texts VALUES
  (1, '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', ''),
  (2, 'a', 'é', 'café', 'naïve', '🐬🐬', 'żółw', 'ascii', '誠\\', 'ソ表\\', '🐬a', '𠀀€', 'ẞß',
   'tiny', 'text\n\r\t\0\Z\'\"\\%_', 'medium é', 'long 長い'),
  (3, '          ', REPEAT('🐬', 255), REPEAT('é', 200), REPEAT('ÿ', 20), REPEAT('x', 300),
   REPEAT('€', 30), 'a\0b', REPEAT('誠', 20), REPEAT('表', 20), REPEAT('🐬', 20), REPEAT('𠀀', 20),
   ' trail ', REPEAT('t', 255), REPEAT('é', 400), REPEAT('é', 300), REPEAT('長', 100)),
  (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
   NULL);

CREATE TABLE bytes (
  id INT PRIMARY KEY, b8 BINARY(8), b255 BINARY(255), v8 VARBINARY(8), v300 VARBINARY(300),
  tb TINYBLOB, b BLOB, mb MEDIUMBLOB, lb LONGBLOB);
INSERT INTO bytes VALUES
  (1, '', '', '', '', '', '', '', ''),
  (2, X'0100', X'00', X'0100', X'00', X'00', X'FF00', X'275C00', X'0A0D1A'),
  (3, X'FFFFFFFFFFFFFFFF', REPEAT(X'00', 255), X'0000000000000000', REPEAT(X'FE', 300),
   REPEAT(X'01', 255), REPEAT(X'02', 300), REPEAT(X'03', 300), REPEAT(X'04', 300)),
  (4, '  ab  ', ' ', ' ', '  ', ' ', ' ', ' ', ' '),
  (5, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

CREATE TABLE choices (
  id INT PRIMARY KEY, e ENUM('a', 'b,c', 'é', '') CHARACTER SET latin1, s SET('x', 'y', 'z'),
  s64 SET('m1','m2','m3','m4','m5','m6','m7','m8','m9','m10','m11','m12','m13','m14','m15','m16',
    'm17','m18','m19','m20','m21','m22','m23','m24','m25','m26','m27','m28','m29','m30','m31','m32',
    'm33','m34','m35','m36','m37','m38','m39','m40','m41','m42','m43','m44','m45','m46','m47','m48',
    'm49','m50','m51','m52','m53','m54','m55','m56','m57','m58','m59','m60','m61','m62','m63','m64'));
INSERT INTO choices VALUES
  (1, 'a', 'x', 'm1'), (2, 'é', 'x,z', 'm64'), (3, 4, '', 18446744073709551615),
  (4, 'not a member', '', 0), (5, NULL, NULL, NULL);

-- JSON: every scalar, inlined and not, opaque ones, both sizes of container.
CREATE TABLE documents (id INT PRIMARY KEY, j JSON);
INSERT INTO documents VALUES
  (1, 'null'), (2, 'true'), (3, 'false'), (4, '0'), (5, '-32768'), (6, '32768'),
  (7, '-2147483649'), (8, '4294967296'), (9, '18446744073709551615'), (10, '-9223372036854775808'),
  (11, '0.1'), (12, '-0.0'), (13, '1e15'), (14, '123456789012345.0'), (15, '1e-15'), (16, '1e-16'),
  (17, '1234567890123456.8'), (18, '9.999999999999998e15'), (19, '1.7976931348623157e308'),
  (20, '5e-324'), (21, '""'), (22, '"q\\"b\\\\s/n\\n\\u0000\\u001f\\b\\f\\r\\té🐬"'),
  (23, '[]'), (24, '{}'), (25, '[null, true, false, 1, -1, 65536, 0.5, "s", [], {}]'),
  (26, '{"": false, "b": 1, "aa": [1, [2, [3, {"deep": "é"}]]], "a": 70000, "é": "x"}'),
  (27, JSON_ARRAY(1.50, -0.05, CAST(5 AS UNSIGNED), 123456789012345678901234567890.123456789)),
  (28, JSON_ARRAY(DATE'2024-02-29', TIME'-01:02:03.4', TIMESTAMP'2024-02-29 12:34:56.789123',
                  TIME'838:59:59', TIMESTAMP'1000-01-01 00:00:00')),
  (29, JSON_ARRAY(X'00FF10', b'101', CAST('raw' AS BINARY))),
  (30, JSON_OBJECT('p', ST_GeomFromText('POINT(1 2)'), 'y', CAST(2024 AS YEAR))),
  (31, JSON_ARRAY(REPEAT('x', 127), REPEAT('y', 128), REPEAT('z', 300))),
  (32, NULL);

CREATE TABLE shapes (id INT PRIMARY KEY, g GEOMETRY, p POINT SRID 4326, l LINESTRING);
INSERT INTO shapes VALUES
  (1, ST_GeomFromText('POINT(1.5 -2)'), ST_GeomFromText('POINT(10 20)', 4326),
   ST_GeomFromText('LINESTRING(0 0, 1 1, 2 4)')),
  (2, ST_GeomFromText('GEOMETRYCOLLECTION(POINT(0 0), POLYGON((0 0, 4 0, 4 4, 0 0)))'), NULL, NULL),
  (3, NULL, NULL, NULL);

CREATE TABLE vectors (id INT PRIMARY KEY, v VECTOR(3), w VECTOR);
INSERT INTO vectors VALUES
  (1, STRING_TO_VECTOR('[1, -0.5, 3.4e38]'), STRING_TO_VECTOR('[0]')), (2, NULL, NULL);

-- Updates and deletes with each kind of image.
CREATE TABLE images (
  a INT, b VARCHAR(10), c INT DEFAULT 7, note TEXT, blb BLOB,
  doubled INT GENERATED ALWAYS AS (c * 2) VIRTUAL, kept INT GENERATED ALWAYS AS (c * 3) STORED,
  hidden INT DEFAULT 5 INVISIBLE, PRIMARY KEY (a, b));
INSERT INTO images (a, b, c, note) VALUES (1, 'x', 1, 'one'), (2, 'x', 2, NULL), (3, 'x', 3, 'three');
UPDATE images SET c = c + 10 WHERE a <= 2;
SET binlog_row_image = MINIMAL;
INSERT INTO images (a, b) VALUES (4, 'min'), (5, 'min');
UPDATE images SET note = 'minimal' WHERE a = 1;
UPDATE images SET a = 40, c = NULL WHERE a = 4;
DELETE FROM images WHERE a = 5;
SET binlog_row_image = NOBLOB;
INSERT INTO images (a, b, note, blb) VALUES (6, 'noblob', 'text', X'00');
UPDATE images SET c = 60 WHERE a = 6;
UPDATE images SET blb = X'01' WHERE a = 6;
DELETE FROM images WHERE a = 3;
SET binlog_row_image = FULL;
DELETE FROM images WHERE a = 2;

CREATE TABLE parts (id INT PRIMARY KEY, v INT) PARTITION BY RANGE (id)
  (PARTITION low VALUES LESS THAN (10), PARTITION high VALUES LESS THAN MAXVALUE);
INSERT INTO parts VALUES (1, 1), (2, 2), (20, 20);
UPDATE parts SET id = 30 WHERE id = 1;
DELETE FROM parts WHERE id = 20;

CREATE TABLE prefixed (b VARCHAR(50), t TEXT, n INT, PRIMARY KEY (b(5), t(10)));
INSERT INTO prefixed VALUES ('abcdefgh', 'a longer text', 1), ('z', 'z', 2);

-- Compressed transactions, one of them with a document of the large format.
SET binlog_transaction_compression = ON;
BEGIN;
INSERT INTO documents VALUES
  (33, JSON_OBJECT('large', JSON_ARRAY(true, REPEAT('0123456789', 6600), null, 40000, 1.5e0), 'n', 70000,
                   'm', JSON_ARRAY(1, -70000, 3000000000)));
UPDATE integers SET t = 5 WHERE id = 1;
DELETE FROM decimals WHERE id = 5;
COMMIT;
INSERT INTO parts SELECT 100 + v, v FROM parts;
SET binlog_transaction_compression = OFF;

-- Tagged transactions, one of them compressed.
SET gtid_next = 'AUTOMATIC:tag_a';
INSERT INTO vectors VALUES (3, STRING_TO_VECTOR('[1,2,3]'), NULL);
SET binlog_transaction_compression = ON;
INSERT INTO vectors VALUES (4, STRING_TO_VECTOR('[4,5,6]'), NULL);
SET binlog_transaction_compression = OFF;
SET gtid_next = 'AUTOMATIC:b';
INSERT INTO vectors VALUES (5, STRING_TO_VECTOR('[7,8,9]'), NULL);
SET gtid_next = 'AUTOMATIC';

-- The other kinds of transaction.
CREATE TABLE copied (PRIMARY KEY (id)) AS SELECT id, v FROM parts;
SET binlog_rows_query_log_events = ON;
INSERT INTO copied VALUES (1000, 1);
SET binlog_rows_query_log_events = OFF;
XA START 'trx', 'branch', 7;
INSERT INTO copied VALUES (1001, 1);
XA END 'trx', 'branch', 7;
XA PREPARE 'trx', 'branch', 7;
XA COMMIT 'trx', 'branch', 7;
XA START 'one phase';
INSERT INTO copied VALUES (1002, 1);
XA END 'one phase';
XA COMMIT 'one phase' ONE PHASE;
BEGIN;
INSERT INTO copied VALUES (1003, 1);
SAVEPOINT s;
INSERT INTO copied VALUES (1004, 1);
ROLLBACK TO s;
COMMIT;
SET sql_generate_invisible_primary_key = ON;
CREATE TABLE keyless (v INT);
INSERT INTO keyless VALUES (1), (2);
