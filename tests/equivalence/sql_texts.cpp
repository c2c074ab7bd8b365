#include "tests/equivalence/sql_texts.hpp"

#include "tests/equivalence/sql_pools.hpp"

namespace equivalence {
namespace {

std::string expression(dice& random) {
    return std::string(random.pick(expressions()));
}

std::string readable_table(dice& random, const own_things& own) {
    if (own.other_tables.empty() || random.chance(60)) return own.table;
    return random.pick(own.other_tables);
}

std::string condition(dice& random) {
    switch (random.below(6)) {
        case 0:
            return "id = " + random.number(12);
        case 1:
            return "id > " + random.number(6);
        case 2:
            return "a BETWEEN " + random.number(5) + " AND " + random.number(30);
        case 3:
            return "b LIKE '%" + random.number(10) + "%'";
        case 4:
            return "a IS NULL";
        default:
            return "id IN (" + random.number(9) + ", " + random.number(9) + ")";
    }
}

std::string value_for_a(dice& random) {
    static const std::vector<std::string_view> values{
        "NULL", "0",     "1",   "17",      "2147483647", "2147483648",
        "'12'", "'12x'", "1.5", "DEFAULT", "1 + 1",      "LENGTH('abc')"};
    return std::string(random.pick(values));
}

std::string value_for_b(dice& random) {
    static const std::vector<std::string_view> values{
        "NULL",
        "''",
        "'word'",
        "'a longer text than the column may hold, by some way'",
        "REPEAT('x', 40)",
        "CONCAT('n', 7)",
        "'\xc3\xa9t\xc3\xa9'",
        "5",
        "DEFAULT",
        "@@session.sql_mode",
        "'it''s'",
        "'1'"};
    return std::string(random.pick(values));
}

std::string select_list(dice& random) {
    std::string text = "SELECT ";
    const std::size_t count = 1 + random.below(4);
    for (std::size_t i = 0; i < count; ++i) {
        if (i > 0) text += ", ";
        text += expression(random);
        if (random.chance(20)) text += " AS c" + std::to_string(i);
    }
    return text;
}

std::string show_statement(dice& random, const own_things& own) {
    static const std::vector<std::string> texts{
        "SHOW TABLES FROM shared",
        "SHOW TABLES",
        "SHOW COLUMNS FROM shared.small",
        "DESCRIBE shared.small name",
        "SHOW CREATE TABLE shared.small",
        "SHOW CREATE PROCEDURE shared.p_out",
        "SHOW SESSION VARIABLES LIKE 'sql_mode'",
        "SHOW VARIABLES WHERE Variable_name IN ('time_zone', 'sql_mode', 'autocommit')",
        "SHOW INDEX FROM shared.small",
        "SHOW ENGINES LIKE 'nothing'",
        "EXPLAIN SELECT name FROM shared.small WHERE id = 3",
        "SHOW GRANTS",
    };
    if (random.chance(30)) return "SHOW CREATE TABLE " + own.private_table;
    return random.pick(texts);
}

std::string change_of_table(dice& random, const own_things& own) {
    const std::string& t = own.private_table;
    switch (random.below(14)) {
        case 0:
            return "CREATE TABLE IF NOT EXISTS " + t +
                   " (id INT AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(40))";
        case 1:
            return "CREATE TABLE " + t + " (id INT PRIMARY KEY, a INT, b VARCHAR(40))";
        case 2:
            return "DROP TABLE " + t;
        case 3:
            return "ALTER TABLE " + t + " ADD COLUMN c" + random.number(3) + " INT DEFAULT 3";
        case 4:
            return "ALTER TABLE " + t + " DROP COLUMN c" + random.number(3);
        case 5:
            return "TRUNCATE TABLE " + t;
        case 6:
            return "ALTER TABLE " + t + " MODIFY b VARCHAR(" +
                   std::to_string(20 + random.below(60)) + ")";
        case 7:
            return "CREATE OR REPLACE VIEW " + t + "_v AS SELECT id, " + expression(random) +
                   " AS x FROM shared.small";
        case 8:
            return "CREATE DATABASE " + own.schema;
        case 9:
            return "DROP DATABASE " + own.schema;
        case 10:
            return "USE " + own.schema;
        case 11:
            return "CREATE TABLE " + own.schema +
                   ".x (id INT PRIMARY KEY) SELECT id FROM shared.small";
        case 12:
            return "CREATE INDEX k" + random.number(3) + " ON " + t + " (a)";
        default:
            return "CHECKSUM TABLE " + t;
    }
}

std::string call_statement(dice& random) {
    switch (random.below(4)) {
        case 0:
            return "CALL shared.p_results(" + random.number(4) + ")";
        case 1:
            return "CALL shared.p_warn()";
        case 2:
            return "CALL shared.p_fail(" + random.number(4) + ")";
        default:
            return "CALL shared.p_nothing()";
    }
}

std::string one_assignment(dice& random) {
    static const std::vector<std::string_view> forms{"",           "SESSION ", "@@",
                                                     "@@session.", "LOCAL ",   "@@local."};
    const variable_pool& chosen = random.pick(carried_variables());
    std::string text = std::string(random.pick(forms)) + std::string(chosen.name);
    text += random.chance(90) ? " = " : " := ";
    text += random.chance(20) ? "DEFAULT" : std::string(random.pick(chosen.values));
    return text;
}

}  // namespace

std::string probe_statement(dice& random) {
    std::string text = "SELECT ";
    const std::size_t count = 2 + random.below(6);
    for (std::size_t i = 0; i < count; ++i) {
        if (i > 0) text += ", ";
        text += random.chance(50) ? "@@session." : "@@";
        text += random.pick(carried_variables()).name;
    }
    return text;
}

std::string set_statement(dice& random) {
    if (random.chance(20)) return std::string(random.pick(character_set_statements()));
    if (random.chance(6)) {
        static const std::vector<std::string_view> levels{
            "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
            "SET SESSION TRANSACTION READ WRITE",
            "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ WRITE",
            "SET SESSION TRANSACTION READ ONLY",
        };
        return std::string(random.pick(levels));
    }
    if (random.chance(7)) return std::string(random.pick(tracking_statements()));
    std::string text = "SET ";
    const std::size_t count = random.chance(70) ? 1 : 2 + random.below(3);
    for (std::size_t i = 0; i < count; ++i) {
        if (i > 0) text += ", ";
        text += one_assignment(random);
    }
    return text;
}

std::string read_statement(dice& random, const own_things& own) {
    const std::string t = readable_table(random, own);
    switch (random.below(15)) {
        case 0:
        case 1:
        case 2:
            return select_list(random);
        case 13:
            return "SELECT DATABASE(), COUNT(*) FROM small";
        case 3:
            return "SELECT * FROM " + t + " WHERE " + condition(random) + " ORDER BY id";
        case 4:
            return "SELECT id, a, b FROM " + t + " ORDER BY id DESC LIMIT " + random.number(5);
        case 5:
            return "SELECT COUNT(*), SUM(a), MAX(b) FROM " + t;
        case 6:
            return "SELECT * FROM shared.small WHERE id < " + random.number(8) + " ORDER BY id";
        case 7:
            return "SELECT s.id, t.a FROM shared.small s LEFT JOIN " + t +
                   " t ON t.id = s.id ORDER BY s.id LIMIT 5";
        case 8:
            return "SELECT name, GROUP_CONCAT(id ORDER BY id) FROM shared.small GROUP BY name "
                   "ORDER BY name LIMIT 3";
        case 9:
            return "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
                   std::to_string(1 + random.below(9)) + ") SELECT i FROM n ORDER BY i";
        case 10:
            return "SELECT id, ROW_NUMBER() OVER (ORDER BY id DESC) FROM shared.small ORDER BY id "
                   "LIMIT 3";
        case 11:
            return "TABLE shared.small ORDER BY id LIMIT 2";
        case 12:
            return "(SELECT 1 AS n) UNION ALL (SELECT id FROM shared.small) ORDER BY n LIMIT 4";
        default:
            return "SELECT * FROM shared.types ORDER BY id LIMIT " + random.number(4);
    }
}

std::string write_statement(dice& random, const own_things& own) {
    const std::string& t = own.table;
    const auto values = [&] {
        return "(" + value_for_a(random) + ", " + value_for_b(random) + ")";
    };
    switch (random.below(13)) {
        case 0:
        case 1:
            return "INSERT INTO " + t + " (a, b) VALUES " + values();
        case 2:
            // None of them fails: see "id_of_failed_insert" of the known differences.
            return "INSERT INTO " + t + " (a, b) VALUES (1, 'word'), (" + random.number(9) +
                   ", NULL), (NULL, '5')";
        case 3:
            return "INSERT IGNORE INTO " + t + " (a, b) VALUES " + values();
        case 4:
            return "INSERT INTO " + t + " (a, b) SELECT id, name FROM shared.small WHERE id < " +
                   random.number(5) + " ORDER BY id";
        case 5:
            return "UPDATE " + t + " SET a = " + random.number(20) + " WHERE " + condition(random);
        case 6:
            return "UPDATE " + t + " SET b = " + value_for_b(random) +
                   " WHERE id <= " + random.number(10);
        case 7:
            return "DELETE FROM " + t + " WHERE id = " + random.number(20);
        case 8:
            return "DELETE FROM " + t + " WHERE " + condition(random) + " ORDER BY id LIMIT 2";
        case 9:
            return "INSERT INTO " + t + " (a, b) VALUES (LAST_INSERT_ID(), 'last')";
        case 10:
            return "UPDATE " + t + " SET a = LAST_INSERT_ID(a + 1) WHERE id = " + random.number(10);
        case 11:
            return "INSERT INTO " + own.private_table + " (a, b) VALUES " + values();
        default:
            return "REPLACE INTO " + t + " (a, b) VALUES " + values();
    }
}

std::string harmless_statement(dice& random, const own_things& own) {
    switch (random.below(8)) {
        case 0:
            return random.chance(50) ? "SELECT no_such_column FROM shared.small" : "SELEC 1";
        case 1:
            return "SELECT CAST('12abc' AS SIGNED), 1 / 0";
        case 2:
        case 3:
            return write_statement(random, own);
        case 4:
            return probe_statement(random);
        default:
            return read_statement(random, own);
    }
}

std::string light_statement(dice& random, const own_things& own) {
    if (random.chance(12)) return std::string(random.pick(statements_about_session()));
    const std::size_t kind = random.below(100);
    if (kind < 26) return read_statement(random, own);
    if (kind < 46) return write_statement(random, own);
    if (kind < 64) return set_statement(random);
    if (kind < 74) return probe_statement(random);
    if (kind < 79) return show_statement(random, own);
    if (kind < 84) return std::string(random.pick(failing_statements()));
    if (kind < 88) return std::string(random.pick(warning_statements()));
    if (kind < 94) return change_of_table(random, own);
    if (kind < 97) {
        static const std::vector<std::string_view> schemas{"fuzz", "other", "shared", "`fuzz`"};
        return "USE " + std::string(random.pick(schemas));
    }
    static const std::vector<std::string_view> last{
        "SELECT LAST_INSERT_ID()",          "SELECT @@last_insert_id, @@identity",
        "SELECT LAST_INSERT_ID(12)",        "SET last_insert_id = 77",
        "SELECT LAST_INSERT_ID() + 1 AS n", "DO LAST_INSERT_ID(31)"};
    return std::string(random.pick(last));
}

std::string holding_statement(dice& random, const own_things& own, unsigned generation) {
    const std::string& t = own.table;
    const std::string tag = std::to_string(generation);
    const std::string temporary = random.chance(50) ? "fuzz.tmp" + tag : "fuzz.small";
    const std::string lock = "'" + own.schema + "_" + random.number(2) + "'";
    switch (random.below(71)) {
        case 0:
        case 1:
        case 2:
            return "BEGIN";
        case 3:
            return "START TRANSACTION READ ONLY";
        case 4:
            return "START TRANSACTION WITH CONSISTENT SNAPSHOT";
        case 5:
            return "START TRANSACTION READ WRITE";
        case 6:
        case 7:
        case 8:
            return "COMMIT";
        case 9:
        case 10:
            return "ROLLBACK";
        case 11:
            return "COMMIT AND CHAIN";
        case 12:
            return "ROLLBACK AND CHAIN NO RELEASE";
        case 13:
        case 14:
            return "SAVEPOINT s" + random.number(3);
        case 15:
            return "ROLLBACK TO SAVEPOINT s" + random.number(3);
        case 16:
            return "RELEASE SAVEPOINT s" + random.number(3);
        case 17:
            return "SET TRANSACTION ISOLATION LEVEL READ COMMITTED";
        case 18:
            return "SET TRANSACTION READ ONLY";
        case 19:
            return "SET autocommit = 0";
        case 20:
        case 21:
            return "SET autocommit = 1";
        case 22:
            return "SELECT * FROM " + t + " WHERE id = " + random.number(9) + " FOR UPDATE";
        case 23:
            return "SELECT id FROM " + t + " ORDER BY id LIMIT 2 FOR SHARE";
        case 24:
            return "SET completion_type = " + random.number(2);
        case 25:
        case 26:
            return "SET @a = " + expression(random);
        case 27:
            return "SET @a = 5, @b = @a + 1, time_zone = '+02:00'";
        case 28:
        case 29:
            return "SELECT @a, @b";
        case 30:
            return "SELECT @a := COALESCE(@a, 0) + 1";
        case 31:
            return "SELECT id, name INTO @a, @b FROM shared.small WHERE id = " + random.number(5);
        case 32:
            return "SET sql_mode = COALESCE(@no_such_variable, @@sql_mode)";
        case 33:
        case 34:
            return "CREATE TEMPORARY TABLE " + temporary +
                   " (id INT AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(40))";
        case 35:
            return "INSERT INTO " + temporary + " (a, b) VALUES (" + random.number(5) + ", 'x')";
        case 36:
            return "SELECT * FROM " + temporary + " ORDER BY id";
        case 37:
            return "DROP TEMPORARY TABLE " + temporary;
        case 38:
            return "LOCK TABLES " + own.private_table + " WRITE, shared.small READ";
        case 39:
            return "LOCK TABLES shared.small READ";
        case 40:
        case 41:
            return "UNLOCK TABLES";
        case 42:
        case 43:
            return "SELECT GET_LOCK(" + lock + ", 0)";
        case 44:
        case 45:
            return "SELECT RELEASE_LOCK(" + lock + ")";
        case 46:
            return "SELECT RELEASE_ALL_LOCKS(), IS_FREE_LOCK(" + lock + ")";
        case 47:
        case 48:
            return "PREPARE p" + random.number(2) +
                   " FROM 'SELECT id, name, ? FROM shared.small "
                   "WHERE id < ? ORDER BY id'";
        case 49:
            return "PREPARE p" + random.number(2) + " FROM 'INSERT INTO " + t +
                   " (a, b) VALUES (?, ?)'";
        case 50:
        case 51:
            return "EXECUTE p" + random.number(2) + " USING @a, @b";
        case 52:
            return "DEALLOCATE PREPARE p" + random.number(2);
        case 53:
            return "HANDLER shared.small OPEN AS h";
        case 54:
            return random.chance(50) ? "HANDLER h READ `PRIMARY` NEXT LIMIT 2" : "HANDLER h CLOSE";
        case 55:
            return "CALL shared.p_out(" + random.number(9) + ", @y, @a)";
        case 56:
            return "CALL shared.p_sets('+0" + random.number(9) + ":00')";
        case 57:
            return "SET insert_id = " + std::to_string(1000 + random.below(50));
        case 58:
            return "SET timestamp = 1000000000.25";
        case 59:
            return "SELECT NOW(), @@timestamp FROM shared.small WHERE @@timestamp = 1000000000.25 "
                   "LIMIT 1";
        case 60:
            return "SET rand_seed1 = 3, rand_seed2 = 4";
        case 61:
            return "XA START 'x" + own.schema + tag + "'";
        case 62:
            return "XA END 'x" + own.schema + tag + "'";
        case 63:
        case 64:
        case 65:
        case 66:
            return call_statement(random);
        case 67:
            return "SELECT shared.f_double(4), shared.f_double (5)";
        case 69:
            return "SELECT /*+ SET_VAR(sort_buffer_size = 65536) */ @@sort_buffer_size";
        case 68:
            return "SELECT id, shared.f_double(id) FROM " + t + " ORDER BY id LIMIT 2";
        default:
            return "XA ROLLBACK 'x" + own.schema + tag + "'";
    }
}

prepared_sql text_to_prepare(dice& random, const own_things& own, bool may_hold) {
    const std::string& t = own.table;
    if (may_hold && random.chance(15)) {
        static const std::vector<prepared_sql> texts{{"CALL shared.p_results(?)", 1, false},
                                                     {"CALL shared.p_out(?, ?, ?)", 3, false},
                                                     {"SELECT shared.f_double(?)", 1, true},
                                                     {"SET @a = ?, @b = 'b'", 1, false},
                                                     {"SELECT @a, @b, ?", 1, true}};
        return random.pick(texts);
    }
    switch (random.below(24)) {
        case 0:
            return {"SELECT ?", 1, true};
        case 1:
            return {"SELECT UPPER(?), CONCAT(?, 'x')", 2, true};
        case 2:
            return {"SELECT * FROM shared.small WHERE id = ?", 1, true};
        case 3:
            return {"SELECT id, name FROM shared.small WHERE id > ? ORDER BY id LIMIT ?", 2, true};
        case 4:
            return {"SELECT * FROM shared.types ORDER BY id", 0, true};
        case 5:
            return {"SELECT id, LENGTH(b), b FROM " + t + " WHERE a = ? OR b = ? ORDER BY id", 2,
                    true};
        case 6:
        case 7:
            return {"INSERT INTO " + t + " (a, b) VALUES (?, ?)", 2, false};
        case 8:
            return {"INSERT INTO " + t + " (b) VALUES (?)", 1, false};
        case 9:
            return {"UPDATE " + t + " SET a = ?, b = ? WHERE id = ?", 3, false};
        case 10:
            return {"DELETE FROM " + t + " WHERE id = ?", 1, false};
        case 11:
            return {"SET sql_mode = ?", 1, false};
        case 12:
            return {"SET time_zone = '+04:00', div_precision_increment = ?", 1, false};
        case 13:
            return {"SELECT @@sql_mode, @@time_zone, 1 / 3, \"q\", 'a' || 'b', ?", 1, true};
        case 14:
            return {"SELECT LAST_INSERT_ID(), ?", 1, true};
        case 15:
            return {"SELECT * FROM " + own.private_table + " ORDER BY id", 0, true};
        case 16:
            return {"SELEC ?", 1, false};
        case 17:
            return {"SELECT no_such_column FROM shared.small WHERE id = ?", 1, true};
        case 18:
            return {"DO ?, CAST('x' AS SIGNED)", 1, false};
        case 19:
            return {"SHOW TABLES FROM shared LIKE 's%'", 0, false};
        case 20:
            return {light_statement(random, own), 0, false};
        case 21:
            return {set_statement(random), 0, false};
        case 22:
            return {"SELECT COUNT(*) FROM shared.small WHERE name LIKE ? AND id IN (?, ?, ?)", 4,
                    true};
        default:
            return {read_statement(random, own), 0, true};
    }
}

}  // namespace equivalence
