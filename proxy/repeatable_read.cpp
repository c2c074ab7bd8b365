#include "proxy/repeatable_read.hpp"

namespace proxy {
using rules::effect;

bool is_repeatable_read(const rules::script_facts& facts) {
    for (const rules::statement_facts& statement : facts.statements) {
        const bool reads = statement.cls == rules::statement_class::read ||
                           statement.cls == rules::statement_class::show ||
                           statement.cls == rules::statement_class::describe;
        if (!reads || statement.effects.has(effect::calls_unknown_function |
                                            effect::takes_get_lock | effect::releases_lock |
                                            effect::writes_user_variable | effect::select_into))
            return false;
    }
    return true;
}

}  // namespace proxy
