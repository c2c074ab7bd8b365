#include "tests/long/crash_workload.hpp"

#include <functional>

namespace long_test {
namespace {

constexpr int writers = 4;
constexpr int keys = 400;  // few, so that transactions meet on the same rows

/// One writer's random numbers and statements.
class writer {
public:
    writer(support::mysql_connection session, unsigned seed)
        : session_(std::move(session)), random_(seed) {}

    /// One transaction.  A deadlock's victim is rolled back by the server and counts as one.
    void transaction() {
        static const std::vector<std::pair<int, void (writer::*)()>> kinds{
            {30, &writer::change_item},   {10, &writer::move_item}, {10, &writer::delete_items},
            {15, &writer::change_key},    {15, &writer::transfer},  {10, &writer::count},
            {5, &writer::write_oddities}, {3, &writer::write_many}, {2, &writer::undo},
        };
        int left = static_cast<int>(random_() % 100);
        for (const auto& [share, change] : kinds) {
            left -= share;
            if (left >= 0) continue;
            constexpr unsigned deadlock = 1213, lock_wait = 1205;
            try {
                (this->*change)();
            } catch (const support::server_error& error) {
                if (error.number() != deadlock && error.number() != lock_wait) throw;
                session_.query("ROLLBACK");
            }
            return;
        }
    }

private:
    std::string number(int below) {
        return std::to_string(static_cast<int>(random_() % static_cast<unsigned>(below)));
    }
    std::string id() { return number(keys); }

