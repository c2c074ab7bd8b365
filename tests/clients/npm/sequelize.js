#!/usr/bin/env node
// Sequelize, an ORM, over npm's mysql2.  Prints what must be equal directly and through Tidegate.
const assert = require("node:assert/strict");
const { DataTypes, Op, QueryTypes, Sequelize, Transaction, literal } = require("sequelize");
const { account, allBytes, cutConnections, failing, sha256, tlsOf } = require("./session.js");

const show = (...values) => console.log(...values.map((value) => JSON.stringify(value)));
const open = (more = {}, options = {}) => new Sequelize(account.database, account.user, more.password ?? account.password, {
  dialect: "mysql", host: account.host, port: more.port ?? account.port, logging: false, timezone: "+00:00",
  pool: { max: 5, min: 0 }, dialectOptions: { ...(more.ssl && { ssl: more.ssl }) }, ...options });
const fails = (promise) => promise.then(
  () => assert.fail("no error"),
  (error) => show(error.name, error.parent?.errno, error.parent?.sqlState, error.parent?.sqlMessage ?? error.parent?.code));

const db = open();
const Author = db.define("author", { name: { type: DataTypes.STRING(99), unique: true, allowNull: false } },
  { tableName: "sequelize_authors" });
const Note = db.define("note", {
  body: DataTypes.TEXT, data: DataTypes.BLOB("long"), amount: DataTypes.DECIMAL(20, 4), ratio: DataTypes.DOUBLE,
  at: DataTypes.DATE(6), day: DataTypes.DATEONLY, doc: DataTypes.JSON, tiny: DataTypes.TINYINT, done: DataTypes.BOOLEAN,
  big: DataTypes.BIGINT.UNSIGNED, kind: DataTypes.ENUM("a", "b"),
}, { tableName: "sequelize_notes", timestamps: false });
Author.hasMany(Note);
Note.belongsTo(Author);

