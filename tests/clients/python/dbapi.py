"""What each Python driver (DB-API 2) is asked to do.  It prints what it sees, which through Tidegate
must be what a direct connection shows."""
import datetime
import decimal
import hashlib
import os
import socket

ACCOUNT = {"host": "127.0.0.1", "user": os.environ["APP_USER"], "password": os.environ["APP_PASSWORD"],
           "database": "shop", "charset": "utf8mb4", "port": int(os.environ["PORT"])}
TLS_PORT = int(os.environ["TLS_PORT"])
ALL_BYTES = bytes(range(256))

NOTES = """CREATE TABLE python_notes (id INT AUTO_INCREMENT PRIMARY KEY, body VARCHAR(99) UNIQUE,
    data LONGBLOB, amount DECIMAL(20,4), ratio DOUBLE, at DATETIME(6), day DATE, span TIME(3), doc JSON,
    tiny TINYINT, big BIGINT UNSIGNED)"""

FAILING = [
    "SELEC 1",
    "SELECT * FROM nowhere",
    "SELECT nothing FROM products",
    "INSERT INTO products (id, name, price, created_at, updated_at) VALUES (1, 'x', 1, NOW(), NOW())",
    "INSERT INTO products (name, price) VALUES (NULL, 1)",
    "INSERT INTO python_notes (tiny) VALUES (1000)",
    "SELECT EXP(1000)",
    "CALL no_such_procedure()",
    "SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 30001, MESSAGE_TEXT = 'thé'",
    "SELECT /*+ MAX_EXECUTION_TIME(5) */ COUNT(*) FROM customers a, customers b, customers c WHERE a.name < b.name AND b.name < c.name",
]


def cut_connections():
    with socket.create_connection(("127.0.0.1", int(os.environ["CUT_PORT"]))) as control:
        assert control.recv(1) == b""


