#include "tests/equivalence/world.hpp"

#include <future>
#include <vector>

#include "tests/equivalence/client.hpp"

namespace equivalence {
namespace {

// Waits for locks are short, so that a mistake of the generator costs seconds, not hours.  The
// timeouts of interactive clients differ from others' to see that the flag arrives.
const std::vector<std::string> server_arguments{
    "--innodb-lock-wait-timeout=1", "--lock-wait-timeout=2", "--interactive-timeout=7000",
    "--innodb-stats-auto-recalc=OFF", "--innodb-stats-persistent=ON"};

// What no script changes.
constexpr const char* shared_schema =
    "CREATE USER app2@'%' IDENTIFIED WITH caching_sha2_password BY 'app2-password';"
    "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, INDEX, ALTER, CREATE TEMPORARY TABLES, "
    "LOCK TABLES, EXECUTE, CREATE VIEW, SHOW VIEW ON *.* TO app2@'%';"
    "CREATE DATABASE shared;"
    "CREATE TABLE shared.small (id INT PRIMARY KEY, name VARCHAR(20), KEY (name));"
    "INSERT INTO shared.small VALUES (1, 'one'), (2, 'two'), (3, 'three'), (4, NULL), (5, 'five'),"
    "    (6, 'two');"
    "CREATE TABLE shared.types (id INT PRIMARY KEY, ti TINYINT UNSIGNED, bi BIGINT, "
    "    de DECIMAL(10,3), fl FLOAT, do DOUBLE, da DATE, dt DATETIME(3), ts TIMESTAMP NULL, "
    "    tm TIME(2), ye YEAR, ch CHAR(5), vb VARBINARY(10), bl BLOB, tx TEXT, "
    "    en ENUM('a', 'b'), st SET('x', 'y'), bt BIT(9), js JSON, l1 VARCHAR(9) CHARSET latin1);"
    "INSERT INTO shared.types VALUES "
    "    (1, 255, -5, 1.5, 1.25, 1e100, '2026-01-31', '2026-01-31 12:30:59.125', "
    "     '2026-01-31 00:00:00', '-12:30:59.5', 2026, 'ab', x'00ff', x'0001', 'text', 'a', 'x,y', "
    "     b'101', '{\"a\": [1, 2.5]}', x'e9'), "
    "    (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, "
    "     NULL, NULL, NULL, NULL, NULL), "
    "    (3, 0, 9223372036854775807, -0.001, 0, 0, '0001-01-01', '9999-12-31 23:59:59', "
    "     '1970-01-02 00:00:01', '838:59:59', 1901, '', '', '', '', 'b', '', b'0', 'null', '');"
    "CREATE PROCEDURE shared.p_nothing() DO 0;"
    "CREATE PROCEDURE shared.p_out(IN x INT, OUT y INT, INOUT z INT) "
    "    BEGIN SELECT x AS given; SET y = x * 2, z = COALESCE(z, 0) + 1; END;"
    "CREATE PROCEDURE shared.p_results(IN n INT) "
    "    BEGIN SELECT id FROM shared.small WHERE id <= n ORDER BY id; "
    "    IF n > 1 THEN SELECT n AS n, @@time_zone AS zone; END IF; END;"
    "CREATE PROCEDURE shared.p_fail(IN n INT) "
    "    BEGIN SELECT n; IF n > 2 THEN SIGNAL SQLSTATE '01000' SET MESSAGE_TEXT = 'careful'; "
    "    ELSE SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no further'; END IF; END;"
    "CREATE PROCEDURE shared.p_warn() DO CAST('x' AS SIGNED);"
    "CREATE PROCEDURE shared.p_sets(IN zone VARCHAR(10)) SET SESSION time_zone = zone;"
    "CREATE FUNCTION shared.f_double(n INT) RETURNS INT DETERMINISTIC RETURN n * 2;"
    "ANALYZE TABLE shared.small, shared.types";

constexpr int sessions_max = 6;

std::string script_schema() {
    std::string sql = "DROP DATABASE IF EXISTS fuzz; DROP DATABASE IF EXISTS other;";
    for (int i = 0; i < sessions_max; ++i)
        sql += "DROP DATABASE IF EXISTS own" + std::to_string(i) + ";";
    sql +=
        "CREATE DATABASE fuzz; CREATE DATABASE other COLLATE latin1_swedish_ci;"
        "CREATE TABLE other.small (id INT PRIMARY KEY);";
    for (int i = 0; i < sessions_max; ++i)
        for (const std::string kind : {"t", "p"})
            sql += "CREATE TABLE fuzz." + kind + std::to_string(i) +
                   " (id INT AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(20), KEY (a));";
    sql.pop_back();
    return sql;
}

std::string configuration(const support::mysql_server& server, support::tidegate_ports ports) {
    std::string text =
        "listen: {mysql: 127.0.0.1:" + std::to_string(ports.mysql) +
        ", http: 127.0.0.1:" + std::to_string(ports.http) +
        "}\n"
        "threads: 1\n"
        "primary: {host: 127.0.0.1, port: " +
        std::to_string(server.port()) +
        ", connections_max: " + std::to_string(world::backend_connections + 1) +  // and the probe's
        "}\n"
        "limits: {queue_timeout: 1s}\n"  // nobody waits for long but in a script that is shrunk
        "users:\n";
    for (const std::string user : {"app", "app2"})
        text += "  - {name: " + user + ", password: " + password_of(user) + "}\n";
    return text;
}

// So that the server knows the password's digest and later logins need no more than that.
void log_in_once(const support::mysql_server& server) {
    for (const std::string user : {"app", "app2"})
        server.connect({.user = user, .password = password_of(user)});
}

}  // namespace

world::world()
    : direct_({.arguments = server_arguments}), proxied_({.arguments = server_arguments}) {
    for (support::mysql_server* server : {&direct_, &proxied_}) {
        server->query(shared_schema);
        log_in_once(*server);
    }
}

void world::begin_anew() {
    const std::string sql = script_schema();
    if (tidegate_) tidegate_->stop();  // first: its connections may hold locks
    auto other = std::async(std::launch::async, [&] { direct_.query(sql); });
    proxied_.query(sql);
    other.get();
    if (tidegate_) {
        tidegate_->start();
    } else {
        tidegate_ = std::make_unique<support::tidegate_process>(
            [&](support::tidegate_ports ports) { return configuration(proxied_, ports); });
    }
}

std::optional<difference> world::run(const script& whole) {
    begin_anew();
    return compare(whole, direct_.port(), tidegate_->port());
}

}  // namespace equivalence