const tests = {
  async connect() {
    await db.authenticate();
    show(await db.query("SELECT * FROM products ORDER BY id", { type: QueryTypes.SELECT }));
    show(await db.databaseVersion());
    const refused = open({ password: "wrong" });
    await fails(refused.authenticate());
    await refused.close();
    await db.drop();
    await db.sync();
    const columns = await db.getQueryInterface().describeTable("sequelize_notes");
    show(Object.entries(columns).map(([name, { type, allowNull }]) => [name, type, allowNull]));
    await db.getQueryInterface().addIndex("sequelize_notes", ["tiny", "kind"]);
    show((await db.getQueryInterface().showIndex("sequelize_notes")).map((index) => index.name));
  },

  async tls() {
    const tls = open(tlsOf(process.env.CA));
    show((await tls.query("SELECT LENGTH(REPEAT('x', 100000)) AS x", { type: QueryTypes.SELECT })));
    await tls.close();
    const wary = open(tlsOf(process.env.OTHER_CA));
    await fails(wary.authenticate());
    await wary.close();
  },

  async prepared() { // `bind` uses the binary protocol, `replacements` quotes in the client
    const ann = await Author.create({ name: "Ann 🍵" });
    const note = await Note.create({ body: "it's \\ \"quoted\" ?", data: allBytes, amount: "12345678.9012", ratio: 1.5e-7,
      at: new Date(Date.UTC(2026, 1, 3, 4, 5, 6, 789)), day: "2026-02-03", doc: { hot: [true, null] }, tiny: -128, done: true,
      big: "18446744073709551615", kind: "b", authorId: ann.id });
    show(await Note.findByPk(note.id, { include: Author, attributes: { exclude: ["createdAt"] } })
      .then((found) => ({ ...found.toJSON(), author: found.author.name })));
    await Note.bulkCreate(Array.from({ length: 100 }, (_, n) => ({ body: `many ${n}`, tiny: n, authorId: ann.id })));
    for (const bind of [[3, 5], ["7", 8.0]]) {
      show(await db.query("SELECT body FROM sequelize_notes WHERE tiny BETWEEN $1 AND $2 ORDER BY id", { bind, type: QueryTypes.SELECT }));
    }
    show(await db.query("SELECT body FROM sequelize_notes WHERE body LIKE :like ORDER BY id LIMIT 2",
      { replacements: { like: "many%" }, type: QueryTypes.SELECT }));
    show(await Note.findAndCountAll({ where: { tiny: { [Op.gt]: 90 } }, limit: 2, attributes: ["body"], order: [["id", "DESC"]] }));
    show(await Note.update({ kind: "a" }, { where: { tiny: { [Op.lt]: 50 } } }), await Note.count({ group: "kind" }));
    show(await Author.findOrCreate({ where: { name: "Bob" } }).then(([bob, made]) => [bob.name, made]));
    show(await Note.increment({ tiny: 1 }, { where: { id: note.id } }).then(() => note.reload()).then((n) => n.tiny));
  },

  async transactions() {
    const count = (options) => Author.count({ where: { name: { [Op.like]: "tx%" } }, ...options });
    await assert.rejects(db.transaction(async (transaction) => {
      await Author.create({ name: "tx 1" }, { transaction });
      show(await count({ transaction }), await count());
      throw new Error("stop");
    }), { message: "stop" });
    show(await count());
    await db.transaction({ isolationLevel: Transaction.ISOLATION_LEVELS.READ_COMMITTED }, async (transaction) => {
      await Author.create({ name: "tx 2" }, { transaction });
      await assert.rejects(db.transaction({ transaction }, async (inner) => { // a savepoint
        await Author.create({ name: "tx 3" }, { transaction: inner });
        throw new Error("stop");
      }), { message: "stop" });
      await fails(Author.findOne({ where: { name: "tx 2" }, lock: true, skipLocked: false, transaction })
        .then(() => db.query("SELECT * FROM sequelize_authors WHERE name = 'tx 2' FOR UPDATE NOWAIT")));
    });
    show(await count({ lock: true }));
    const bob = await Author.findOne({ where: { name: "Bob" } });
    const note = await Note.create({ tiny: 0, authorId: bob.id });
    await Promise.all(Array.from({ length: 20 }, () => db.transaction(async (transaction) => {
      const locked = await Note.findByPk(note.id, { transaction, lock: transaction.LOCK.UPDATE });
      await locked.update({ tiny: locked.tiny + 1 }, { transaction });
    })));
    show(await db.transaction((transaction) => note.reload({ transaction })).then((n) => n.tiny));
  },

  async big_data() {
    for (const size of [3_000_000, 17_000_000]) { // the second is more than one packet holds
      const data = Buffer.alloc(size, allBytes);
      const { id } = await Note.create({ data });
      const back = await Note.findByPk(id, { attributes: ["data", [literal("SHA2(data, 256)"), "hash"]] });
      assert.ok(back.data.equals(data));
      show(back.data.length, back.get("hash") === sha256(data));
      await Note.destroy({ where: { id } });
    }
  },

  async errors() {
    await fails(Author.create({ name: "Bob" })); // UniqueConstraintError
    await fails(Author.create({}));
    await fails(Author.bulkCreate([{ name: null }]));
    await fails(Note.create({ authorId: 99999 })); // ForeignKeyConstraintError
    await fails(Note.create({ kind: "c" }, { validate: false }));
    for (const statement of failing("sequelize_notes")) await fails(db.query(statement));
  },

  async reconnect() {
    await assert.rejects(db.transaction(async (transaction) => {
      await Author.create({ name: "lost" }, { transaction });
      await cutConnections();
      await Author.count({ transaction });
    }));
    // The pool makes new connections; the insert waits for the rollback of the lost one.
    show((await Author.create({ name: "lost" })).name);
    await db.drop();
    await db.close();
  },
};

async function main() {
  for (const [name, test] of Object.entries(tests)) {
    console.log("#", name);
    await test();
  }
}
main();
