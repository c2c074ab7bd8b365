#include "replicator/statement_effect.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "replicator/sql_text.hpp"

namespace replicator {
namespace {

// A name behind so many others is in a comment or a view's text, or the statement is a monster:
// then the answer is the strong one.
constexpr std::size_t words_max = 100'000;

// Statements that change neither tables nor names, whatever they mention.
constexpr std::array<std::string_view, 6> harmless{"analyze",  "flush",  "grant",
                                                   "optimize", "revoke", "savepoint"};

// What CREATE, ALTER and DROP can be about.  The first of these words decides, since only clauses
// like DEFINER or ALGORITHM stand before it.
constexpr std::array<std::string_view, 16> objects{
    "database", "event",  "function", "index", "instance", "logfile", "procedure", "role",
    "schema",   "server", "spatial",  "table", "tables",   "trigger", "user",      "view"};

constexpr std::array<std::string_view, 8> stored_objects{"event",  "function", "procedure", "role",
                                                         "server", "trigger",  "user",      "view"};

bool is_one_of(std::string_view word, std::span<const std::string_view> words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

bool names_schema(std::span<const sql_word> words, std::string_view schema) {
    return std::any_of(words.begin(), words.end(),
                       [&](const sql_word& word) { return same_name(word.text, schema); });
}

// The schema of an unqualified name is the default one.
bool names_table(std::span<const sql_word> words, std::string_view schema,
                 const edge_table& table) {
    return names_schema(words, table.table) &&
           (same_name(schema, table.schema) || names_schema(words, table.schema));
}

std::string_view object_of(std::span<const sql_word> words) {
    for (const auto& word : words) {
        if (!word.quoted && is_one_of(word.text, objects)) return word.text;
    }
    return {};
}

}  // namespace

statement_effect effect_of(std::string_view statement, std::string_view schema,
                           const edge_tables& kept) {
    const auto words = words_of(statement, words_max);
    if (words.empty()) return statement_effect::none;
    if (words.size() == words_max) return statement_effect::tables;
    const std::string_view verb = words.front().text;
    if (is_one_of(verb, harmless)) return statement_effect::none;
    const bool about_object = verb == "create" || verb == "alter" || verb == "drop";
    if (about_object && words.size() > 1 && words[1].text == "temporary") {
        return statement_effect::none;
    }
    const std::string_view object = about_object ? object_of(words) : std::string_view{};
    if (is_one_of(object, stored_objects)) return statement_effect::names;
    const bool about_schema = object == "database" || object == "schema";
    const auto affected = [&](const edge_table& table) {
        if (!about_schema) return names_table(words, schema, table);
        // Character set and encryption of a schema are defaults for tables to come.
        return verb == "drop" && names_schema(words, table.schema);
    };
    return std::any_of(kept.begin(), kept.end(), affected) ? statement_effect::tables
                                                           : statement_effect::names;
}

}  // namespace replicator
