#include "router/coverage.hpp"

#include <catch2/catch.hpp>

#include "rules/analyze.hpp"

using namespace router;

namespace {

// At the source: customers, orders, items, audit, the view top_customers, the function discount().
// On the edge: customers without email, orders of shops 1 and 2, all of items.
coverage shop() {
    coverage edge;
    edge.tables[{"shop", "customers"}].missing_columns = {"email"};
    edge.tables[{"shop", "orders"}].rows = row_filter{"shop_id", {"1", "2"}, true};
    edge.tables[{"shop", "items"}] = {};
    edge.missing_names = {"audit", "top_customers", "discount", "billing", "mysql"};
    return edge;
}

coverage_verdict verdict(const coverage& edge, std::string_view sql,
                         std::string_view schema = "shop", const rules::lex_options& options = {}) {
    const rules::script_facts facts = rules::analyze(sql, options);
    REQUIRE(facts.single());
    return covers(edge, facts.front(), schema, sql, options);
}

coverage_verdict verdict(std::string_view sql, std::string_view schema = "shop") {
    return verdict(shop(), sql, schema);
}

using why = coverage_reason;

}  // namespace

TEST_CASE("A read of tables and columns the edge holds is covered", "[coverage]") {
    const char* covered[] = {
        "SELECT id, name FROM customers WHERE id = 7",
        "select ID from Shop.CUSTOMERS",
        "SELECT `customers`.`name` FROM `customers` ORDER BY `customers`.`id` LIMIT 1",
        "SELECT COUNT(*) FROM customers",
        "SELECT * FROM items",
        "SELECT items.* FROM items WHERE price * 2 > 3",
        "SELECT c.name, i.title FROM customers c JOIN items i ON i.customer_id = c.id",
        "WITH recent AS (SELECT id FROM items) SELECT id FROM items",
        "SELECT name FROM customers WHERE id IN (SELECT customer_id FROM items)",
        "SELECT 'email' FROM customers",
        "SELECT name /* email */ FROM customers",
        "TABLE items",
    };
    for (const char* sql : covered) {
        CAPTURE(sql);
        CHECK(verdict(sql) == coverage_verdict{});
    }
}

TEST_CASE("A read of a column that was filtered out is not covered, wherever it is named",
          "[coverage]") {
    const coverage_verdict email{why::column_missing, "shop.customers.email"};
    const char* reads[] = {
        "SELECT email FROM customers",
        "SELECT `EMail` FROM customers",
        "SELECT id FROM customers WHERE email = 'a@b'",
        "SELECT id FROM customers ORDER BY customers.email",
        "SELECT id FROM items WHERE owner IN (SELECT email FROM shop.customers)",
        "SELECT name AS email FROM customers",  // only an alias, but names cannot tell
        "SELECT COUNT(email) FROM customers",
        "SELECT 1 FROM items JOIN customers USING (email)",
    };
    for (const char* sql : reads) {
        CAPTURE(sql);
        CHECK(verdict(sql) == email);
    }
}

TEST_CASE("A missing column is found although its name is a keyword", "[coverage]") {
    coverage edge = shop();
    for (const char* name : {"name", "status", "value", "type", "date", "key", "order", "count"}) {
        CAPTURE(name);
        edge.tables[{"shop", "items"}].missing_columns = {name};
        const std::string quoted = "`" + std::string(name) + "`";
        CHECK(verdict(edge, "SELECT " + quoted + " FROM items").why == why::column_missing);
        CHECK(verdict(edge, "SELECT i." + std::string(name) + " FROM items i").why ==
              why::column_missing);
        if (name != std::string_view("key") && name != std::string_view("order"))
            CHECK(verdict(edge, "SELECT id FROM items WHERE " + std::string(name) + " = 1").why ==
                  why::column_missing);
    }
}

TEST_CASE("A column that one table lacks may be read from another", "[coverage]") {
    CHECK(verdict("SELECT email FROM items") == coverage_verdict{});
}