class Driver:
    """`open(**account)` takes also `tls` (a CA's file) and `several` (statements in one text);
    `streaming` is the class of cursors that leave the rows at the server."""

    def __init__(self, module, open_, streaming):
        self.module, self.streaming = module, streaming
        self.open = lambda **more: open_(**{**ACCOUNT, **more})
        self.db = self.open()

    def run(self):
        for test in (self.connect, self.tls, self.prepared, self.transactions, self.big_data,
                     self.errors, self.reconnect):
            print("#", test.__name__)
            test()
        self.sql("DROP TABLE python_notes")

    def sql(self, statement, values=None, db=None):
        with (db or self.db).cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall()

    def fails(self, act):
        try:
            act()
        except self.module.Error as error:
            print(type(error).__name__, *error.args)
        else:
            raise AssertionError("no error")

    def connect(self):
        print(self.sql("SELECT VERSION(), DATABASE(), @@character_set_client, @@sql_mode, @@autocommit"))
        print(self.sql("SELECT * FROM products ORDER BY id"))
        print(self.sql("SELECT COUNT(*), SUM(total) FROM orders WHERE region = 'eu'"))
        self.fails(lambda: self.open(password="wrong"))
        self.fails(lambda: self.open(database="nowhere"))
        self.db.ping()
        self.db.select_db("sbtest")
        print(self.sql("SELECT DATABASE()"))
        self.db.select_db("shop")
        latin = self.open(charset="latin1")
        print(self.sql("SELECT name, %s, LENGTH(%s) FROM products WHERE id = 2", ("é", "é"), latin)[0][1:])
        latin.close()
        self.sql("DROP TABLE IF EXISTS python_notes")
        self.sql(NOTES)

    def tls(self):
        db = self.open(port=TLS_PORT, tls=os.environ["CA"])
        print(self.sql("SELECT 41 + 1, REPEAT('x', 100000) = %s", ("x" * 100000,), db))
        db.close()
        self.fails(lambda: self.open(port=TLS_PORT, tls=os.environ["OTHER_CA"]))

    # Neither driver has the binary protocol: values are quoted by the client, or SQL's PREPARE is used.
    def prepared(self):
        at = datetime.datetime(2026, 2, 3, 4, 5, 6, 789012)
        row = ("Thé 🍵 'quoted' \\ %s", ALL_BYTES, decimal.Decimal("12345678.9012"), 1.5e-7, at, at.date(),
               datetime.timedelta(hours=-30, milliseconds=5), '{"hot": [true, null]}', -128, 2**64 - 1)
        insert = "INSERT INTO python_notes (body, data, amount, ratio, at, day, span, doc, tiny, big) VALUES"
        with self.db.cursor() as cursor:
            cursor.execute(insert + "(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)", row)
            print(cursor.rowcount, cursor.lastrowid)
            cursor.execute("SELECT * FROM python_notes")
            print(cursor.description, cursor.fetchone(), cursor.fetchone())
            cursor.executemany("INSERT INTO python_notes (body, tiny) VALUES (%s, %s)",
                               [(f"many {n}", n) for n in range(100)])
            print(cursor.rowcount)
            cursor.execute("PREPARE few FROM 'SELECT body FROM python_notes WHERE tiny BETWEEN ? AND ?'")
            cursor.execute("SET @a = 3, @b = 5")
            cursor.execute("EXECUTE few USING @a, @b")
            print(cursor.fetchall())
            cursor.execute("DEALLOCATE PREPARE few")
            # The driver quotes as the status flag in the last answer tells it to.
            cursor.execute("SET sql_mode = CONCAT(@@sql_mode, ',NO_BACKSLASH_ESCAPES')")
            cursor.execute("SELECT %s, %s", ("a\\'b", "\\"))
            print(cursor.fetchall())
            cursor.execute("SET sql_mode = DEFAULT")
            cursor.execute("SELECT %s, %s", ("a\\'b", "\\"))
            print(cursor.fetchall())
            cursor.callproc("two_results")
            print(cursor.fetchall(), cursor.nextset(), cursor.fetchall(), cursor.nextset())
        self.db.commit()
        self.fails(lambda: self.sql("SELECT 1; SELECT 2", db=self.open(several=False)))
        with self.open(several=True).cursor() as cursor:
            cursor.execute("SELECT 1; DO 0; SELECT 2")
            print(cursor.fetchall(), cursor.nextset(), cursor.nextset(), cursor.fetchall())

    def transactions(self):
        def count():
            return self.sql("SELECT COUNT(*) FROM python_notes WHERE body LIKE 'tx%'")[0][0]
        self.sql("INSERT INTO python_notes (body) VALUES ('tx 1')")
        seen = count()
        self.db.rollback()  # DB-API: autocommit is off
        print(seen, count())
        self.sql("INSERT INTO python_notes (body) VALUES ('tx 2')")
        self.sql("SAVEPOINT here")
        self.sql("INSERT INTO python_notes (body) VALUES ('tx 3')")
        self.sql("ROLLBACK TO here")
        self.db.commit()
        print(count(), self.sql("SELECT body FROM python_notes WHERE body LIKE 'tx%'"))
        other = self.open()
        self.sql("SELECT * FROM python_notes WHERE body = 'tx 2' FOR UPDATE")
        self.fails(lambda: self.sql("SELECT * FROM python_notes WHERE body = 'tx 2' FOR UPDATE NOWAIT", db=other))
        other.close()
        self.db.rollback()
        self.db.autocommit(True)
        for stock in range(100):  # what this session wrote, wherever it is read
            self.sql("UPDATE products SET stock = %s WHERE id = 3", (stock,))
            assert self.sql("SELECT stock FROM products WHERE id = 3") == ((stock,),)
        self.sql("UPDATE products SET stock = -1 WHERE id = 3")

    def big_data(self):
        for size in (3_000_000, 17_000_000):  # the second is more than one packet holds
            data = (ALL_BYTES * (size // 256 + 1))[:size]
            self.sql("INSERT INTO python_notes (body, data) VALUES (%s, %s)", (f"big {size}", data))
            back = self.sql("SELECT data, SHA2(data, 256) FROM python_notes WHERE body = %s", (f"big {size}",))
            assert back[0][0] == data
            print(size, back[0][1] == hashlib.sha256(data).hexdigest())
        self.sql("DELETE FROM python_notes WHERE body LIKE 'big%'")
        cursor = self.db.cursor(self.streaming)
        cursor.execute("SELECT a.id, REPEAT('x', 100) FROM customers a, customers b LIMIT 100000")
        print(sum(len(text) for _, text in cursor))
        cursor.execute("SELECT a.id FROM customers a, customers b ORDER BY a.id")
        print(cursor.fetchmany(2))
        cursor.close()  # the rest is read and thrown away
        print(self.sql("SELECT 'still in step'"))

    def errors(self):
        for statement in FAILING:
            self.fails(lambda: self.sql(statement))  # pylint: disable=cell-var-from-loop
        print(self.sql("SELECT CAST('12x' AS SIGNED)"), self.sql("SHOW WARNINGS"))

    def reconnect(self):
        self.db.autocommit(False)
        self.sql("INSERT INTO python_notes (body) VALUES ('lost')")
        cut_connections()
        self.fails(lambda: self.sql("SELECT 1"))
        self.db = self.open()
        # Waits for the lock of the lost transaction if that is not rolled back yet.
        print(self.sql("INSERT INTO python_notes (body) VALUES ('lost')"))
        print(self.sql("SELECT COUNT(*) FROM python_notes WHERE body = 'lost'"))
        self.db.rollback()
