// JDBC with MariaDB's driver: text and prepared, pipelined batches, procedures, streams.  Prints what
// must be equal directly and through Tidegate.
import java.net.Socket;
import java.security.MessageDigest;
import java.sql.*;
import java.util.*;

class Client {
    interface Act { void run() throws Exception; }

    static final String NOTES = """
        CREATE TABLE java_notes (id INT AUTO_INCREMENT PRIMARY KEY, body VARCHAR(99) UNIQUE, data LONGBLOB,
        amount DECIMAL(20,4), ratio DOUBLE, at DATETIME(6), doc JSON, tiny TINYINT, big BIGINT UNSIGNED)""";

    static final String[] FAILING = {
        "SELEC 1",
        "SELECT * FROM nowhere",
        "SELECT nothing FROM products",
        "INSERT INTO products (id, name, price, created_at, updated_at) VALUES (1, 'x', 1, NOW(), NOW())",
        "INSERT INTO products (name, price) VALUES (NULL, 1)",
        "INSERT INTO java_notes (tiny) VALUES (1000)",
        "CALL no_such_procedure()",
        "SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 30001, MESSAGE_TEXT = 'thé'",
        "SELECT /*+ MAX_EXECUTION_TIME(5) */ COUNT(*) FROM customers a, customers b, customers c WHERE a.name < b.name AND b.name < c.name",
    };

    static String env(String name) { return System.getenv(name); }

    static Connection open(String port, String schema, String password, String more) throws SQLException {
        return DriverManager.getConnection("jdbc:mariadb://localhost:" + env(port) + "/" + schema
            + "?maxAllowedPacket=67108864&allowPublicKeyRetrieval=true" + more, env("APP_USER"), password);
    }

    static Connection open(String more) throws SQLException { return open("PORT", "shop", env("APP_PASSWORD"), more); }

    static void check(boolean condition, String what) { if (!condition) throw new AssertionError(what); }

    static void fails(Act act) throws Exception {
        try {
            act.run();
        } catch (SQLException error) {
            // The driver puts the connection's id in front, the port in between, a statement's text behind.
            String message = String.valueOf(error.getMessage()).replaceAll("(conn=|port=|localhost:)\\d+", "$1").split("\n")[0];
            System.out.println(error.getClass().getSimpleName() + " " + error.getErrorCode() + " "
                + error.getSQLState() + " " + message);
            return;
        }
        throw new AssertionError("no error");
    }

    static void show(ResultSet rows) throws SQLException {
        ResultSetMetaData columns = rows.getMetaData();
        for (int i = 1; i <= columns.getColumnCount(); ++i)
            System.out.print(columns.getColumnLabel(i) + " " + columns.getColumnTypeName(i) + " " + columns.isNullable(i) + "; ");
        System.out.println();
        while (rows.next()) {
            for (int i = 1; i <= columns.getColumnCount(); ++i) {
                Object value = rows.getObject(i);
                System.out.print((value instanceof byte[] bytes ? Arrays.toString(bytes) : value) + " | ");
            }
            System.out.println();
        }
    }

    static void show(Connection db, String sql, Object... values) throws SQLException {
        try (PreparedStatement statement = db.prepareStatement(sql)) {
            for (int i = 0; i < values.length; ++i) statement.setObject(i + 1, values[i]);
            show(statement.executeQuery());
        }
    }

    static int run(Connection db, String sql) throws SQLException {
        try (Statement statement = db.createStatement()) {
            return statement.executeUpdate(sql);
        }
    }

    static long count(Connection db, String body) throws SQLException {
        try (ResultSet rows = db.createStatement().executeQuery("SELECT COUNT(*) FROM java_notes WHERE body LIKE '" + body + "'")) {
            rows.next();
            return rows.getLong(1);
        }
    }

    static void cutConnections() throws Exception {
        try (Socket control = new Socket("127.0.0.1", Integer.parseInt(env("CUT_PORT")))) {
            check(control.getInputStream().read() == -1, "the relay does not hang up");
        }
    }