TEST_CASE("A star is covered only over tables with all their columns", "[coverage]") {
    const coverage_verdict star{why::star, "shop.customers"};
    CHECK(verdict("SELECT * FROM customers") == star);
    CHECK(verdict("SELECT c.* FROM customers AS c") == star);
    CHECK(verdict("SELECT i.* FROM items i, customers c") == star);
    CHECK(verdict("SELECT id FROM (SELECT * FROM customers) AS c") == star);
    CHECK(verdict("TABLE customers") == star);
}

TEST_CASE("A NATURAL JOIN is covered only between tables with all their columns", "[coverage]") {
    CHECK(verdict("SELECT id FROM items NATURAL JOIN customers") ==
          coverage_verdict{why::natural_join, "shop.customers"});
    CHECK(verdict("SELECT a.id FROM items a NATURAL LEFT JOIN items b") == coverage_verdict{});
}

TEST_CASE("A table, view or function that the edge lacks is not covered", "[coverage]") {
    CHECK(verdict("SELECT id FROM audit") == coverage_verdict{why::name_missing, "audit"});
    CHECK(verdict("SELECT id FROM items, audit") == coverage_verdict{why::name_missing, "audit"});
    CHECK(verdict("SELECT id FROM top_customers").why == why::name_missing);
    CHECK(verdict("SELECT id FROM billing.items").why == why::name_missing);
    CHECK(verdict("SELECT user FROM mysql.user").why == why::name_missing);
    CHECK(verdict("SELECT id FROM new_table") ==
          coverage_verdict{why::table_missing, "shop.new_table"});
}

TEST_CASE("A function that MySQL does not define may be stored, so it is not covered",
          "[coverage]") {
    CHECK(verdict("SELECT markup(price) FROM items").why == why::unknown_function);
    CHECK(verdict("SELECT shop.markup(price) FROM items").why == why::unknown_function);
    CHECK(verdict("SELECT UPPER(title), COUNT(*) FROM items GROUP BY 1") == coverage_verdict{});
}

TEST_CASE("A read without a table has nothing to gain from an edge", "[coverage]") {
    CHECK(verdict("SELECT 1") == coverage_verdict{why::no_table});
    CHECK(verdict("SELECT 1 + 1 FROM DUAL").why != why::covered);
}

TEST_CASE("The session's schema must be on the edge", "[coverage]") {
    CHECK(verdict("SELECT id FROM items", "blog") == coverage_verdict{why::schema_missing, "blog"});
    CHECK(verdict("SELECT id FROM shop.items", "blog").why == why::schema_missing);
    CHECK(verdict("SELECT id FROM items", "").why == why::table_missing);
    CHECK(verdict("SELECT id FROM shop.items", "") == coverage_verdict{});
    CHECK(verdict("SELECT id FROM items", "SHOP") == coverage_verdict{});
}

TEST_CASE("A table with some of its rows is covered where the filter's column is pinned",
          "[coverage]") {
    const char* covered[] = {
        "SELECT id FROM orders WHERE shop_id = 1",
        "SELECT * FROM orders WHERE total > 10 AND orders.shop_id = 2 ORDER BY id",
        "SELECT id FROM shop.orders o WHERE o.shop_id IN (1, 2)",
        "SELECT id FROM orders WHERE shop_id = '1'",
    };
    for (const char* sql : covered) {
        CAPTURE(sql);
        CHECK(verdict(sql) == coverage_verdict{});
    }
}