    void change_item() {
        session_.query("INSERT INTO crash.items (id, shop_id, name, price, secret) VALUES (" +
                       id() + ", " + number(5) + ", 'item " + number(1'000'000) + "', " +
                       number(10'000) +
                       " / 100, 'secret') ON DUPLICATE KEY UPDATE name = VALUES(name), "
                       "price = VALUES(price), secret = CONCAT('secret ', " +
                       number(100) + ")");
    }
    void move_item() {
        session_.query("UPDATE crash.items SET shop_id = " + number(5) + " WHERE id BETWEEN " +
                       id() + " AND " + id());
    }
    void delete_items() { session_.query("DELETE FROM crash.items WHERE id % 50 = " + number(50)); }
    // Two keys change places by way of a third, so that a unique key is free again within one
    // transaction.
    void change_key() {
        const std::string a = id(), b = id();
        session_.query("BEGIN");
        session_.query("DELETE FROM crash.pairs WHERE a = -1");
        session_.query("INSERT IGNORE INTO crash.pairs (a, b, label) VALUES (" + a + ", " +
                       number(3) + ", UUID())");
        session_.query("UPDATE crash.pairs SET a = -1, b = 0 WHERE a = " + a + " LIMIT 1");
        session_.query("UPDATE IGNORE crash.pairs SET a = " + a + " WHERE a = " + b + " LIMIT 1");
        session_.query("UPDATE IGNORE crash.pairs SET a = " + b + " WHERE a = -1");
        session_.query("COMMIT");
    }
    void transfer() {
        const std::string amount = number(100);
        session_.query("BEGIN");
        session_.query("UPDATE crash.accounts SET amount = amount - " + amount +
                       " WHERE name = CONCAT('Account ', " + number(20) + ")");
        session_.query("UPDATE crash.accounts SET amount = amount + " + amount +
                       " WHERE name = CONCAT('ACCOUNT ', " + number(20) + ")");
        session_.query("INSERT INTO crash.ledger (amount, note) VALUES (" + amount +
                       ", REPEAT('n', " + number(300) + "))");
        change_item();
        session_.query("COMMIT");
    }
    void count() {
        session_.query(
            "UPDATE crash.accounts SET amount = amount + 1, changes = changes + 1 "
            "WHERE name = 'account " +
            number(20) + "'");
        session_.query("DELETE FROM crash.ledger WHERE id % 7 = " + number(7) + " LIMIT 5");
    }
    void write_oddities() {
        session_.query(
            "REPLACE INTO crash.oddities (k, f, d, dt, js, bits, bin, e, s, u) VALUES "
            "(CONCAT('Ké', " +
            number(60) +
            "), RAND() * 1e10, RAND() * 1e-200, NOW(6), JSON_OBJECT('n', RAND(), 'l', "
            "JSON_ARRAY(NULL, TRUE, 'é')), " +
            number(1000) + ", RANDOM_BYTES(12), ELT(1 + " + number(3) +
            ", 'a', 'b', NULL), 'x,z', 18446744073709551615 - " + number(9) + ")");
    }
    // Longer than one chunk and one network packet.
    void write_many() {
        session_.query("BEGIN");
        session_.query(
            "INSERT INTO crash.ledger (amount, note) WITH RECURSIVE i (i) AS (SELECT 1 "
            "UNION ALL SELECT i + 1 FROM i WHERE i < 300) "
            "SELECT i, REPEAT('many', 200) FROM i");
        session_.query("UPDATE crash.ledger SET amount = -amount WHERE note LIKE 'many%'");
        session_.query("DELETE FROM crash.ledger WHERE note LIKE 'many%' AND amount < -" +
                       number(300));
        session_.query("COMMIT");
    }
    void undo() {
        session_.query("BEGIN");
        change_item();
        session_.query("SAVEPOINT s");
        session_.query("DELETE FROM crash.items");
        session_.query(random_() % 2 == 0 ? "ROLLBACK TO s" : "ROLLBACK");
        session_.query("COMMIT");
    }

    support::mysql_connection session_;
    std::mt19937 random_;
};

}  // namespace

std::string workload_schema() {
    return "CREATE DATABASE crash;"
           "CREATE TABLE crash.items (id INT PRIMARY KEY, shop_id INT NOT NULL, "
           "name VARCHAR(50), secret VARCHAR(50), price DECIMAL(10,2), KEY (shop_id));"
           "CREATE TABLE crash.pairs (a INT, b INT, label CHAR(36) NOT NULL, PRIMARY KEY (a, b), "
           "UNIQUE KEY (label));"
           "CREATE TABLE crash.accounts (name VARCHAR(40) PRIMARY KEY, amount BIGINT NOT NULL, "
           "changes INT NOT NULL DEFAULT 0);"
           "CREATE TABLE crash.ledger (id BIGINT AUTO_INCREMENT PRIMARY KEY, amount INT, note "
           "TEXT);"
           "CREATE TABLE crash.oddities (k VARCHAR(20) PRIMARY KEY, f FLOAT, d DOUBLE, "
           "dt DATETIME(6), js JSON, bits BIT(10), bin VARBINARY(20), e ENUM('a', 'b'), "
           "s SET('x', 'y', 'z'), u BIGINT UNSIGNED);"
           "CREATE TABLE crash.elsewhere (id INT PRIMARY KEY);"
           "INSERT INTO crash.accounts (name, amount) WITH RECURSIVE i (i) AS (SELECT 0 UNION ALL "
           "SELECT i + 1 FROM i WHERE i < 19) SELECT CONCAT('account ', i), 1000 FROM i;"
           "INSERT INTO crash.items (id, shop_id, name) WITH RECURSIVE i (i) AS (SELECT 0 UNION "
           "ALL "
           "SELECT i + 1 FROM i WHERE i < 399) SELECT i, i % 5, 'first' FROM i;"
           "SET SESSION cte_max_recursion_depth = 30000;"
           "INSERT INTO crash.ledger (amount, note) WITH RECURSIVE i (i) AS (SELECT 1 UNION ALL "
           "SELECT i + 1 FROM i WHERE i < 20000) SELECT i, REPEAT('old', 20) FROM i";
}

const std::vector<kept_table>& workload_tables() {
    static const std::vector<kept_table> tables{
        {"crash.items", "id, shop_id, name, price", "id", "shop_id IN (1, 2)",
         "{table: crash.items, exclude: [secret], where: {column: shop_id, in: [1, 2]}}"},
        {"crash.pairs", "a, b, label", "a, b", "1", "{table: crash.pairs}"},
        {"crash.accounts", "name, amount, changes", "name", "1", "{table: crash.accounts}"},
        {"crash.ledger", "id, amount, note", "id", "1", "{table: crash.ledger}"},
        // FLOAT as DOUBLE and the others in full, since text rounds or hides what differs.
        {"crash.oddities", "k, f + 0e0, d, dt, js, bits + 0, HEX(bin), e, s, u", "k", "1",
         "{table: crash.oddities}"},
    };
    return tables;
}

crash_workload::crash_workload(support::mysql_server& primary, unsigned seed) : primary_(&primary) {
    for (int i = 0; i < writers; ++i)
        threads_.emplace_back([this, own = seed + static_cast<unsigned>(i)](
                                  const std::stop_token& stop) { write(own, stop); });
}

crash_workload::~crash_workload() {
    for (std::jthread& thread : threads_) thread.request_stop();
    changed_.notify_all();
}

void crash_workload::write(unsigned seed, const std::stop_token& stop) {
    try {
        writer own(primary_->connect(), seed);
        while (may_go_on(stop)) {
            own.transaction();
            ++transactions_;
            const std::lock_guard lock(mutex_);
            --writing_;
            changed_.notify_all();
        }
    } catch (const std::exception& error) {
        const std::lock_guard lock(mutex_);
        --writing_;
        problem_ = error.what();
        changed_.notify_all();
    }
}

bool crash_workload::may_go_on(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, stop, [this] { return !paused_; });
    if (stop.stop_requested()) return false;
    ++writing_;
    return true;
}

void crash_workload::pause() {
    std::unique_lock lock(mutex_);
    paused_ = true;
    changed_.wait(lock, [this] { return writing_ == 0; });
}

void crash_workload::resume() {
    const std::lock_guard lock(mutex_);
    paused_ = false;
    changed_.notify_all();
}

std::string crash_workload::problem() {
    const std::lock_guard lock(mutex_);
    return problem_;
}

}  // namespace long_test
