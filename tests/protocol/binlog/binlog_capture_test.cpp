// A binlog that a real server wrote, replayed here, gives the tables the server had.

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <string_view>

#include "binlog_file.hpp"
#include "protocol/binlog_rows_event.hpp"
#include "replayed_tables.hpp"
#include "tests/support/mysql_server.hpp"

using namespace binlog_test;
using namespace protocol;

namespace {

const std::filesystem::path data_folder = BINLOG_TEST_DATA;

using values = std::vector<std::string>;

/// Rows by table, as in capture.expected.
using contents = std::map<std::string, std::multiset<values>>;

constexpr char gtids_line[] = "gtid_executed";

values split(std::string_view line) {
    values parts;
    for (;;) {
        const std::size_t tab = line.find('\t');
        parts.emplace_back(line.substr(0, tab));
        if (tab == line.npos) return parts;
        line.remove_prefix(tab + 1);
    }
}

contents expected_contents() {
    contents expected;
    std::ifstream in(data_folder / "capture.expected");
    REQUIRE(in);
    for (std::string line; std::getline(in, line);) {
        values parts = split(line);
        const std::string table = parts.at(0);
        parts.erase(parts.begin());
        expected[table].insert(parts);
    }
    return expected;
}

/// Doubles as both sides print them: the server with fewer digits.
std::string canonical(const table_column& column, const std::string& text) {
    const bool real = column.type == column_type::float_ || column.type == column_type::double_;
    if (!real || text == "\\N") return text;
    return printed(double_value{std::strtod(text.c_str(), nullptr)});
}

/// A MINIMAL image of an INSERT leaves out the columns that got no value: they have their default,
/// which the binlog does not tell.
std::string stored(const table_column& column, const column_value& value) {
    if (!is_absent(value)) return printed(value);
    return column.name == "hidden" ? "5" : "\\N";
}

replayed_tables replay(const bytes& file) {
    replayed_tables replica;
    for_each_event(file, [&](const binlog_event_view& event) { replica.apply(event); });
    return replica;
}

const bytes& capture() {
    static const bytes file = read_file(data_folder / "capture.binlog");
    return file;
}

void write_table(std::ostream& out, support::mysql_server& server, const std::string& table) {
    std::string select = "SELECT ''";
    for (const auto& column : server.query(
             "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = "
             "'capture' AND table_name = '" +
             table + "' ORDER BY ordinal_position"))
        select += ", " + printing_expression(*column[0], *column[1]);
    for (const auto& row : server.query(select + " FROM capture." + table)) {
        out << "capture." << table;
        for (std::size_t i = 1; i < row.size(); ++i) out << '\t' << row[i].value_or("\\N");
        out << '\n';
    }
}

}  // namespace

TEST_CASE("Records a binlog and what it made", "[.][record]") {
    support::mysql_server server;
    server.query("RESET BINARY LOGS AND GTIDS");
    server.execute(data_folder / "capture.sql");
    const std::string name = *server.query("SHOW BINARY LOGS").at(0).at(0);
    const std::string gtids = server.gtid_executed();
    std::ofstream expected(data_folder / "capture.expected");
    expected << gtids_line << '\t' << gtids << '\n';
    for (const auto& table : server.query(
             "SELECT table_name FROM information_schema.tables WHERE table_schema = 'capture'"))
        write_table(expected, server, *table[0]);
    server.query("FLUSH BINARY LOGS");
    std::filesystem::copy_file(server.data_folder() / name, data_folder / "capture.binlog",
                               std::filesystem::copy_options::overwrite_existing);
}

TEST_CASE("A recorded binlog replays to the tables the server had", "[binlog]") {
    const replayed_tables replica = replay(capture());
    contents expected = expected_contents();
    CHECK(replica.executed().to_string() == expected.at(gtids_line).begin()->at(0));
    expected.erase(gtids_line);

    contents replayed;
    for (const auto& [name, table] : replica.tables()) {
        for (const auto& [key, row] : table.contents) {
            values texts;
            for (std::size_t i = 0; i < row.size(); ++i)
                texts.push_back(stored(table.definition.columns[i], row[i]));
            replayed[name].insert(texts);
        }
    }
    for (const auto& [name, rows] : expected) {
        CAPTURE(name);
        REQUIRE(replica.tables().contains(name));
        const auto& columns = replica.tables().at(name).definition.columns;
        std::multiset<values> canonical_rows;
        for (values row : rows) {
            REQUIRE(row.size() == columns.size());
            for (std::size_t i = 0; i < row.size(); ++i) row[i] = canonical(columns[i], row[i]);
            canonical_rows.insert(row);
        }
        CHECK(replayed[name] == canonical_rows);
    }
    CHECK(replayed.size() == expected.size());
}
