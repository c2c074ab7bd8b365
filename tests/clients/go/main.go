// Go's database/sql with go-sql-driver.  Prints what must be equal directly and through Tidegate.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/go-sql-driver/mysql"
)

const notes = `CREATE TABLE go_notes (id INT AUTO_INCREMENT PRIMARY KEY, body VARCHAR(99) UNIQUE, data LONGBLOB,
	amount DECIMAL(20,4), ratio DOUBLE, at DATETIME(6), doc JSON, tiny TINYINT, big BIGINT UNSIGNED)`

var failing = []string{
	"SELEC 1",
	"SELECT * FROM nowhere",
	"SELECT nothing FROM products",
	"INSERT INTO products (id, name, price, created_at, updated_at) VALUES (1, 'x', 1, NOW(), NOW())",
	"INSERT INTO products (name, price) VALUES (NULL, 1)",
	"INSERT INTO go_notes (tiny) VALUES (1000)",
	"CALL no_such_procedure()",
	"SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 30001, MESSAGE_TEXT = 'thé'",
}

const slow = "SELECT /*+ MAX_EXECUTION_TIME(5) */ COUNT(*) FROM customers a, customers b, customers c WHERE a.name < b.name AND b.name < c.name"

var ctx = context.Background()

func must(err error) {
	if err != nil {
		log.Panic(err)
	}
}

func check(condition bool, what string) {
	if !condition {
		log.Panic(what)
	}
}

func fails(err error) {
	check(err != nil, "no error")
	var told *mysql.MySQLError
	fmt.Println(errors.As(err, &told), err)
}

func account(port string) *mysql.Config {
	config := mysql.NewConfig()
	config.User, config.Passwd = os.Getenv("APP_USER"), os.Getenv("APP_PASSWORD")
	config.Net, config.Addr, config.DBName = "tcp", "127.0.0.1:"+os.Getenv(port), "shop"
	config.ParseTime, config.MaxAllowedPacket = true, 64<<20
	return config
}

func open(config *mysql.Config) *sql.DB {
	connector, err := mysql.NewConnector(config)
	must(err)
	return sql.OpenDB(connector)
}

func cutConnections() {
	control, err := net.Dial("tcp", "127.0.0.1:"+os.Getenv("CUT_PORT"))
	must(err)
	_, err = control.Read(make([]byte, 1))
	check(err == io.EOF, "the relay does not hang up")
}

// Works with *sql.DB, *sql.Conn and *sql.Tx.
type asker interface {
	ExecContext(context.Context, string, ...interface{}) (sql.Result, error)
	QueryContext(context.Context, string, ...interface{}) (*sql.Rows, error)
}

func exec(on asker, text string, values ...interface{}) sql.Result {
	result, err := on.ExecContext(ctx, text, values...)
	must(err)
	return result
}

// Prints all results with their columns' types.
func show(on asker, text string, values ...interface{}) {
	rows, err := on.QueryContext(ctx, text, values...)
	must(err)
	defer rows.Close()
	for more := true; more; more = rows.NextResultSet() {
		types, err := rows.ColumnTypes()
		must(err)
		for _, column := range types {
			nullable, _ := column.Nullable()
			fmt.Print(column.Name(), " ", column.DatabaseTypeName(), " ", nullable, "; ")
		}
		fmt.Println()
		for rows.Next() {
			row := make([]interface{}, len(types))
			into := make([]interface{}, len(types))
			for i := range row {
				into[i] = &row[i]
			}
			must(rows.Scan(into...))
			fmt.Printf("%q\n", row)
		}
		must(rows.Err())
	}
}

func count(on asker, body string) (n int) {
	rows, err := on.QueryContext(ctx, "SELECT COUNT(*) FROM go_notes WHERE body LIKE ?", body)
	must(err)
	defer rows.Close()
	rows.Next()
	must(rows.Scan(&n))
	return n
}

func connect(db *sql.DB) {
	must(db.Ping())
	show(db, "SELECT VERSION(), DATABASE(), @@sql_mode")
	show(db, "SELECT * FROM products ORDER BY id")
	wrong := account("PORT")
	wrong.Passwd = "wrong"
	fails(open(wrong).Ping())
	wrong = account("PORT")
	wrong.DBName = "nowhere"
	fails(open(wrong).Ping())
	exec(db, "DROP TABLE IF EXISTS go_notes")
	exec(db, notes)
}

func withTLS(ca string) *sql.DB {
	pem, err := os.ReadFile(os.Getenv(ca))
	must(err)
	roots := x509.NewCertPool()
	check(roots.AppendCertsFromPEM(pem), "no certificate in "+ca)
	must(mysql.RegisterTLSConfig(ca, &tls.Config{RootCAs: roots, ServerName: "localhost"}))
	config := account("TLS_PORT")
	config.TLSConfig = ca
	return open(config)
}

func overTLS(*sql.DB) {
	db := withTLS("CA")
	var text string
	must(db.QueryRow("SELECT REPEAT('x', 100000)").Scan(&text))
	fmt.Println(len(text))
	must(db.Close())
	fails(withTLS("OTHER_CA").Ping())
}