TEST_CASE("A table with some of its rows is not covered where other rows may be wanted",
          "[coverage]") {
    const char* open[] = {
        "SELECT id FROM orders",
        "SELECT id FROM orders WHERE shop_id = 3",
        "SELECT id FROM orders WHERE shop_id IN (1, 3)",
        "SELECT id FROM orders WHERE shop_id = 1 OR id = 5",
        "SELECT id FROM orders WHERE NOT shop_id = 1",
        "SELECT id FROM orders WHERE shop_id > 1",
        "SELECT id FROM orders WHERE shop_id = 1.0",
        "SELECT id FROM orders WHERE shop_id = 1e0",
        "SELECT id FROM orders WHERE shop_id = 0x1",
        "SELECT id FROM orders WHERE shop_id = NULL",
        "SELECT id FROM orders WHERE shop_id = '1x'",
        "SELECT id FROM orders WHERE shop_id = ?",
        "SELECT id FROM orders WHERE id = 1",
        "SELECT id FROM orders WHERE shop_id = 1 UNION SELECT id FROM orders",
        "SELECT o.id FROM orders o JOIN items i ON i.id = o.id WHERE o.shop_id = 1",
        "SELECT id FROM items WHERE id IN (SELECT id FROM orders WHERE shop_id = 1)",
        "SELECT (SELECT COUNT(*) FROM orders) FROM items WHERE shop_id = 1",
    };
    for (const char* sql : open) {
        CAPTURE(sql);
        CHECK(verdict(sql) == coverage_verdict{why::row_filter, "shop.orders"});
    }
}

TEST_CASE("Beside a text column the number 1 is not the text '1'", "[coverage]") {
    coverage edge = shop();
    edge.tables[{"shop", "orders"}].rows = row_filter{"shop_id", {"1", "abc"}, false};
    CHECK(verdict(edge, "SELECT id FROM orders WHERE shop_id = 1").why == why::row_filter);
    CHECK(verdict(edge, "SELECT id FROM orders WHERE shop_id = '1'") == coverage_verdict{});
    CHECK(verdict(edge, "SELECT id FROM orders WHERE shop_id = 'abc'") == coverage_verdict{});
    CHECK(verdict(edge, "SELECT id FROM orders WHERE shop_id = 'abc' COLLATE utf8mb4_0900_ai_ci")
              .why == why::row_filter);
}

TEST_CASE("Names beyond ASCII are compared so that no spelling slips through", "[coverage]") {
    coverage edge = shop();
    edge.tables[{"shop", "items"}].missing_columns = {"sku", "größe"};
    edge.missing_names.insert("umsätze");
    CHECK(verdict(edge, "SELECT größe FROM items").why == why::column_missing);
    CHECK(verdict(edge, "SELECT GRÖSSE FROM items").why != why::name_missing);
    CHECK(verdict(edge, "SELECT GRÖßE FROM items").why == why::column_missing);
    CHECK(verdict(edge, "SELECT s\u212au FROM items").why == why::column_missing);
    CHECK(verdict(edge, "SELECT id FROM UMSÄTZE").why == why::name_missing);
    CHECK(verdict(edge, "SELECT title AS überschrift FROM items") == coverage_verdict{});
    CHECK(verdict(edge, "SELECT title AS überschrift FROM items", "shop",
                  {.charset = rules::multibyte::gbk})
              .why != why::covered);
}

TEST_CASE("A table that the grammar hides is still found by its name", "[coverage]") {
    rules::statement_facts facts;
    facts.cls = rules::statement_class::read;
    facts.names = {"customers", "email", "id", "items"};
    facts.tables = {{"", "items"}};  // as if `customers` had been overlooked
    CHECK(covers(shop(), facts, "shop", "", {}).why == why::column_missing);
    facts.names = {"id", "items", "orders"};
    CHECK(covers(shop(), facts, "shop", "", {}).why == why::row_filter);
    facts.incomplete = true;
    CHECK_FALSE(covers(shop(), facts, "shop", "", {}));
}

TEST_CASE("Every coverage reason has a name of its own", "[coverage]") {
    std::set<std::string_view> names;
    for (int i = 0; i <= static_cast<int>(why::unknown_function); ++i)
        names.insert(to_string(static_cast<why>(i)));
    CHECK(names.size() == static_cast<std::size_t>(why::unknown_function) + 1);
    CHECK_FALSE(names.contains("invalid"));
}
