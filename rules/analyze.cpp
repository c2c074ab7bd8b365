#include "rules/analyze.hpp"

#include "rules/analyze_statement.hpp"
#include "rules/classify.hpp"
#include "rules/effects.hpp"
#include "rules/equalities.hpp"
#include "rules/session_only.hpp"
#include "rules/set_statement.hpp"
#include "rules/tables.hpp"
#include "rules/targets.hpp"

namespace rules {

statement_facts analyze_statement(const script_statement& statement) {
    statement_facts facts;
    const symbol_span symbols = statement.symbols;
    if (!symbols.empty() && symbols.front().is("SET")) {
        const std::vector<symbol> values = read_set_statement(symbols, facts);
        scan_effects(values, std::vector<bool>(values.size()), facts);
        facts.session_only = !statement.version_comment && is_session_only_set(values, facts);
    } else {
        classify(symbols, facts);
        table_references references = tables_of(symbols);
        facts.tables = std::move(references.tables);
        scan_effects(symbols, references.is_table, facts);
        if (facts.effects.has(effect::creates_temporary_table | effect::drops_table |
                              effect::drops_temporary_table))
            facts.targets = targets_of(symbols);
    }
    if (facts.cls == statement_class::read || facts.cls == statement_class::locking_read)
        facts.equalities = equalities_of(symbols);
    if (facts.cls == statement_class::read)
        facts.session_only = !statement.version_comment && is_session_only_read(symbols);
    if (statement.version_comment) facts.effects |= effect::version_comment;
    return facts;
}

script_facts analyze(std::string_view text, const lex_options& options) {
    const script parts = split(symbols_of(text, options));
    script_facts out;
    out.statements.reserve(parts.statements.size());
    for (const auto& statement : parts.statements)
        out.statements.push_back(analyze_statement(statement));
    if (!parts.complete) out.statements.back().incomplete = true;
    for (auto& statement : out.statements)
        if (statement.incomplete) statement.cls = statement_class::unknown;
    return out;
}

}  // namespace rules
