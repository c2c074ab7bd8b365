#!/usr/bin/env node
// npm's mysql2 through Tidegate: text and binary protocol, pools, transactions, errors, streams.
const assert = require("node:assert/strict");
const { after, before, test } = require("node:test");
const mysql = require("mysql2/promise");
const { account, cutConnections, tlsOf } = require("./session.js");

let connection;
before(async () => {
  connection = await mysql.createConnection(account);
  connection.on("error", () => {}); // the last test takes the network away
});
after(() => { connection.destroy(); });

test("a text query gives typed rows", async () => {
  const [rows, fields] = await connection.query("SELECT id, name, price, picture FROM products WHERE id = ?", [1]);
  assert.equal(rows.length, 1);
  assert.deepEqual([rows[0].id, rows[0].name, rows[0].price], [1, "Tea", "2.50"]);
  assert.deepEqual(rows[0].picture, Buffer.from("00ff27225c0a0d1a", "hex"));
  assert.deepEqual(fields.map((f) => f.name), ["id", "name", "price", "picture"]);
});

test("a prepared statement is executed with parameters of changing types", async () => {
  const sql = "SELECT ? AS a, ? AS b";
  for (const values of [[1, "x"], ["two", null], [null, 3.5], [new Date(Date.UTC(2026, 1, 3)), Buffer.from([0, 255])]]) {
    const [rows] = await connection.execute(sql, values);
    assert.equal(rows.length, 1);
    if (values[1] === "x") assert.equal(rows[0].b, "x");
    if (values[0] === null) assert.equal(rows[0].a, null);
  }
});

test("an insert tells its id, an update what it changed", async () => {
  const [inserted] = await connection.execute(
    "INSERT INTO products (name, price, created_at, updated_at) VALUES (?, ?, NOW(), NOW())", ["mug", 7.25]);
  assert.ok(inserted.insertId > 0);
  const [updated] = await connection.execute("UPDATE products SET stock = ? WHERE id = ?", [5, inserted.insertId]);
  assert.equal(updated.affectedRows, 1);
  const [[row]] = await connection.execute("SELECT stock FROM products WHERE id = ?", [inserted.insertId]);
  assert.equal(row.stock, 5);
  const [deleted] = await connection.query("DELETE FROM products WHERE id = ?", [inserted.insertId]);
  assert.equal(deleted.affectedRows, 1);
});

test("a transaction is rolled back and committed", async () => {
  const count = async () => (await connection.query("SELECT COUNT(*) AS n FROM audit_events"))[0][0].n;
  const first = await count();
  await connection.beginTransaction();
  await connection.execute("INSERT INTO audit_events (what, created_at) VALUES ('a', NOW())");
  assert.equal(await count(), first + 1);
  await connection.rollback();
  assert.equal(await count(), first);
  await connection.beginTransaction();
  await connection.execute("INSERT INTO audit_events (what, created_at) VALUES ('b', NOW())");
  await connection.commit();
  assert.equal(await count(), first + 1);
});

test("errors carry MySQL's numbers and names", async () => {
  await assert.rejects(connection.query("SELEC 1"), { code: "ER_PARSE_ERROR", errno: 1064, sqlState: "42000" });
  await assert.rejects(connection.execute("SELECT * FROM nowhere"), { code: "ER_NO_SUCH_TABLE" });
  await assert.rejects(
    connection.execute("INSERT INTO products (id, name, price, created_at, updated_at) VALUES (1, 'x', 1, NOW(), NOW())"),
    { code: "ER_DUP_ENTRY" });
  await assert.rejects(mysql.createConnection({ ...account, password: "wrong" }), { code: "ER_ACCESS_DENIED_ERROR" });
  await assert.rejects(mysql.createConnection({ ...account, database: "nowhere" }), { code: "ER_BAD_DB_ERROR" });
  const [[row]] = await connection.query("SELECT 1 AS one");
  assert.equal(row.one, 1);
});

test("a result is streamed row by row", async () => {
  const stream = connection.connection.query("SELECT id FROM customers ORDER BY id").stream();
  let last = 0;
  for await (const row of stream) assert.equal(row.id, ++last);
  assert.ok(last >= 500);
});

test("a procedure gives several results", async () => {
  const [results] = await connection.query("CALL two_results()");
  assert.deepEqual([results[0][0].one, results[1][0].two], [1, 2]);
});

test("several statements in one text need the option, and then work", async () => {
  await assert.rejects(connection.query("SELECT 1; SELECT 2"), { code: "ER_PARSE_ERROR" });
  const several = await mysql.createConnection({ ...account, multipleStatements: true });
  const [results] = await several.query("SELECT 1 AS a; SELECT 2 AS b");
  assert.deepEqual([results[0][0].a, results[1][0].b], [1, 2]);
  await several.end();
});

test("a pool of sessions reads its own writes", async () => {
  const pool = mysql.createPool({ ...account, connectionLimit: 10 });
  await Promise.all([...Array(10).keys()].map(async (n) => {
    const session = await pool.getConnection();
    const [made] = await session.execute(
      "INSERT INTO products (name, price, created_at, updated_at) VALUES (?, 1, NOW(), NOW())", [`pool ${n}`]);
    for (let stock = 1; stock <= 30; ++stock) {
      await session.execute("UPDATE products SET stock = ? WHERE id = ?", [stock, made.insertId]);
      const [[row]] = await session.execute("SELECT stock FROM products WHERE id = ?", [made.insertId]);
      assert.equal(row.stock, stock);
    }
    await session.execute("DELETE FROM products WHERE id = ?", [made.insertId]);
    session.release();
  }));
  await pool.end();
});

test("another user and schema may be taken on the same connection", async () => {
  const session = await mysql.createConnection(account);
  await session.query("SET @x = 1");
  await session.changeUser({ user: account.user, password: account.password, database: "sbtest" });
  const [[row]] = await session.query("SELECT DATABASE() AS d, @x AS x");
  assert.deepEqual([row.d, row.x], ["sbtest", null]);
  await session.ping();
  await session.end();
});

test("large values pass both ways", async () => {
  const text = "é".repeat(9_000_000); // more than one packet holds
  const [[row]] = await connection.execute("SELECT ? AS t", [text]);
  assert.equal(row.t, text);
});

test("a session over TLS trusts the right certificate only", async () => {
  const session = await mysql.createConnection({ ...account, ...tlsOf(process.env.CA) });
  const [[row]] = await session.execute("SELECT REPEAT('x', 100000) AS t");
  assert.equal(row.t.length, 100_000);
  await session.end();
  await assert.rejects(mysql.createConnection({ ...account, ...tlsOf(process.env.OTHER_CA) }),
    { code: "HANDSHAKE_SSL_ERROR" });
});

test("a lost connection fails its statement, and the pool makes another", async () => {
  const pool = mysql.createPool({ ...account, connectionLimit: 2 });
  const session = await pool.getConnection();
  session.on("error", () => {}); // told of the loss before the next statement asks
  await session.beginTransaction();
  await session.query("INSERT INTO audit_events (id, what, created_at) VALUES (1000, 'lost', NOW())");
  await cutConnections();
  await assert.rejects(session.query("SELECT 1"));
  session.destroy();
  // Waits for the lock of the lost transaction if that is not rolled back yet.
  const [made] = await pool.query("INSERT INTO audit_events (id, what, created_at) VALUES (1000, 'again', NOW())");
  assert.equal(made.affectedRows, 1);
  const [deleted] = await pool.query("DELETE FROM audit_events WHERE id = 1000");
  assert.equal(deleted.affectedRows, 1);
  await pool.end();
});