    static void connect(Connection db) throws Exception {
        DatabaseMetaData about = db.getMetaData();
        System.out.println(about.getDatabaseProductVersion() + " " + db.getCatalog() + " " + db.isValid(5) + " " + about.getUserName());
        show(db, "SELECT * FROM products ORDER BY id");
        show(about.getTables("shop", null, "%o%", new String[] {"TABLE", "VIEW"}));
        show(about.getPrimaryKeys("shop", null, "orders"));
        fails(() -> open("PORT", "shop", "wrong", ""));
        fails(() -> open("PORT", "nowhere", env("APP_PASSWORD"), ""));
        db.setCatalog("sbtest");
        System.out.println(db.getCatalog());
        db.setCatalog("shop");
        run(db, "DROP TABLE IF EXISTS java_notes");
        run(db, NOTES);
    }

    static void tls(Connection db) throws Exception {
        String verified = "&useSsl=true&serverSslCert=";
        try (Connection secure = open("TLS_PORT", "shop", env("APP_PASSWORD"), verified + env("CA"))) {
            show(secure, "SELECT LENGTH(REPEAT('x', 100000))");
        }
        fails(() -> open("TLS_PORT", "shop", env("APP_PASSWORD"), verified + env("OTHER_CA")));
    }

    static void prepared(Connection db) throws Exception {
        String insert = "INSERT INTO java_notes (body, data, amount, ratio, at, doc, tiny, big) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
        Object[] row = {"Thé 🍵 'quoted' \\ ?", new byte[] {0, 39, 92, -1}, new java.math.BigDecimal("12345678.9012"),
            1.5e-7, Timestamp.valueOf("2026-02-03 04:05:06.789012"), "{\"hot\": true}", -128, new java.math.BigInteger("18446744073709551615")};
        try (PreparedStatement statement = db.prepareStatement(insert, Statement.RETURN_GENERATED_KEYS)) {
            for (int i = 0; i < row.length; ++i) statement.setObject(i + 1, row[i]);
            System.out.println(statement.executeUpdate());
            show(statement.getGeneratedKeys());
            for (int n = 1; n <= 50; ++n) {
                statement.setString(1, "many " + n);
                statement.setNull(2, Types.BLOB);
                statement.setInt(7, n);
                statement.addBatch();
            }
            System.out.println(Arrays.toString(statement.executeBatch()));
            // One of a batch fails: what the others did depends on the driver alone.
            for (String body : new String[] {"batch 1", "many 1", "batch 2"}) {
                statement.setString(1, body);
                statement.addBatch();
            }
            fails(statement::executeBatch);
            System.out.println(count(db, "batch%"));
        }
        for (Object tiny : new Object[] {-1, "2", null, 1.0})
            show(db, "SELECT * FROM java_notes WHERE tiny <= ? ORDER BY id LIMIT 2", tiny);
        fails(() -> show(db, "SELECT ? FROM nowhere", 1));
        try (CallableStatement call = db.prepareCall("{CALL in_and_out(?, ?)}")) {
            call.setInt(1, 20);
            call.setInt(2, 1);
            call.registerOutParameter(2, Types.INTEGER);
            call.execute();
            System.out.println(call.getInt(2));
        }
        try (CallableStatement call = db.prepareCall("{CALL two_results()}")) {
            for (boolean more = call.execute(); more; more = call.getMoreResults()) show(call.getResultSet());
        }
        try (Connection one = open("")) {
            fails(() -> show(one, "SELECT 1; SELECT 2"));
        }
        try (Connection several = open("&allowMultiQueries=true"); Statement statement = several.createStatement()) {
            for (boolean more = statement.execute("SELECT 1; SELECT 2"); more; more = statement.getMoreResults())
                show(statement.getResultSet());
        }
    }

