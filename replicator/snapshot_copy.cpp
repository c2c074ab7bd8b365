#include "replicator/snapshot_copy.hpp"

#include "protocol/sql_literal.hpp"
#include "replicator/edge_error.hpp"
#include "replicator/sql_text.hpp"

namespace replicator {
namespace {

constexpr std::size_t batch_bytes = 1024 * 1024;  // an INSERT is sent once it is this long
constexpr std::size_t batch_rows_max = 1000;      // longer ones gain nothing
constexpr unsigned access_denied = 1227;

// As raw bytes, undone by no conversion: of each column's own character set, time zone UTC.
constexpr std::string_view reading_settings =
    "SET time_zone = '+00:00', sql_mode = '', character_set_results = NULL, "
    "net_write_timeout = 3600, transaction_isolation = 'REPEATABLE-READ', max_execution_time = 0";

// How a column's value travels from one server's result into the other's INSERT.
enum class transfer {
    number,    // digits, as they come
    quoted,    // text that holds nothing to escape
    text,      // in the column's character set
    document,  // JSON text
    bytes
};

struct copied_column {
    std::string expression;  // in the SELECT
    transfer how = transfer::bytes;
    std::uint16_t collation = 0;
};

copied_column copied(const column_layout& column) {
    const std::string name = quoted(column.name);
    const std::string& type = column.data_type;
    if (type == "enum" || type == "set" || type == "bit" || type == "year") {
        // By number: labels have character sets, bits are no text, and year '0' is not year 0.
        return {name + " + 0", transfer::number};
    }
    if (type.ends_with("int") || type == "decimal") return {name, transfer::number};
    // A FLOAT prints six digits; as a DOUBLE it prints all.  Times one keeps the sign of -0.
    if (type == "float") return {name + " * 1e0", transfer::quoted};
    if (type == "double") return {name, transfer::quoted};
    if (type == "date" || type == "time" || type == "datetime" || type == "timestamp") {
        return {name, transfer::quoted};
    }
    if (type == "json") return {name, transfer::document};
    if (column.collation_id != 0 && column.charset != "binary") {
        return {name, transfer::text, column.collation_id};
    }
    return {name, transfer::bytes};  // BINARY, BLOB, GEOMETRY with its SRID, VECTOR
}

void append(std::string& sql, const copied_column& column, const sql_row_stream::value& value) {
    if (value.is_null()) {
        sql += "NULL";
        return;
    }
    switch (column.how) {
        case transfer::number:
            sql += value.text();
            break;
        case transfer::quoted:
            sql.append("'").append(value.text()).append("'");
            break;
        case transfer::text:
            protocol::append_sql_literal(
                sql, protocol::string_value{std::string(value.text()), column.collation});
            break;
        case transfer::document:
            protocol::append_sql_literal(sql, protocol::json_value{std::string(value.text())});
            break;
        case transfer::bytes:
            protocol::append_sql_literal(sql, protocol::bytes_value{std::string(value.text())});
            break;
    }
}

failure lost(const sql_error& why) {
    if (why.number == access_denied) {
        return fail(errc::source_unfit, "the source denies what a snapshot needs (" + why.message +
                                            "): GRANT RELOAD ON *.* to its user");
    }
    return fail(errc::source_lost, "snapshot of the source: " + why.message);
}

// One multi-row INSERT that grows until it is worth sending.
class batch {
public:
    explicit batch(std::string head) : head_(std::move(head)), sql_(head_) {}

    void add(const std::vector<copied_column>& columns,
             std::span<const sql_row_stream::value> row) {
        sql_ += rows_ == 0 ? "(" : ", (";
        for (std::size_t i = 0; i < columns.size(); ++i) {
            if (i > 0) sql_ += ", ";
            append(sql_, columns[i], row[i]);
        }
        sql_ += ")";
        ++rows_;
    }
    bool full() const { return sql_.size() >= batch_bytes || rows_ >= batch_rows_max; }
    bool empty() const { return rows_ == 0; }

    result<std::uint64_t> send(sql_connection& edge, const std::string& table) {
        const auto inserted = edge.execute(sql_);
        if (!inserted) return edge_failure(inserted.error(), "copying " + table);
        if (*inserted != rows_) {
            return fail(errc::edge_differs,
                        "the edge took fewer rows of " + table + " than the source has");
        }
        sql_ = head_;
        return std::exchange(rows_, 0);
    }

private:
    std::string head_;
    std::string sql_;
    std::uint64_t rows_ = 0;
};

}  // namespace

result<source_snapshot> source_snapshot::open(const edge_spec& spec, stop_signal& stop) {
    auto locker = sql_connection::connect(spec.source, {}, &stop);
    if (!locker) return lost(locker.error());
    auto reader = sql_connection::connect(spec.source, {}, &stop);
    if (!reader) return lost(reader.error());
    if (const auto set = reader->execute(reading_settings); !set) return lost(set.error());

    for (const char* statement : {"SET lock_wait_timeout = 5", "FLUSH TABLES WITH READ LOCK"}) {
        if (const auto done = locker->execute(statement); !done) return lost(done.error());
    }
    if (const auto begun = reader->execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
        !begun) {
        return lost(begun.error());
    }
    const auto text = locker->value("SELECT @@global.gtid_executed");
    if (!text) return lost(text.error());
    if (const auto unlocked = locker->execute("UNLOCK TABLES"); !unlocked) {
        return lost(unlocked.error());
    }
    auto position = protocol::gtid_set::parse(text->value_or(""));
    if (!position) return fail(errc::stream_broken, "the source's gtid_executed is no GTID set");
    return source_snapshot(std::move(*reader), std::move(*position));
}

result<void> copy_rows(source_snapshot& from, sql_connection& edge,
                       const table_layout& source_table, const table_layout& edge_table,
                       const predicate* rows, const stop_signal& stop,
                       const std::function<void(std::uint64_t)>& progress) {
    const std::string name = quoted(source_table.schema, source_table.table);
    std::vector<copied_column> columns;
    std::vector<std::string> names;
    std::vector<std::string> expressions;
    for (const auto& column : edge_table.columns) {
        if (column.generated) continue;
        columns.push_back(copied(column));
        names.push_back(quoted(column.name));
        expressions.push_back(columns.back().expression);
    }
    auto stream = from.connection().stream("SELECT " + join(expressions, ", ") + " FROM " + name +
                                           (rows == nullptr ? "" : " WHERE " + rows->sql()));
    if (!stream) return lost(stream.error());

    batch next("INSERT INTO " + quoted(edge_table.schema, edge_table.table) + " (" +
               join(names, ", ") + ") VALUES ");
    for (;;) {
        if (stop.requested()) return fail(errc::stop_requested, "");
        const auto row = stream->next();
        if (!row) return lost(row.error());
        if (!row->empty()) next.add(columns, *row);
        if (next.full() || (row->empty() && !next.empty())) {
            const auto sent = next.send(edge, name);
            if (!sent) return sent.error();
            progress(*sent);
        }
        if (row->empty()) return {};
    }
}

}  // namespace replicator
