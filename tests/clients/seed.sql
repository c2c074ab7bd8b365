-- What the clients find: the tables of examples/rails, with rows of many kinds.
CREATE DATABASE shop;
CREATE DATABASE sbtest;
USE shop;
CREATE TABLE customers (
    id BIGINT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(255) NOT NULL, email VARCHAR(255) NOT NULL,
    created_at DATETIME(6) NOT NULL, updated_at DATETIME(6) NOT NULL, UNIQUE KEY (email));
CREATE TABLE products (
    id BIGINT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(255) NOT NULL, price DECIMAL(10,2) NOT NULL,
    stock INT NOT NULL DEFAULT 0, picture BLOB, details JSON,
    created_at DATETIME(6) NOT NULL, updated_at DATETIME(6) NOT NULL);
CREATE TABLE orders (
    id BIGINT AUTO_INCREMENT PRIMARY KEY, customer_id BIGINT NOT NULL, region VARCHAR(2) COLLATE utf8mb4_bin NOT NULL,
    status VARCHAR(20) NOT NULL DEFAULT 'placed', total DECIMAL(10,2) NOT NULL DEFAULT 0, note TEXT,
    created_at DATETIME(6) NOT NULL, updated_at DATETIME(6) NOT NULL,
    KEY (customer_id), KEY (region, created_at));
CREATE TABLE audit_events (
    id BIGINT AUTO_INCREMENT PRIMARY KEY, what VARCHAR(255) NOT NULL, details JSON,
    created_at DATETIME(6) NOT NULL);
INSERT INTO customers (name, email, created_at, updated_at)
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
    SELECT CONCAT('Customer ', i), CONCAT('customer', i, '@example.com'),
        '2026-01-01 00:00:00.123456' + INTERVAL i SECOND, '2026-01-02' FROM n;
INSERT INTO products (name, price, stock, picture, details, created_at, updated_at) VALUES
    ('Tea', 2.50, 10, x'00FF27225C0A0D1A', '{"hot": true}', '2026-01-01', '2026-01-01'),
    ('Café ☕', 3.00, 0, NULL, NULL, '2026-01-01', '2026-01-01'),
    ('it''s "quoted" \\ and \n broken', 0.01, -1, '', '[]', '2026-01-01', '2026-01-01');
INSERT INTO orders (customer_id, region, total, note, created_at, updated_at)
    SELECT id, ELT(1 + id % 3, 'eu', 'us', 'jp'), id / 7, IF(id % 2, NULL, REPEAT('note ', id)),
        created_at, updated_at FROM customers;
INSERT INTO audit_events (what, details, created_at) VALUES ('seeded', '{}', '2026-01-01');
CREATE VIEW european_orders AS SELECT id, total FROM orders WHERE region = 'eu';
DELIMITER //
CREATE PROCEDURE two_results() BEGIN SELECT 1 AS one; SELECT 2 AS two; END//
CREATE PROCEDURE in_and_out(IN a INT, INOUT b INT) SET b = a + b//
CREATE TRIGGER orders_audit AFTER DELETE ON orders FOR EACH ROW
    INSERT INTO audit_events (what, created_at) VALUES (CONCAT('deleted ', OLD.id), OLD.created_at)//
DELIMITER ;
