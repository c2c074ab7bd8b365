#!/usr/bin/env node
// npm's mariadb, which sends commands without waiting for the answers before.  Prints what must be
// equal directly and through Tidegate.
const assert = require("node:assert/strict");
const mariadb = require("mariadb");
const { account, allBytes, cutConnections, failing, sha256, tlsOf } = require("./session.js");

const show = (...values) => console.log(...values.map((v) => JSON.stringify(v, (_, x) => (typeof x === "bigint" ? `${x}n` : x))));
const connect = (more = {}) => mariadb.createConnection({ ...account, allowPublicKeyRetrieval: true, ...more });
const fails = (promise) => promise.then(
  () => assert.fail("no error"),
  (error) => show(error.errno, error.sqlState, error.code, error.sqlMessage, error.fatal));

let db;
const tests = {
  async connect() {
    db = await connect();
    show(db.serverVersion(), await db.query("SELECT * FROM products ORDER BY id"));
    await db.ping();
    await fails(connect({ password: "wrong" }));
    await fails(connect({ database: "nowhere" }));
    await db.query("SET @kept = 1, time_zone = '+05:00'");
    await db.reset();
    show(await db.query("SELECT DATABASE(), @kept, @@time_zone"));
    await db.query("USE sbtest");
    show(await db.query("SELECT DATABASE()"));
    await db.query("USE shop");
    await db.query("DROP TABLE IF EXISTS mariadb_notes");
    await db.query(`CREATE TABLE mariadb_notes (id INT AUTO_INCREMENT PRIMARY KEY, body VARCHAR(99) UNIQUE,
      data LONGBLOB, amount DECIMAL(20,4), ratio DOUBLE, at DATETIME(6), doc JSON, tiny TINYINT, big BIGINT UNSIGNED)`);
  },

  async tls() {
    const tls = await connect(tlsOf(process.env.CA));
    show((await tls.query("SELECT REPEAT('x', 100000) AS x"))[0].x.length);
    await tls.end();
    await fails(connect(tlsOf(process.env.OTHER_CA)));
  },

  async prepared() {
    const insert = "INSERT INTO mariadb_notes (body, data, amount, ratio, at, doc, tiny, big) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
    const row = ["Thé 🍵 'quoted' \\ ?", allBytes, "12345678.9012", 1.5e-7, new Date(Date.UTC(2026, 1, 3, 4, 5, 6, 789)),
      { hot: [true, null] }, -128, 18446744073709551615n];
    show(await db.execute(insert, row));
    show(await db.batch(insert, Array.from({ length: 50 }, (_, n) => [`many ${n}`, null, ...row.slice(2, 6), n, 1n])));
    for (const values of [[-1, "%"], ["2", "many%"], [null, "%"]]) {
      const sql = "SELECT * FROM mariadb_notes WHERE tiny <= ? AND body LIKE ? ORDER BY id LIMIT 2";
      show(await db.execute(sql, values), await db.query(sql, values));
    }
    const statement = await db.prepare("SELECT ? AS a, tiny FROM mariadb_notes WHERE id = ?");
    for (const id of [1, 2n, "3"]) show(await statement.execute([id, id]));
    statement.close();
    await fails(db.prepare("SELECT ? FROM nowhere"));
    show(await db.query("CALL two_results()"));
    await fails(db.query("SELECT 1; SELECT 2"));
    const several = await connect({ multipleStatements: true });
    show(await several.query("SELECT 1; DO 0; SELECT 2"));
    await fails(several.query("SELECT 1; SELEC 2; SELECT 3"));
    await several.end();
    // Sent one behind another: the answers come in order, and an error ends none but its own.
    const answers = await Promise.allSettled(Array.from({ length: 200 }, (_, n) =>
      n % 7 === 3 ? db.query("SELECT * FROM nowhere") : db.execute(`SELECT ? AS n FROM products WHERE id = ${1 + (n % 3)}`, [n])));
    show(answers.map(({ value, reason }) => (value ? value[0].n : reason.errno)));
  },

  async transactions() {
    const count = async () => (await db.query("SELECT COUNT(*) AS n FROM mariadb_notes WHERE body LIKE 'tx%'"))[0].n;
    await db.beginTransaction();
    await db.query("INSERT INTO mariadb_notes (body) VALUES ('tx 1')");
    show(await count());
    await db.rollback();
    show(await count());
    await db.query("SET autocommit = 0");
    await db.query("INSERT INTO mariadb_notes (body) VALUES ('tx 2')");
    await db.query("SAVEPOINT here");
    await db.query("INSERT INTO mariadb_notes (body) VALUES ('tx 3')");
    await db.query("ROLLBACK TO here");
    await db.commit();
    show(await count());
    const other = await connect();
    await db.query("SELECT * FROM mariadb_notes WHERE body = 'tx 2' FOR UPDATE");
    await fails(other.query("SELECT * FROM mariadb_notes WHERE body = 'tx 2' FOR UPDATE NOWAIT"));
    await other.end();
    await db.query("SET autocommit = 1");
  },

  async big_data() {
    for (const size of [3_000_000, 17_000_000]) { // the second is more than one packet holds
      const data = Buffer.alloc(size, allBytes);
      for (const ask of ["query", "execute"]) {
        await db[ask]("INSERT INTO mariadb_notes (body, data) VALUES ('big', ?)", [data]);
        const [row] = await db[ask]("SELECT data, SHA2(data, 256) AS hash FROM mariadb_notes WHERE body = 'big'");
        assert.ok(row.data.equals(data));
        show(row.data.length, row.hash === sha256(data));
        await db.query("DELETE FROM mariadb_notes WHERE body = 'big'");
      }
    }
    let sum = 0;
    for await (const row of db.queryStream("SELECT REPEAT('x', 100) AS x FROM customers a, customers b LIMIT 100000")) sum += row.x.length;
    show(sum);
  },

  async errors() {
    for (const statement of failing("mariadb_notes")) await fails(db.query(statement));
    show(await db.query("INSERT IGNORE INTO mariadb_notes (tiny) VALUES (1000)"), await db.query("SHOW WARNINGS"));
  },

  async reconnect() {
    db.on("error", () => {}); // told of the loss before the next statement asks
    await db.beginTransaction();
    await db.query("INSERT INTO mariadb_notes (body) VALUES ('lost')");
    await cutConnections();
    await assert.rejects(db.query("SELECT 1")); // its number depends on who is quicker
    // A pool throws the lost connection away and makes another.
    const pool = mariadb.createPool({ ...account, connectionLimit: 2 });
    show(await pool.query("INSERT INTO mariadb_notes (body) VALUES ('lost')")); // waits for the rollback
    await cutConnections();
    show(await pool.query("SELECT DATABASE(), COUNT(*) FROM mariadb_notes"));
    await pool.query("DROP TABLE mariadb_notes");
    await pool.end();
  },
};

async function main() {
  for (const [name, test] of Object.entries(tests)) {
    console.log("#", name);
    await test();
  }
}
main();
