SELECT 'it''s', "double ""quoted""", 'back\\slash', '\'', "\"", '\n' = CHAR(10);
SELECT 1 /* comment */ + /* ; */ 1, 2 -- to the end
+ 3;
SELECT 1 # to the end
+ 1;
SELECT /*! 1 + */ 1, /*!99999 1 + */ 1, /*!80000 1 + */ 1;
SELECT /*+ MAX_EXECUTION_TIME(10000) */ 1;
SELECT `a``b` FROM (SELECT 1 AS `a``b`) AS t;
SET sql_mode = 'ANSI_QUOTES';
SELECT "a""b" FROM (SELECT 1 AS `a"b`) AS t;
SELECT "string";
SET sql_mode = 'NO_BACKSLASH_ESCAPES';
SELECT '\', 'a\b';
SELECT 'it''s\';
SET sql_mode = 'PIPES_AS_CONCAT,IGNORE_SPACE';
SELECT 'a' || 'b', COUNT (*);
SET sql_mode = DEFAULT;
SELECT 'a' || 'b', 0 || 1;
SELECT 'two' ' strings' ' in one', N'national', 0xAB = x'AB', b'11' + 0, .5, 1., 1e-2;
SELECT 1-- 2
;
SELECT 1--2;
SELECT @@session.sql_mode, @@sql_mode, @`x`, 5 MOD 3, 5 DIV 2, NOT 1, !1;
SELECT 'unfinished;
SELECT 1 /* unfinished;
SELECT 'ok';
