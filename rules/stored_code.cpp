#include "rules/stored_code.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "rules/ascii.hpp"
#include "rules/stored_body.hpp"

namespace rules {
namespace {

// What outlasts the code, or depends on what was before it, and what no tracker tells: SET @x and
// CREATE TEMPORARY TABLE are told, SELECT … INTO @x is not (tried on 9.7).
constexpr std::array worth_knowing{
    effect::takes_get_lock,       effect::releases_lock,       effect::creates_temporary_table,
    effect::writes_user_variable, effect::locks_globally,      effect::changes_identity,
    effect::reads_last_insert_id, effect::sets_last_insert_id, effect::reads_found_rows,
    effect::sets_found_rows,      effect::reads_row_count,
};
constexpr effect_set counts = effect::reads_found_rows | effect::reads_row_count;

constexpr std::array<std::string_view, 4> system_schemas{"information_schema", "mysql",
                                                         "performance_schema", "sys"};

effect_set known_part(effect_set effects, effect_set without = {}) {
    effect_set out;
    for (const effect e : worth_knowing)
        if (effects.has(e) && !without.has(e)) out |= e;
    return out;
}

effect_set everything() {
    effect_set out;
    for (const effect e : worth_knowing) out |= e;
    return out;
}

bool is_ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// Whether two names, one of which is not ASCII, may be one: routines' are compared without regard
/// to case and accents (tried on 9.7), and in which character set the bytes are is not known.  What
/// is left is what no letter is like.
bool may_be_same(std::string_view a, std::string_view b) {
    const auto firm = [](char c) { return is_digit(c) || c == '_' || c == '$'; };
    std::string of_a, of_b;
    std::ranges::copy_if(a, std::back_inserter(of_a), firm);
    std::ranges::copy_if(b, std::back_inserter(of_b), firm);
    return of_a == of_b;
}

bool is_query_or_change(const statement_facts& s) {
    switch (s.cls) {
        case statement_class::read:
        case statement_class::locking_read:
        case statement_class::write:
        case statement_class::call:
        case statement_class::do_statement:
        case statement_class::explain:
        case statement_class::set_session:
        case statement_class::set_transaction:
        case statement_class::set_global:
        case statement_class::unknown:
            return true;
        default:
            return false;
    }
}

bool writes_tables(const statement_facts& s) {
    return s.cls == statement_class::write ||
           (s.cls == statement_class::explain && s.explained == statement_class::write);
}

std::string without_qualifier(const std::string& function) {
    return function.substr(function.rfind('.') + 1);
}

std::string system_schema(const std::string& schema) {
    std::string name = lower(schema);
    return std::ranges::find(system_schemas, name) != system_schemas.end() ? name : std::string();
}

/// What it takes back when it ends.
effect_set taken_back(stored_use::way how) {
    using enum stored_use::way;
    const bool keeps = how == call_function || how == write_table;
    return keeps ? effect_set(effect::sets_last_insert_id) : effect_set();
}

/// Calls take(use) for all that the statement may make run by what it names.
template <class Take>
void each_use(const statement_facts& statement, Take take) {
    using enum stored_use::way;
    std::vector<std::string> schemas{{}};
    for (const std::string_view schema : system_schemas)
        if (std::ranges::binary_search(statement.names, schema)) schemas.emplace_back(schema);
    const auto in_any_schema = [&](stored_use::way how, const std::string& name) {
        for (const std::string& schema : schemas) take(stored_use{how, schema, name});
    };
    for (const std::string& function : statement.unknown_functions)
        take(stored_use{call_function, {}, without_qualifier(function)});
    if (!is_query_or_change(statement)) {
        // CREATE TABLE … SELECT; of others the names are what they are about.
        if (statement.cls == statement_class::ddl)
            for (const table_name& table : statement.tables) in_any_schema(read_view, table.table);
        return;
    }
    for (const std::string& name : statement.names) {
        in_any_schema(read_view, name);
        if (statement.cls == statement_class::call) take(stored_use{call_procedure, {}, name});
        if (writes_tables(statement)) in_any_schema(write_table, name);
    }
}

/// What one statement within the code does.  `unanswered` are the counts that are about what was
/// before the code, still.
effect_set own_effects(const statement_facts& statement, effect_set& unanswered) {
    using enum statement_class;
    if (statement.cls == prepare_text || statement.cls == execute_text) return everything();
    effect_set effects = statement.effects;
    if (statement.cls == write) effects |= effect::sets_last_insert_id;
    if (statement.cls == lock_tables) effects |= effect::locks_globally;  // the instance
    effect_set answered;
    for (const effect e : {effect::reads_found_rows, effect::reads_row_count})
        if (!unanswered.has(e)) answered |= e;
    if (statement.cls == write) unanswered = known_part(unanswered, effect::reads_row_count);
    if (statement.cls == read || statement.cls == locking_read || statement.cls == call)
        unanswered = {};
    return known_part(effects, answered);
}

effect_set effects_of_hidden(stored_object::kind what) {
    if (what != stored_object::kind::view) return everything();
    return counts | effect::reads_last_insert_id | effect::calls_unknown_function;
}

}  // namespace

stored_summary summary_of(const stored_object& object) {
    stored_summary out{object.what, object.schema, object.name, {}, false, {}};
    const auto statements =
        object.hidden ? std::nullopt : statements_of_body(object.body, object.lexing);
    if (!statements) {
        out.hidden = true;
        out.effects = effects_of_hidden(object.what);
        return out;
    }
    const bool is_view = object.what == stored_object::kind::view;
    effect_set unanswered = counts;
    const auto add = [&](stored_use use) { out.uses.push_back(std::move(use)); };
    for (const statement_facts& statement : *statements) {
        each_use(statement, add);
        if (is_view) {
            out.effects |= known_part(statement.effects);
            // A function may write, too: whoever reads the view must know.
            if (statement.effects.has(effect::calls_unknown_function))
                out.effects |= effect::calls_unknown_function;
            statement_facts write = statement;
            write.cls = statement_class::write;
            each_use(write, add);
        } else {
            out.effects |= own_effects(statement, unanswered);
        }
    }
    std::ranges::sort(out.uses);
    const auto repeated = std::ranges::unique(out.uses);
    out.uses.erase(repeated.begin(), repeated.end());
    return out;
}

/// Calls take(entry) for each entry of `among` that may be what is named.
template <class Map, class Take>
void stored_code::each_match(Map& among, const stored_use& named, Take take) {
    auto at = among.begin();
    if (is_ascii(named.name)) {
        const auto found = among.find({false, named});
        if (found != among.end()) take(*found);
        at = among.lower_bound({true, {}});
    }
    for (; at != among.end(); ++at) {
        const stored_use& use = at->first.use;
        if (use.how == named.how && use.system_schema == named.system_schema &&
            may_be_same(use.name, named.name))
            take(*at);
    }
}

/// Finds what each name does, by itself and by what it makes run in turn.
class stored_code::closure {
public:
    explicit closure(const std::vector<std::shared_ptr<const stored_summary>>& objects) {
        for (const auto& object : objects) add(*object);
        for (const auto& object : objects) link(*object);
        for (auto& [k, n] : nodes_) {
            std::ranges::sort(n.runs);
            const auto repeated = std::ranges::unique(n.runs);
            n.runs.erase(repeated.begin(), repeated.end());
        }
    }

