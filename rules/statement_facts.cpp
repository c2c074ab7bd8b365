#include "rules/statement_facts.hpp"

#include <array>

namespace rules {
namespace {

struct named_effect {
    effect bit;
    std::string_view name;
};

constexpr named_effect named_effects[] = {
    {effect::takes_get_lock, "takes_get_lock"},
    {effect::releases_lock, "releases_lock"},
    {effect::creates_temporary_table, "creates_temporary_table"},
    {effect::drops_temporary_table, "drops_temporary_table"},
    {effect::drops_table, "drops_table"},
    {effect::reads_user_variable, "reads_user_variable"},
    {effect::writes_user_variable, "writes_user_variable"},
    {effect::reads_last_insert_id, "reads_last_insert_id"},
    {effect::sets_last_insert_id, "sets_last_insert_id"},
    {effect::reads_found_rows, "reads_found_rows"},
    {effect::sets_found_rows, "sets_found_rows"},
    {effect::reads_row_count, "reads_row_count"},
    {effect::reads_warnings, "reads_warnings"},
    {effect::reads_system_variable, "reads_system_variable"},
    {effect::server_specific, "server_specific"},
    {effect::calls_unknown_function, "calls_unknown_function"},
    {effect::select_into, "select_into"},
    {effect::has_star, "has_star"},
    {effect::natural_join, "natural_join"},
    {effect::implicit_commit, "implicit_commit"},
    {effect::sets_sql_log_bin, "sets_sql_log_bin"},
    {effect::uses_parameters, "uses_parameters"},
    {effect::local_infile, "local_infile"},
    {effect::locks_globally, "locks_globally"},
    {effect::changes_identity, "changes_identity"},
    {effect::version_comment, "version_comment"},
    {effect::opens_handler, "opens_handler"},
    {effect::closes_handler, "closes_handler"},
    {effect::reads_connection_id, "reads_connection_id"},
};

std::size_t bytes_of(const std::string& text) {
    return sizeof(text) + text.capacity();
}

std::size_t bytes_of(const std::vector<std::string>& texts) {
    std::size_t bytes = 0;
    for (const auto& text : texts) bytes += bytes_of(text);
    return bytes;
}

std::size_t bytes_of(const statement_facts& facts) {
    std::size_t bytes = sizeof(facts) + facts.subject.capacity();
    for (const auto& a : facts.assignments)
        bytes += sizeof(a) + a.name.capacity() + a.text.capacity() + a.collation.capacity();
    for (const auto& t : facts.tables) bytes += bytes_of(t.schema) + bytes_of(t.table);
    for (const auto& t : facts.targets) bytes += bytes_of(t.schema) + bytes_of(t.table);
    for (const auto& e : facts.equalities)
        bytes += sizeof(e) + e.column.capacity() + e.ordinals.size() * sizeof(std::uint32_t);
    return bytes + bytes_of(facts.names) + bytes_of(facts.schema_qualifiers) +
           bytes_of(facts.system_variables) + bytes_of(facts.unknown_functions);
}

}  // namespace

effect_set script_facts::effects() const {
    effect_set all;
    for (const auto& statement : statements) all |= statement.effects;
    return all;
}

std::size_t script_facts::footprint() const {
    std::size_t bytes = sizeof(*this);
    for (const auto& statement : statements) bytes += bytes_of(statement);
    return bytes;
}

std::string_view to_string(statement_class cls) {
    using enum statement_class;
    switch (cls) {
        case empty:
            return "empty";
        case read:
            return "read";
        case locking_read:
            return "locking_read";
        case write:
            return "write";
        case begin:
            return "begin";
        case commit:
            return "commit";
        case rollback:
            return "rollback";
        case savepoint:
            return "savepoint";
        case rollback_to_savepoint:
            return "rollback_to_savepoint";
        case release_savepoint:
            return "release_savepoint";
        case set_session:
            return "set_session";
        case set_transaction:
            return "set_transaction";
        case set_global:
            return "set_global";
        case use_schema:
            return "use_schema";
        case ddl:
            return "ddl";
        case show:
            return "show";
        case explain:
            return "explain";
        case describe:
            return "describe";
        case prepare_text:
            return "prepare_text";
        case execute_text:
            return "execute_text";
        case deallocate_text:
            return "deallocate_text";
        case call:
            return "call";
        case lock_tables:
            return "lock_tables";
        case unlock_tables:
            return "unlock_tables";
        case flush:
            return "flush";
        case handler:
            return "handler";
        case xa:
            return "xa";
        case kill:
            return "kill";
        case do_statement:
            return "do_statement";
        case get_diagnostics:
            return "get_diagnostics";
        case admin:
            return "admin";
        case unknown:
            return "unknown";
    }
    return "unknown";
}

std::string to_string(effect_set effects) {
    std::string out;
    for (const auto& [bit, name] : named_effects) {
        if (!effects.has(bit)) continue;
        if (!out.empty()) out += ' ';
        out += name;
    }
    return out;
}

}  // namespace rules
