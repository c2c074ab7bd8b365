<?php
// What the two PHP clients share: the account, how to lose connections, and how to print an error.
declare(strict_types=1);

$host = '127.0.0.1';
$user = getenv('APP_USER');
$password = getenv('APP_PASSWORD');
$port = (int) getenv('PORT');
$tls_port = (int) getenv('TLS_PORT');
$all_bytes = implode('', array_map('chr', range(0, 255)));

const FAILING = [
    "SELEC 1",
    "SELECT * FROM nowhere",
    "SELECT nothing FROM products",
    "INSERT INTO products (id, name, price, created_at, updated_at) VALUES (1, 'x', 1, NOW(), NOW())",
    "INSERT INTO products (name, price) VALUES (NULL, 1)",
    "INSERT INTO php_notes (tiny) VALUES (1000)",
    "CALL no_such_procedure()",
    "SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 30001, MESSAGE_TEXT = 'thé'",
    "SELECT /*+ MAX_EXECUTION_TIME(5) */ COUNT(*) FROM customers a, customers b, customers c WHERE a.name < b.name AND b.name < c.name",
];

const NOTES = "CREATE TABLE php_notes (id INT AUTO_INCREMENT PRIMARY KEY, body VARCHAR(99) UNIQUE, data LONGBLOB,
    amount DECIMAL(20,4), ratio DOUBLE, at DATETIME(6), doc JSON, tiny TINYINT, big BIGINT UNSIGNED)";

function cut_connections(): void
{
    $control = stream_socket_client('tcp://127.0.0.1:' . getenv('CUT_PORT'));
    assert(fread($control, 1) === '');
}

function show(mixed ...$values): void
{
    foreach ($values as $value) echo preg_replace('/\s+/', ' ', var_export($value, true)), ' ';
    echo "\n";
}

function fails(callable $act): void
{
    try {
        $act();
    } catch (mysqli_sql_exception $error) {
        show($error->getCode(), $error->getSqlState(), $error->getMessage());
        return;
    } catch (PDOException $error) {
        show($error->getCode(), $error->errorInfo, $error->getMessage());
        return;
    }
    throw new Exception('no error');
}

function same(mixed $wanted, mixed $got): void
{
    if ($wanted !== $got) throw new Exception('differs: ' . substr(var_export($got, true), 0, 200));
}
