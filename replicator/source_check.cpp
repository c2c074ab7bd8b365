#include "replicator/source_check.hpp"

#include <charconv>
#include <map>

#include "replicator/predicate.hpp"
#include "replicator/sql_text.hpp"
#include "replicator/table_layout.hpp"

namespace replicator {
namespace {

using problems = std::vector<std::string>;

// From MySQL 9.6 on the rows that a foreign key's cascade changes are in the binlog.
constexpr std::uint32_t version_logging_cascades = 90600;
constexpr unsigned unknown_variable = 1193;
constexpr unsigned access_denied = 1227;

std::string place(const server_address& where) {
    return where.host + ":" + std::to_string(where.port);
}

failure source_lost(const edge_spec& spec, const sql_error& why) {
    return fail(errc::source_lost, "source " + place(spec.source) + ": " + why.message);
}

result<void> check_settings(sql_connection& source, const edge_spec& spec, problems& found) {
    struct setting {
        const char* name;
        const char* wanted;
        const char* advice;
    };
    constexpr setting settings[] = {
        {"log_bin", "1", "start it with --log-bin"},
        {"gtid_mode", "ON", "set gtid_mode=ON and enforce_gtid_consistency=ON"},
        {"binlog_format", "ROW", "SET PERSIST binlog_format=ROW, and let sessions reconnect"},
        {"binlog_row_metadata", "FULL", "SET PERSIST binlog_row_metadata=FULL"},
        {"binlog_row_image", "FULL",
         "SET PERSIST binlog_row_image=FULL, and let sessions reconnect"},
        {"binlog_row_value_options", "",
         "SET PERSIST binlog_row_value_options='', and let sessions reconnect"},
    };
    for (const auto& [name, wanted, advice] : settings) {
        const auto value = source.value(std::string("SELECT @@global.") + name);
        if (!value && value.error().number == unknown_variable) continue;  // so always what we want
        if (!value) return source_lost(spec, value.error());
        if (value->value_or("") == wanted) continue;
        found.push_back("source " + place(spec.source) + " has " + name + "=" +
                        value->value_or("NULL") + ", which cannot be replicated from: " + advice);
    }
    return {};
}

result<void> check_privileges(sql_connection& source, const edge_spec& spec, problems& found) {
    const std::pair<const char*, const char*> tries[] = {
        {"SHOW REPLICAS", "REPLICATION SLAVE"},
        {"SHOW BINARY LOG STATUS", "REPLICATION CLIENT"},
    };
    for (const auto& [statement, privilege] : tries) {
        const auto answer = source.execute(statement);
        if (answer || answer.error().number != access_denied) continue;  // older names: not asked
        found.push_back("user " + spec.source.user + " lacks a privilege on source " +
                        place(spec.source) + ": GRANT " + privilege + " ON *.* TO it");
    }
    return {};
}

void check_names(const table_rule& rule, const table_layout& table, problems& found) {
    const std::string name = table.schema + "." + table.table;
    for (const auto* list : {&rule.include_columns, &rule.exclude_columns}) {
        for (const auto& column : *list) {
            if (table.find(column) == nullptr) {
                found.push_back("the column filter names " + name + "." + column +
                                ", which does not exist on the source: correct its name");
            }
        }
    }
}

void check_table(const table_rule& rule, const table_layout& table, std::uint32_t version,
                 problems& found) {
    const std::string name = table.schema + "." + table.table;
    if (table.engine != "InnoDB") {
        found.push_back(name + " has engine " + table.engine +
                        ", whose changes are not transactions: ALTER TABLE " +
                        quoted(table.schema, table.table) + " ENGINE=InnoDB");
    }
    if (table.primary_key.empty()) {
        found.push_back(name + " has no primary key, so its rows cannot be told apart: add one");
    }
    if (table.cascaded_into && version < version_logging_cascades) {
        found.push_back(name +
                        " is changed by a foreign key with CASCADE or SET NULL, which a "
                        "source before MySQL 9.6 does not log: upgrade it, drop that foreign key, "
                        "or leave the table to the primary");
    }
    check_names(rule, table, found);
    const auto kept = kept_columns(rule, table);
    for (const auto& column : table.primary_key) {
        if (!contains_name(kept, column)) {
            found.push_back("the column filter of " + name + " drops " + column +
                            ", a part of the primary key: keep it");
        }
    }
    if (!rule.where) return;
    if (const auto bound = predicate::bind(*rule.where, table); !bound) {
        found.push_back(bound.error().message);
    } else if (!contains_name(kept, bound->column())) {
        found.push_back("the column filter of " + name + " drops " + bound->column() +
                        ", by which its rows are filtered: keep it");
    }
}

result<void> check_tables(sql_connection& source, const edge_spec& spec, std::uint32_t version,
                          problems& found) {
    std::map<std::pair<std::string, std::string>, int> seen;
    for (const auto& rule : spec.tables) {
        const std::string name = rule.schema + "." + rule.table;
        if (++seen[{lowercase(rule.schema), lowercase(rule.table)}] == 2) {
            found.push_back("table " + name + " is configured twice: keep one of the rules");
        }
        auto table = load_table_layout(source, rule.schema, rule.table);
        if (!table) return source_lost(spec, table.error());
        if (!*table) {
            found.push_back("table " + name + " does not exist on source " + place(spec.source) +
                            ", or user " + spec.source.user + " may not SELECT from it");
            continue;
        }
        check_table(rule, **table, version, found);
    }
    return {};
}

}  // namespace

result<server_identity> identify(sql_connection& server, errc lost) {
    const auto row = server.query("SELECT @@global.server_uuid, VERSION()");
    if (!row) return fail(lost, row.error().message);
    if (row->empty() || !row->front()[0] || !row->front()[1]) {
        return fail(lost, "the server does not tell its uuid");
    }
    server_identity who{.uuid = *row->front()[0]};
    std::string_view version = *row->front()[1];
    for (int part = 0; part < 3; ++part) {
        std::uint32_t number = 0;
        const auto [end, error] =
            std::from_chars(version.data(), version.data() + version.size(), number);
        if (error != std::errc{}) break;
        who.version = who.version * 100 + number;
        version.remove_prefix(static_cast<std::size_t>(end - version.data()));
        if (!version.empty()) version.remove_prefix(1);
    }
    return who;
}

result<std::vector<std::string>> check_source(sql_connection& source, const edge_spec& spec) {
    problems found;
    if (spec.tables.empty()) found.push_back("edge " + spec.name + " names no tables: name some");
    const auto who = identify(source, errc::source_lost);
    if (!who) return who.error();
    if (const auto done = check_settings(source, spec, found); !done) return done.error();
    if (const auto done = check_privileges(source, spec, found); !done) return done.error();
    if (const auto done = check_tables(source, spec, who->version, found); !done) {
        return done.error();
    }
    return found;
}

result<std::vector<std::string>> check_edge(sql_connection& edge, const edge_spec& spec,
                                            const server_identity& source) {
    problems found;
    const auto who = identify(edge, errc::edge_lost);
    if (!who) return who.error();
    if (who->uuid == source.uuid) {
        found.push_back("edge " + place(spec.edge) +
                        " is the source itself: give the edge a server "
                        "of its own");
    }
    const auto read_only = edge.value("SELECT @@global.read_only");
    if (!read_only) return fail(errc::edge_lost, read_only.error().message);
    if (read_only->value_or("0") != "0") {
        found.push_back("edge " + place(spec.edge) + " is read-only: SET GLOBAL read_only=OFF");
    }
    for (const auto& rule : spec.tables) {
        if (same_name(rule.schema, spec.bookkeeping_schema)) {
            found.push_back("schema " + rule.schema +
                            " is where the edge keeps its own state: "
                            "choose another bookkeeping schema");
        }
    }
    return found;
}

}  // namespace replicator