func prepared(db *sql.DB) {
	const insert = "INSERT INTO go_notes (body, data, amount, ratio, at, doc, tiny, big) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
	at := time.Date(2026, 2, 3, 4, 5, 6, 789012000, time.UTC)
	result := exec(db, insert, "Thé 🍵 'quoted' \\ ?", []byte{0, 39, 92, 255}, "12345678.9012", 1.5e-7, at, `{"hot": true}`, -128, uint64(1<<64-1))
	id, err := result.LastInsertId()
	must(err)
	fmt.Println(id)
	statement, err := db.Prepare(insert)
	must(err)
	for n := 1; n <= 50; n++ {
		_, err := statement.Exec(fmt.Sprint("many ", n), nil, nil, float32(n), at, nil, n, n)
		must(err)
	}
	must(statement.Close())
	for _, interpolated := range []bool{false, true} {
		config := account("PORT")
		config.InterpolateParams = interpolated
		one := open(config)
		for _, tiny := range []interface{}{-1, "2", nil, 1.0} {
			show(one, "SELECT * FROM go_notes WHERE tiny <= ? ORDER BY id LIMIT 2", tiny)
		}
		must(one.Close())
	}
	_, err = db.Prepare("SELECT ? FROM nowhere")
	fails(err)
	_, err = db.Exec("SELECT 1; SELECT 2")
	fails(err)
	config := account("PORT")
	config.MultiStatements = true
	several := open(config)
	show(several, "SELECT 1; SELECT 2 AS b, 'c'; CALL two_results()")
	must(several.Close())
	// A statement is prepared anew on whatever connection of the pool executes it.
	shared, err := db.Prepare("SELECT ? + tiny FROM go_notes WHERE id = 2")
	must(err)
	var group sync.WaitGroup
	for n := 0; n < 20; n++ {
		group.Add(1)
		go func(n int) {
			defer group.Done()
			for round := 0; round < 20; round++ {
				var sum int
				must(shared.QueryRow(n).Scan(&sum))
				check(sum == n+1, "a wrong sum")
			}
		}(n)
	}
	group.Wait()
	must(shared.Close())
}

func transactions(db *sql.DB) {
	tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	must(err)
	exec(tx, "INSERT INTO go_notes (body) VALUES ('tx 1')")
	fmt.Println(count(tx, "tx%"), count(db, "tx%"))
	must(tx.Rollback())
	tx, err = db.Begin()
	must(err)
	exec(tx, "INSERT INTO go_notes (body) VALUES ('tx 2')")
	exec(tx, "SAVEPOINT here")
	exec(tx, "INSERT INTO go_notes (body) VALUES ('tx 3')")
	exec(tx, "ROLLBACK TO here")
	_, err = db.Exec("SELECT * FROM go_notes WHERE body = 'tx 2' FOR UPDATE NOWAIT")
	fails(err)
	must(tx.Commit())
	fmt.Println(count(db, "tx%"))
	tx, err = db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	must(err)
	_, err = tx.Exec("DELETE FROM go_notes")
	fails(err)
	must(tx.Rollback())
	// A context that ends takes the connection with it.
	short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	_, err = db.ExecContext(short, "UPDATE go_notes SET tiny = SLEEP(100) WHERE body = 'tx 2'")
	fails(err)
	exec(db, "UPDATE go_notes SET tiny = 1 WHERE body = 'tx 2'") // waits for the server to notice
}

func bigData(db *sql.DB) {
	for _, size := range []int{3_000_000, 17_000_000} { // the second is more than one packet holds
		data := bytes.Repeat([]byte("\x00\xff'\"\\\n0123456789"), size/16)
		exec(db, "INSERT INTO go_notes (body, data) VALUES ('big', ?)", data)
		var back []byte
		var hash string
		must(db.QueryRow("SELECT data, SHA2(data, 256) FROM go_notes WHERE body = 'big'").Scan(&back, &hash))
		check(bytes.Equal(data, back), "differs")
		fmt.Println(len(back), hash, hash == fmt.Sprintf("%x", sha256.Sum256(data)))
		exec(db, "DELETE FROM go_notes WHERE body = 'big'")
	}
	_, err := db.Exec("DO LENGTH(?)", strings.Repeat("x", 65<<20))
	fails(err) // the driver itself: more than max_allowed_packet
	rows, err := db.Query("SELECT REPEAT('x', 100) FROM customers a, customers b LIMIT 100000")
	must(err)
	sum, text := 0, ""
	for rows.Next() {
		must(rows.Scan(&text))
		sum += len(text)
	}
	fmt.Println(sum, rows.Err())
	rows, err = db.Query("SELECT a.id FROM customers a, customers b")
	must(err)
	rows.Next()
	must(rows.Close()) // the rest is read and thrown away
}

func failures(db *sql.DB) {
	for _, statement := range failing {
		_, err := db.Exec(statement)
		fails(err)
	}
	var n int
	fails(db.QueryRow(slow).Scan(&n))
}

func reconnect(db *sql.DB) {
	tx, err := db.Begin()
	must(err)
	exec(tx, "INSERT INTO go_notes (body) VALUES ('lost')")
	cutConnections()
	_, err = tx.Exec("SELECT 1")
	check(err == driver.ErrBadConn || err == mysql.ErrInvalidConn, fmt.Sprint(err))
	tx.Rollback()
	// The pool makes new connections; the insert waits for the rollback of the lost one.
	exec(db, "INSERT INTO go_notes (body) VALUES ('lost')")
	fmt.Println(count(db, "lost"))
	statement, err := db.Prepare("SELECT COUNT(*) FROM go_notes WHERE body = ?")
	must(err)
	cutConnections()
	var n int
	must(statement.QueryRow("lost").Scan(&n))
	fmt.Println(n)
	exec(db, "DROP TABLE go_notes")
}

func main() {
	mysql.SetLogger(log.New(io.Discard, "", 0))
	db := open(account("PORT"))
	for _, test := range []struct {
		name string
		run  func(*sql.DB)
	}{{"connect", connect}, {"tls", overTLS}, {"prepared", prepared}, {"transactions", transactions},
		{"big_data", bigData}, {"errors", failures}, {"reconnect", reconnect}} {
		fmt.Println("#", test.name)
		test.run(db)
	}
}
