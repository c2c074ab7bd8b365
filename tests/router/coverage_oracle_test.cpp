// Coverage against MySQL itself: what is said to be covered must have the same result on both
// sides.

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "router/coverage.hpp"
#include "rules/analyze.hpp"
#include "tests/support/mysql_server.hpp"

using namespace router;

namespace {

// `mail`, `total` and `kind` are columns of several tables, so that a name may mean one that the
// edge has where the source means one that it lacks.
constexpr const char* source_schema = R"(
CREATE DATABASE shop; USE shop;
CREATE TABLE customers (id INT PRIMARY KEY, kind INT, mail VARCHAR(20), note VARCHAR(20));
CREATE TABLE orders (id INT PRIMARY KEY, shop INT NOT NULL, customer INT, total INT);
CREATE TABLE regions (id INT PRIMARY KEY, code VARCHAR(5) COLLATE utf8mb4_bin, total INT);
CREATE TABLE items (id INT PRIMARY KEY, kind INT, mail VARCHAR(20), total INT);
CREATE TABLE audit (id INT PRIMARY KEY, kind INT, total INT);
CREATE VIEW rich AS SELECT id, kind FROM customers;
CREATE FUNCTION tax(x INT) RETURNS INT DETERMINISTIC RETURN x * 2;
INSERT INTO customers VALUES (1,1,'a','x'),(2,2,'b','y'),(3,1,'c','a'),(4,3,NULL,'z');
INSERT INTO orders VALUES (1,1,1,10),(2,2,2,20),(3,3,3,30),(4,1,4,40),(5,3,1,50),(6,2,1,10);
INSERT INTO regions VALUES (1,'eu',10),(2,'EU',20),(3,'us',30),(4,'1',40),(5,'01',50);
INSERT INTO items VALUES (1,1,'a',10),(2,3,'d',20),(3,2,'x',30);
INSERT INTO audit VALUES (1,1,10),(2,2,20);
)";

constexpr const char* edge_schema = R"(
CREATE DATABASE shop; USE shop;
CREATE TABLE customers (id INT PRIMARY KEY, kind INT, note VARCHAR(20));
CREATE TABLE orders (id INT PRIMARY KEY, shop INT NOT NULL, customer INT, total INT);
CREATE TABLE regions (id INT PRIMARY KEY, code VARCHAR(5) COLLATE utf8mb4_bin, total INT);
CREATE TABLE items (id INT PRIMARY KEY, kind INT, mail VARCHAR(20), total INT);
INSERT INTO customers VALUES (1,1,'x'),(2,2,'y'),(3,1,'a'),(4,3,'z');
INSERT INTO orders VALUES (1,1,1,10),(2,2,2,20),(4,1,4,40),(6,2,1,10);
INSERT INTO regions VALUES (1,'eu',10),(4,'1',40);
INSERT INTO items VALUES (1,1,'a',10),(2,3,'d',20),(3,2,'x',30);
)";

coverage edge_coverage() {
    coverage edge;
    edge.tables[{"shop", "customers"}].missing_columns = {"mail"};
    edge.tables[{"shop", "orders"}].rows = row_filter{"shop", {"1", "2"}, true};
    edge.tables[{"shop", "regions"}].rows = row_filter{"code", {"eu", "1"}, false};
    edge.tables[{"shop", "items"}] = {};
    edge.missing_names = {"audit", "rich", "tax", "mysql", "sys"};
    return edge;
}

/// Makes SELECTs of every shape that might hide what it reads.
class generator {
public:
    explicit generator(unsigned seed) : random_(seed) {}

    std::string statement() {
        switch (below(10)) {
            case 0:
                return "WITH w AS (" + select() + ") SELECT * FROM w, " + table();
            case 1:
                return select() + " UNION " + select();
            case 2:
                return "TABLE " + table();
            default:
                return select();
        }
    }

private:
    unsigned below(unsigned count) { return static_cast<unsigned>(random_() % count); }
    std::string one_of(std::initializer_list<const char*> choices) {
        return choices.begin()[below(static_cast<unsigned>(choices.size()))];
    }

    std::string table() {
        const std::string name = one_of({"customers", "customers", "orders", "orders", "orders",
                                         "regions", "items", "items", "audit", "rich"});
        return one_of({"", "", "shop.", "`shop`."}) + name;
    }
    std::string column() {
        return one_of({"", "", "", "t.", "u."}) +
               one_of({"id", "kind", "mail", "note", "shop", "customer", "total", "code", "`id`"});
    }
    std::string literal() { return one_of({"1", "2", "3", "'1'", "'eu'", "'a'", "1.0", "NULL"}); }