    std::map<key, effect_set> run() {
        // Each round carries effects one step further at least; who nests deeper is not understood.
        constexpr std::size_t rounds_max = 100;
        bool changed = true;
        for (std::size_t round = 0; changed && round < rounds_max; ++round) {
            changed = false;
            for (auto& [k, n] : nodes_) changed = gather(n) || changed;
        }
        std::map<key, effect_set> out;
        for (const auto& [k, n] : nodes_) {
            effect_set all = n.effects;
            if (changed && !n.runs.empty()) all |= known_part(everything(), n.takes_back);
            if (!all.empty()) out[k] = all;
        }
        return out;
    }

private:
    struct node {
        effect_set effects;
        effect_set takes_back;
        bool of_system = true;
        std::vector<const node*> runs;
    };

    static std::vector<key> keys_of(const stored_summary& object) {
        using enum stored_use::way;
        const auto made = [&](stored_use::way how, std::string schema) {
            return key{!is_ascii(object.name), {how, std::move(schema), lower(object.name)}};
        };
        switch (object.what) {
            case stored_object::kind::procedure:
                return {made(call_procedure, {})};
            case stored_object::kind::function:
                return {made(call_function, {})};
            case stored_object::kind::trigger:
                return {made(write_table, system_schema(object.schema))};
            case stored_object::kind::view:
                return {made(read_view, system_schema(object.schema)),
                        made(write_table, system_schema(object.schema))};
        }
        return {};
    }

    void add(const stored_summary& object) {
        for (const key& k : keys_of(object)) {
            node& made = nodes_[k];
            made.of_system = made.of_system && !system_schema(object.schema).empty();
            made.takes_back = taken_back(k.use.how);
        }
    }

    /// A view that is read runs functions and other views; one that is written to, the triggers of
    /// its tables.
    void link(const stored_summary& object) {
        using enum stored_use::way;
        const std::vector<key> keys = keys_of(object);
        node& of = nodes_.at(keys.front());
        of.effects |= known_part(object.effects, of.takes_back);
        if (object.effects.has(effect::calls_unknown_function))
            of.effects |= effect::calls_unknown_function;
        const bool is_view = object.what == stored_object::kind::view;
        node& written = nodes_.at(keys.back());
        for (const stored_use& use : object.uses) {
            node& from = is_view && use.how == write_table ? written : of;
            each_match(nodes_, use, [&](auto& entry) { from.runs.push_back(&entry.second); });
        }
        if (!object.hidden || !is_view) return;
        for (auto& [k, n] : nodes_) {
            if (n.of_system) continue;  // or it would have the effects of them all
            if (k.use.how == call_function) of.runs.push_back(&n);
            if (k.use.how == write_table) written.runs.push_back(&n);
        }
    }

    static bool gather(node& of) {
        effect_set all = of.effects;
        for (const node* used : of.runs) {
            all |= known_part(used->effects, of.takes_back);
            if (used->effects.has(effect::calls_unknown_function))
                all |= effect::calls_unknown_function;
        }
        return std::exchange(of.effects, all) != all;
    }

    std::map<key, node> nodes_;
};

stored_code::stored_code(const std::vector<std::shared_ptr<const stored_summary>>& objects)
    : effects_(closure(objects).run()) {}

effect_set stored_code::effects_within(const statement_facts& statement) const {
    effect_set out;
    if (empty()) return out;
    if (statement.incomplete) return everything();
    each_use(statement, [&](const stored_use& use) {
        each_match(effects_, use, [&](const auto& entry) { out |= entry.second; });
    });
    return out;
}

void stored_code::complete(script_facts& script) const {
    if (empty()) return;
    for (statement_facts& statement : script.statements)
        statement.effects |= effects_within(statement);
}

}  // namespace rules
