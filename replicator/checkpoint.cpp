#include "replicator/checkpoint.hpp"

#include <charconv>

#include "replicator/edge_error.hpp"
#include "replicator/sql_text.hpp"

namespace replicator {
namespace {

constexpr std::size_t slot_bytes_max = 1024;  // of a slot's GTID set, before it is folded

const std::string name_column = "VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL";

void append_list(std::string& text, const char* what, const std::vector<std::string>& names) {
    text += what;
    for (const auto& name : names) text += quoted(name);
}

}  // namespace

std::string describe_rules(const edge_spec& spec) {
    std::string text;
    for (const auto& rule : spec.tables) {
        text += quoted(rule.schema, rule.table);
        append_list(text, " include ", rule.include_columns);
        append_list(text, " exclude ", rule.exclude_columns);
        if (rule.where)
            append_list(text, (" where " + quoted(rule.where->column) + " in ").c_str(),
                        rule.where->values);
        text += "\n";
    }
    return text;
}

checkpoint::checkpoint(const edge_spec& spec)
    : stream_table_(quoted(spec.bookkeeping_schema, "stream")),
      slot_table_(quoted(spec.bookkeeping_schema, "slot")),
      tables_table_(quoted(spec.bookkeeping_schema, "edge_table")),
      stream_(literal(spec.name)) {}

result<void> checkpoint::run(sql_connection& edge, const std::string& statement,
                             bool one_row) const {
    const auto matched = edge.execute(statement);
    if (!matched) return edge_failure(matched.error(), "the edge's bookkeeping");
    if (one_row && *matched != 1) {
        return fail(errc::superseded, "another process has taken this edge over");
    }
    return {};
}

result<checkpoint> checkpoint::take_over(sql_connection& edge, const edge_spec& spec) {
    checkpoint point(spec);
    const std::string statements[] = {
        "CREATE DATABASE IF NOT EXISTS " + quoted(spec.bookkeeping_schema),
        "CREATE TABLE IF NOT EXISTS " + point.stream_table_ + " (stream " + name_column +
            " PRIMARY KEY, epoch BIGINT UNSIGNED NOT NULL, state ENUM('copying', 'following') NOT "
            "NULL, rules LONGTEXT NOT NULL, low_water LONGTEXT NOT NULL) ENGINE=InnoDB "
            "DEFAULT CHARSET=utf8mb4",
        "CREATE TABLE IF NOT EXISTS " + point.slot_table_ + " (stream " + name_column +
            ", worker INT UNSIGNED NOT NULL, epoch BIGINT UNSIGNED NOT NULL, done LONGTEXT NOT "
            "NULL, PRIMARY KEY (stream, worker)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4",
        "CREATE TABLE IF NOT EXISTS " + point.tables_table_ + " (stream " + name_column +
            ", table_schema VARCHAR(64) NOT NULL, table_name VARCHAR(64) NOT NULL, PRIMARY KEY "
            "(stream, table_schema, table_name)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 "
            "COLLATE=utf8mb4_bin",
        "INSERT INTO " + point.stream_table_ + " VALUES (" + point.stream_ +
            ", 1, 'copying', '', '') ON DUPLICATE KEY UPDATE epoch = epoch + 1",
        "INSERT INTO " + point.slot_table_ + " SELECT stream, 0, epoch, '' FROM " +
            point.stream_table_ + " AS s WHERE stream = " + point.stream_ +
            " ON DUPLICATE KEY UPDATE epoch = s.epoch"};
    for (const auto& statement : statements) {
        if (const auto done = point.run(edge, statement, false); !done) return done.error();
    }
    const auto rows =
        edge.query("SELECT s.epoch, s.state, s.rules, s.low_water, w.done FROM " +
                   point.stream_table_ + " AS s JOIN " + point.slot_table_ +
                   " AS w USING (stream) WHERE s.stream = " + point.stream_ + " AND w.worker = 0");
    if (!rows) return edge_failure(rows.error(), "the edge's bookkeeping");
    if (rows->size() != 1) return fail(errc::superseded, "the edge's checkpoint has gone");
    const sql_row& row = rows->front();
    std::from_chars(row[0]->data(), row[0]->data() + row[0]->size(), point.epoch_);
    point.state_ = *row[1] == "following" ? copy_state::following : copy_state::copying;
    point.rules_ = *row[2];
    auto low_water = protocol::gtid_set::parse(*row[3]);
    auto done = protocol::gtid_set::parse(*row[4]);
    if (!low_water || !done) {
        return fail(errc::edge_refused, "the edge's checkpoint in " + point.stream_table_ +
                                            " is no GTID set: delete its row to copy anew");
    }
    point.done_ = std::move(*done);
    point.applied_ = std::move(*low_water) + point.done_;
    return point;
}

std::string checkpoint::matches_epoch() const {
    return " WHERE stream = " + stream_ + " AND epoch = " + std::to_string(epoch_);
}

bool checkpoint::must_fold(const protocol::gtid_set& done) const {
    return done.to_string().size() > slot_bytes_max;
}

std::vector<std::string> checkpoint::advance_sql(const protocol::gtid_set& more) const {
    const protocol::gtid_set done = done_ + more;
    std::vector<std::string> statements;
    const bool fold = must_fold(done);
    if (fold) {
        statements.push_back("UPDATE " + stream_table_ + " SET low_water = '" +
                             (applied_ + more).to_string() + "'" + matches_epoch());
    }
    statements.push_back("UPDATE " + slot_table_ + " SET done = '" +
                         (fold ? "" : done.to_string()) + "'" + matches_epoch() +
                         " AND worker = 0");
    return statements;
}

void checkpoint::advanced(const protocol::gtid_set& more) {
    applied_ += more;
    done_ += more;
    if (must_fold(done_)) done_ = {};
}

result<void> checkpoint::begin_copy(sql_connection& edge, const std::string& rules) {
    state_ = copy_state::copying;
    rules_ = rules;
    applied_ = {};
    done_ = {};
    return run(edge,
               "UPDATE " + stream_table_ + " SET state = 'copying', low_water = '', rules = " +
                   literal(rules) + matches_epoch(),
               true);
}

result<void> checkpoint::finish_copy(sql_connection& edge, const protocol::gtid_set& position) {
    // In this order, each step committed by itself: the slot counts only once the state says so.
    const std::string slot =
        "UPDATE " + slot_table_ + " SET done = ''" + matches_epoch() + " AND worker = 0";
    const std::string stream = "UPDATE " + stream_table_ +
                               " SET state = 'following', low_water = '" + position.to_string() +
                               "'" + matches_epoch();
    if (const auto done = run(edge, slot, true); !done) return done.error();
    if (const auto done = run(edge, stream, true); !done) return done.error();
    state_ = copy_state::following;
    applied_ = position;
    done_ = {};
    return {};
}

result<std::vector<std::pair<std::string, std::string>>> checkpoint::tables(
    sql_connection& edge) const {
    const auto rows = edge.query("SELECT table_schema, table_name FROM " + tables_table_ +
                                 " WHERE stream = " + stream_);
    if (!rows) return edge_failure(rows.error(), "the edge's bookkeeping");
    std::vector<std::pair<std::string, std::string>> names;
    for (const auto& row : *rows) names.emplace_back(*row[0], *row[1]);
    return names;
}

result<void> checkpoint::add_table(sql_connection& edge, const std::string& schema,
                                   const std::string& table) {
    return run(edge,
               "INSERT IGNORE INTO " + tables_table_ + " VALUES (" + stream_ + ", " +
                   literal(schema) + ", " + literal(table) + ")",
               false);
}

result<void> checkpoint::forget_table(sql_connection& edge, const std::string& schema,
                                      const std::string& table) {
    return run(edge,
               "DELETE FROM " + tables_table_ + " WHERE stream = " + stream_ +
                   " AND table_schema = " + literal(schema) + " AND table_name = " + literal(table),
               false);
}

}  // namespace replicator