    std::string expression() {
        switch (below(12)) {
            case 0:
                return "COUNT(*)";
            case 1:
                return "MAX(" + column() + ")";
            case 2:
                return "tax(" + column() + ")";
            case 3:
                return "(SELECT " + column() + " FROM " + table() + " AS u LIMIT 1)";
            case 4:
                return "t.*";
            case 5:
                return "ROW_NUMBER() OVER (ORDER BY t.id)";
            case 6:
                return literal();
            default:
                return column();
        }
    }

    std::string condition() {
        switch (below(9)) {
            case 0:
                return column() + " IN (SELECT " + column() + " FROM " + table() + ")";
            case 1:
                return "EXISTS (SELECT 1 FROM " + table() + " u WHERE " + comparison() + ")";
            case 2:
                return comparison() + " OR " + comparison();
            case 3:
                return "NOT " + comparison();
            case 4:
                return comparison() + " AND " + comparison();
            case 5:
                return pin() + " AND " + comparison();
            default:
                return pin();
        }
    }
    std::string comparison() {
        return column() + one_of({" = ", " > ", " <=> ", " <> "}) + literal();
    }
    std::string pin() {
        return one_of({"", "t."}) +
               one_of({"shop = 1", "shop IN (1, 2)", "shop = 3", "shop IN (2, 3)", "shop = '2'",
                       "shop = 1.0", "code = 'eu'", "code = 'EU'", "code = 1", "code = '1'",
                       "code IN ('eu', 'us')", "code = 'eu' COLLATE utf8mb4_general_ci",
                       "shop = 1 = 0", "shop = 1 + 2", "shop = -1 IS FALSE", "shop = 1 IN (0, 1)",
                       "code = 'e' 'u'"});
    }

    std::string tables() {
        switch (below(8)) {
            case 0:
                return table() + " t JOIN " + table() + " u ON t.id = u.id";
            case 1:
                return table() + " t NATURAL JOIN " + table() + " u";
            case 2:
                return table() + " t JOIN " + table() + " u USING (" + one_of({"id", "kind"}) + ")";
            case 3:
                return "(SELECT * FROM " + table() + ") t";
            case 4:
                return "(" + table() + " t, " + table() + " u)";
            default:
                return table() + one_of({" t", " AS t", ""});
        }
    }

    std::string select() {
        std::string out = "SELECT " + one_of({"", "", "DISTINCT "});
        out += below(6) == 0 ? "*" : expression() + (below(2) == 0 ? "" : ", " + expression());
        out += " FROM " + tables();
        if (below(4) != 0) out += " WHERE " + condition();
        if (below(8) == 0) out += " GROUP BY 1";
        if (below(8) == 0) out += " HAVING " + comparison();
        return out;
    }

    std::mt19937 random_;
};

// The rows in some order of their own, or the error's number.
std::pair<unsigned, support::rows> outcome(support::mysql_connection& server,
                                           const std::string& sql) {
    try {
        auto rows = server.query(sql);
        std::sort(rows.begin(), rows.end());
        return {0, std::move(rows)};
    } catch (const support::server_error& error) {
        return {error.number(), {}};
    }
}

}  // namespace

TEST_CASE("What is covered has the same result on the edge as on the source", "[coverage]") {
    support::mysql_server source, edge({.edge = true});
    source.query(source_schema);
    edge.query(edge_schema);
    auto on_source = source.connect({.schema = "shop"});
    auto on_edge = edge.connect({.schema = "shop"});
    // So that GROUP BY 1 of anything is no error.
    for (auto* server : {&on_source, &on_edge}) server->query("SET sql_mode = ''");

    const unsigned seed = std::random_device{}();
    CAPTURE(seed);
    generator next(seed);
    const coverage held = edge_coverage();
    std::size_t compared = 0, filtered = 0, differ = 0;
    for (int i = 0; i < 20'000; ++i) {
        const std::string sql = next.statement();
        const auto facts = rules::analyze(sql, {.server_version = 90'700});
        REQUIRE(facts.single());
        if (!covers(held, facts.front(), "shop", sql, {.server_version = 90'700})) continue;
        CAPTURE(sql);
        const auto wanted = outcome(on_source, sql);
        if (wanted.first == 0) ++compared;  // an error tells less
        if (!facts.front().equalities.empty()) ++filtered;
        const bool same = outcome(on_edge, sql) == wanted;
        CHECK(same);
        if (!same && ++differ > 10) break;
    }
    CHECK(compared > 100);  // so the test tests something
    CHECK(filtered > 100);
}
