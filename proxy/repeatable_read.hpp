#pragma once

#include "rules/statement_facts.hpp"

namespace proxy {

/// Reads, all of them, that leave nothing behind: to run one again, elsewhere or after its
/// connection was lost, is as if it had run once.  A stored function may write.
bool is_repeatable_read(const rules::script_facts& facts);

}  // namespace proxy
