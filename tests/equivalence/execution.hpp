#pragma once

#include <cstdint>
#include <vector>

#include "tests/equivalence/script.hpp"

namespace equivalence {

/// The payload of the COM_STMT_EXECUTE that a step describes, for a connection without
/// CLIENT_QUERY_ATTRIBUTES.  Errors: bad_script, if a value cannot be read as its type.
std::vector<std::uint8_t> encode_execution(const step& one, std::uint32_t statement_id);

}  // namespace equivalence