    static void transactions(Connection db) throws Exception {
        db.setAutoCommit(false);
        db.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
        run(db, "INSERT INTO java_notes (body) VALUES ('tx 1')");
        System.out.print(count(db, "tx%") + " ");
        db.rollback();
        System.out.println(count(db, "tx%") + " " + db.getTransactionIsolation());
        run(db, "INSERT INTO java_notes (body) VALUES ('tx 2')");
        Savepoint here = db.setSavepoint("here");
        run(db, "INSERT INTO java_notes (body) VALUES ('tx 3')");
        db.rollback(here);
        try (Connection other = open("")) {
            fails(() -> show(other, "SELECT * FROM java_notes WHERE body = 'tx 2' FOR UPDATE NOWAIT"));
            other.setReadOnly(true);
        }
        db.commit();
        System.out.println(count(db, "tx%"));
        db.setAutoCommit(true);
    }

    static void bigData(Connection db) throws Exception {
        for (int size : new int[] {3_000_000, 17_000_000}) {  // the second is more than one packet holds
            byte[] data = new byte[size];
            for (int i = 0; i < size; ++i) data[i] = (byte) i;
            try (PreparedStatement statement = db.prepareStatement("INSERT INTO java_notes (body, data) VALUES ('big', ?)")) {
                statement.setBytes(1, data);
                statement.execute();
            }
            try (ResultSet rows = db.createStatement().executeQuery("SELECT data, SHA2(data, 256) FROM java_notes WHERE body = 'big'")) {
                rows.next();
                byte[] back = rows.getBytes(1);
                check(Arrays.equals(data, back), "differs");
                String hash = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(data));
                System.out.println(back.length + " " + hash.equals(rows.getString(2)));
            }
            run(db, "DELETE FROM java_notes WHERE body = 'big'");
        }
        try (Statement statement = db.createStatement()) {
            statement.setFetchSize(10);  // streams
            ResultSet rows = statement.executeQuery("SELECT REPEAT('x', 100) FROM customers a, customers b LIMIT 100000");
            long sum = 0;
            while (rows.next()) sum += rows.getString(1).length();
            System.out.println(sum);
            rows = statement.executeQuery("SELECT a.id FROM customers a, customers b ORDER BY a.id");
            rows.next();
            System.out.println(rows.getInt(1));
        }  // the rest is read and thrown away
    }

    static void errors(Connection db) throws Exception {
        for (String statement : FAILING) fails(() -> run(db, statement));
        run(db, "INSERT IGNORE INTO java_notes (tiny) VALUES (1000)");
        SQLWarning warning = db.getWarnings();  // asks the server, and forgets
        System.out.println(warning == null ? "no warning" : warning.getMessage());
        show(db, "SHOW WARNINGS");
    }

    static void reconnect(String options) throws Exception {
        Connection lost = open(options);
        lost.setAutoCommit(false);
        run(lost, "INSERT INTO java_notes (body) VALUES ('lost')");
        cutConnections();
        fails(() -> run(lost, "DO 1"));
        System.out.println(lost.isValid(1) + " " + lost.isClosed());
        try (Connection db = open(options)) {
            // Waits for the lock of the lost transaction if that is not rolled back yet.
            System.out.println(run(db, "INSERT INTO java_notes (body) VALUES ('lost')"));
            System.out.println(count(db, "lost"));
        }
        try (Connection db = open(options + "&autoReconnect=true")) {
            cutConnections();
            fails(() -> count(db, "lost"));
            System.out.println(count(db, "lost"));  // on a new connection
            run(db, "DROP TABLE java_notes");
        }
    }

    public static void main(String[] arguments) throws Exception {
        for (String options : new String[] {"", "&useServerPrepStmts=true&useBatchMultiSend=true",
                "&rewriteBatchedStatements=true&usePipelineAuth=true"}) {
            try (Connection db = open(options)) {
                System.out.println("# connect " + options);
                connect(db);
                System.out.println("# tls");
                tls(db);
                System.out.println("# prepared");
                prepared(db);
                System.out.println("# transactions");
                transactions(db);
                System.out.println("# big_data");
                bigData(db);
                System.out.println("# errors");
                errors(db);
            }
            System.out.println("# reconnect");
            reconnect(options);
        }
    }
}
