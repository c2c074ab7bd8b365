// What the clients of this folder share.
const crypto = require("node:crypto");
const fs = require("node:fs");
const net = require("node:net");
const { env } = process;

module.exports = {
  account: { host: "127.0.0.1", port: Number(env.PORT), user: env.APP_USER, password: env.APP_PASSWORD, database: "shop" },
  tlsOf: (ca) => ({ port: Number(env.TLS_PORT), ssl: { ca: fs.readFileSync(ca) } }),
  allBytes: Buffer.from(Array.from({ length: 256 }, (_, n) => n)),
  sha256: (data) => crypto.createHash("sha256").update(data).digest("hex"),

  cutConnections: () => new Promise((resolve, reject) =>
    net.connect(Number(env.CUT_PORT), "127.0.0.1").on("error", reject).on("close", resolve).resume()),

  failing: (table) => [
    "SELEC 1",
    "SELECT * FROM nowhere",
    "SELECT nothing FROM products",
    "INSERT INTO products (id, name, price, created_at, updated_at) VALUES (1, 'x', 1, NOW(), NOW())",
    "INSERT INTO products (name, price) VALUES (NULL, 1)",
    `INSERT INTO ${table} (tiny) VALUES (1000)`,
    "SELECT EXP(1000)",
    "CALL no_such_procedure()",
    "SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 30001, MESSAGE_TEXT = 'thé'",
    "SELECT /*+ MAX_EXECUTION_TIME(5) */ COUNT(*) FROM customers a, customers b, customers c WHERE a.name < b.name AND b.name < c.name",
  ],
};
