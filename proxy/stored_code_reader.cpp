#include "proxy/stored_code_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/algorithm/string/predicate.hpp>
#include <charconv>
#include <iterator>
#include <utility>

#include "proxy/server_facts.hpp"

namespace proxy {
namespace {

using kind = rules::stored_object::kind;

/// Where a type of object is found, and which of its columns say what.
struct source {
    std::string_view type;  // as the list tells it
    std::string_view view;  // of information_schema
    std::string_view schema;
    std::string_view name;
    std::string_view table;  // the trigger's
    std::string_view body;
    std::string_view sql_mode;
    std::string_view hidden;
    std::string_view changed;
    std::string_view only;  // of the view's rows
};

constexpr std::array sources{
    source{"PROCEDURE", "ROUTINES", "ROUTINE_SCHEMA", "ROUTINE_NAME", "''", "ROUTINE_DEFINITION",
           "SQL_MODE", "ROUTINE_DEFINITION IS NULL OR ROUTINE_BODY <> 'SQL'", "LAST_ALTERED",
           "ROUTINE_TYPE = 'PROCEDURE'"},
    source{"FUNCTION", "ROUTINES", "ROUTINE_SCHEMA", "ROUTINE_NAME", "''", "ROUTINE_DEFINITION",
           "SQL_MODE", "ROUTINE_DEFINITION IS NULL OR ROUTINE_BODY <> 'SQL'", "LAST_ALTERED",
           "ROUTINE_TYPE = 'FUNCTION'"},
    source{"TRIGGER", "TRIGGERS", "TRIGGER_SCHEMA", "TRIGGER_NAME", "EVENT_OBJECT_TABLE",
           "ACTION_STATEMENT", "SQL_MODE", "ACTION_STATEMENT IS NULL", "CREATED", "TRUE"},
    source{"VIEW", "VIEWS", "TABLE_SCHEMA", "TABLE_NAME", "''", "VIEW_DEFINITION", "''",
           "VIEW_DEFINITION IS NULL OR VIEW_DEFINITION = ''", "''", "TRUE"},
};

constexpr std::size_t page_rows = 1'000;                     // of the list
constexpr std::size_t batch_bytes = std::size_t{512} << 10;  // of bodies
constexpr std::size_t batch_objects = 200;
static_assert(batch_bytes + stored_code_reader::body_bytes_max <
              pool::backend_connection::small_answer_bytes_max);

std::string version_of(const source& from) {
    return fmt::format("CONCAT_WS('/', CRC32({0}), OCTET_LENGTH({0}), {1}, {2})", from.body,
                       from.hidden, from.changed);
}

/// One row with two values for each source: how many objects there are, and what is another number
/// if one of them has changed.
std::string fingerprint_query() {
    std::string query = "SELECT ";
    for (const source& from : sources) {
        if (&from != &sources.front()) query += ", ";
        query += fmt::format(
            "(SELECT COUNT(*) FROM information_schema.{0} WHERE {1}), "
            "(SELECT SUM(CRC32(CONCAT_WS('/', {2}, {3}, {4}, {5}, {6}))) FROM "
            "information_schema.{0} WHERE {1})",
            from.view, from.only, from.schema, from.name, from.table, from.sql_mode,
            version_of(from));
    }
    return query + " LIMIT 1";
}

std::string list_query(const source& from, std::size_t offset) {
    return fmt::format(
        "SELECT '{}', {}, {}, {}, FIND_IN_SET('ANSI_QUOTES', {}) > 0, "
        "FIND_IN_SET('NO_BACKSLASH_ESCAPES', {}) > 0, FIND_IN_SET('IGNORE_SPACE', {}) > 0, {}, "
        "OCTET_LENGTH({}), {} FROM information_schema.{} WHERE {} LIMIT {}, {}",
        from.type, from.schema, from.name, from.table, from.sql_mode, from.sql_mode, from.sql_mode,
        from.hidden, from.body, version_of(from), from.view, from.only, offset, page_rows);
}

std::string literal(std::string_view text) {
    std::string out = "_utf8mb4 0x";
    for (const char c : text) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
    return text.empty() ? "''" : out;
}

kind kind_of(std::string_view type) {
    if (type == "PROCEDURE") return kind::procedure;
    if (type == "FUNCTION") return kind::function;
    return type == "TRIGGER" ? kind::trigger : kind::view;
}

bool is_systems(std::string_view schema) {
    return schema == "sys" || schema == "mysql" || schema == "information_schema" ||
           schema == "performance_schema";
}

}  // namespace

bool hides_triggers(const std::vector<std::string>& grants) {
    bool hidden = false;
    for (const std::string& grant : grants) {
        const std::size_t on = grant.find(" ON ");
        if (on == std::string::npos) return false;  // a role
        const std::string_view what = std::string_view(grant).substr(0, on);
        const bool shown = what.find("TRIGGER") != std::string_view::npos ||
                           what.find("ALL PRIVILEGES") != std::string_view::npos;
        if (shown && grant.compare(on, 8, " ON *.* ") == 0) return false;
        const bool writes = what.find("INSERT") != std::string_view::npos ||
                            what.find("UPDATE") != std::string_view::npos ||
                            what.find("DELETE") != std::string_view::npos;
        hidden = hidden || (writes && !shown);
    }
    return hidden;
}

void stored_code_reader::forget() {
    fingerprints_.clear();
    grants_known_ = false;
}

pool::task<stored_code_reader::answer> stored_code_reader::ask(pool::backend_connection& connection,
                                                               std::string_view query) {
    auto told = co_await connection.ask(protocol::command::query, query);
    if (told && told->refusal) refusal_ = told->refusal->message;
    co_return told;
}

pool::task<pool::result<std::shared_ptr<const stored_code_report>>> stored_code_reader::read(
    pool::backend_connection& connection) {
    refusal_.clear();
    const auto before = co_await ask(connection, fingerprint_query());
    if (!before) co_return before.error();
    if (!grants_known_) {
        const auto learned = co_await learn_grants(connection);
        if (!learned) co_return learned.error();
    }
    if (before->rows.size() != 1 || before->rows[0].size() != 2 * sources.size())
        co_return report(known_);
    bool changed = false;
    for (std::size_t i = 0; i < sources.size(); ++i) {
        const std::string type(sources[i].type);
        auto& [count, sum] = fingerprints_[type];
        const auto& counted = before->rows[0][2 * i];
        const auto& summed = before->rows[0][2 * i + 1];
        if (count == counted && sum == summed) continue;
        changed = true;
        inventory found;
        const auto listed = co_await list(connection, type, found);
        if (!listed) co_return listed.error();
        choose_bodies(found);
        const auto fetched = co_await fetch_bodies(connection, type, found);
        if (!fetched) co_return fetched.error();
        // What has changed meanwhile is read the next time.
        const bool whole = refusal_.empty() &&
                           (std::to_string(found.size()) == counted || found.size() >= objects_max);
        count = whole ? counted : std::nullopt;
        sum = summed;
        replace(type, std::move(found));
    }
    if (!changed) co_return nullptr;
    co_return report(known_);
}

/// All that is known of a type.
void stored_code_reader::replace(const std::string& type, inventory found) {
    std::erase_if(known_, [&](const auto& entry) { return std::get<0>(entry.first) == type; });
    known_.merge(found);
}

pool::task<pool::result<void>> stored_code_reader::learn_grants(
    pool::backend_connection& connection) {
    const auto told = co_await connection.ask(protocol::command::query, "SHOW GRANTS");
    if (!told) co_return told.error();
    std::vector<std::string> grants;
    for (const auto& row : told->rows)
        if (row.size() == 1) grants.push_back(row[0].value_or(""));
    triggers_hidden_ = hides_triggers(grants);
    grants_known_ = true;
    co_return pool::result<void>();
}

pool::task<pool::result<void>> stored_code_reader::list(pool::backend_connection& connection,
                                                        std::string_view type, inventory& found) {
    const source& from = *std::ranges::find(sources, type, &source::type);
    std::size_t offset = 0;
    for (bool more = true; more && found.size() < objects_max; offset += page_rows) {
        const auto page = co_await ask(connection, list_query(from, offset));
        if (!page) co_return page.error();
        for (const auto& row : page->rows) note(row, found, connection);
        more = page->rows.size() == page_rows;
    }
    co_return pool::result<void>();
}

void stored_code_reader::note(const std::vector<std::optional<std::string>>& row, inventory& found,
                              const pool::backend_connection& connection) const {
    if (row.size() != 10 || !row[1] || !row[2]) return;
    object one;
    one.table = row[3].value_or("");
    one.lexing.ansi_quotes = row[4] == "1";
    one.lexing.no_backslash_escapes = row[5] == "1";
    one.lexing.ignore_space = row[6] == "1";
    one.lexing.server_version = version_number(connection.server_version());
    one.lexing.mariadb = connection.is_mariadb();
    one.hidden = row[7] == "1";
    if (row[8]) std::from_chars(row[8]->data(), row[8]->data() + row[8]->size(), one.bytes);
    one.version = row[9].value_or("");
    key which{*row[0], *row[1], *row[2]};
    const auto before = known_.find(which);
    const bool same = before != known_.end() && before->second.version == one.version &&
                      before->second.table == one.table && before->second.lexing == one.lexing &&
                      !before->second.unread;
    if (same) one.summary = before->second.summary;
    found.insert_or_assign(std::move(which), std::move(one));
}

/// What is not fetched may do anything.
void stored_code_reader::choose_bodies(inventory& found) {
    std::size_t bodies = 0;
    std::size_t bytes = 0;
    for (auto& [which, one] : found) {
        const bool fits =
            one.bytes <= body_bytes_max && bodies < bodies_max && bytes + one.bytes <= bytes_max;
        if (!one.hidden && fits) {
            ++bodies;
            bytes += one.bytes;
            one.wanted = !one.summary;
            continue;
        }
        one.unread = !one.hidden;
        one.summary = summarize(which, one, {}, true);
    }
}

pool::task<pool::result<void>> stored_code_reader::fetch_bodies(
    pool::backend_connection& connection, std::string_view type, inventory& found) {
    const source& from = *std::ranges::find(sources, type, &source::type);
    auto at = found.lower_bound({std::string(type), {}, {}});
    const auto is_of_type = [&] { return at != found.end() && std::get<0>(at->first) == type; };
    while (is_of_type()) {
        std::string names;
        std::size_t bytes = 0;
        for (std::size_t count = 0; is_of_type() && count < batch_objects; ++at) {
            if (!at->second.wanted) continue;
            if (count > 0 && bytes + at->second.bytes > batch_bytes) break;
            bytes += at->second.bytes;
            names += fmt::format("{}({}, {})", ++count > 1 ? ", " : "",
                                 literal(std::get<1>(at->first)), literal(std::get<2>(at->first)));
        }
        if (names.empty()) break;
        // One that has grown meanwhile must not be longer than an answer may be.
        const auto told = co_await ask(
            connection,
            fmt::format("SELECT {0}, {1}, IF(OCTET_LENGTH({2}) > {3}, NULL, {2}) FROM "
                        "information_schema.{4} WHERE ({0}, {1}) IN ({5}) AND {6} LIMIT {7}",
                        from.schema, from.name, from.body, body_bytes_max, from.view, names,
                        from.only, batch_objects));
        if (!told) co_return told.error();
        for (const auto& row : told->rows) {
            if (row.size() != 3 || !row[0] || !row[1]) continue;
            const auto one = found.find({std::string(type), *row[0], *row[1]});
            if (one == found.end()) continue;
            one->second.summary = summarize(one->first, one->second, row[2].value_or(""), !row[2]);
        }
    }
    co_return pool::result<void>();
}

std::shared_ptr<const rules::stored_summary> stored_code_reader::summarize(const key& which,
                                                                           const object& what,
                                                                           std::string body,
                                                                           bool hidden) {
    const auto& [type, schema, name] = which;
    const rules::stored_object object{
        kind_of(type),   schema,      type == "TRIGGER" ? what.table : name,
        std::move(body), what.lexing, hidden};
    return std::make_shared<const rules::stored_summary>(rules::summary_of(object));
}

std::shared_ptr<const stored_code_report> stored_code_reader::report(const inventory& found) const {
    auto out = std::make_shared<stored_code_report>();
    std::vector<std::shared_ptr<const rules::stored_summary>> summaries;
    for (const auto& [which, one] : found) {
        // One that has none was dropped before its body could be read.
        if (one.summary) summaries.push_back(one.summary);
        if (one.hidden && !is_systems(std::get<1>(which))) ++out->hidden;
        if (one.unread) ++out->unread;
    }
    out->objects = found.size();
    out->code = std::make_shared<const rules::stored_code>(summaries);
    out->triggers_hidden = triggers_hidden_;
    out->refusal = refusal_;
    return out;
}

}  // namespace proxy
