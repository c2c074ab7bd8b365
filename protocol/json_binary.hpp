#pragma once

#include <cstddef>
#include <string>

#include "protocol/bytes.hpp"
#include "protocol/error.hpp"

namespace protocol {

/// MySQL's own limit on the nesting of JSON documents.
inline constexpr std::size_t json_depth_max = 100;

/// The text of a document in the binary form of JSON columns, as `CAST(document AS CHAR)` prints
/// it: members in stored order, ", " and ": " between, DECIMAL values bare, temporal values quoted,
/// other opaque values as "base64:type<n>:...".  No bytes at all print as null, as in MySQL.
///
/// Offsets in a hostile document may make one part stand in many places; the text is therefore
/// limited to a multiple of the document's size that no honest document reaches.
/// @return `errc::truncated`, `errc::malformed`, or `errc::limit_exceeded` (depth, text size).
result<std::string> decode_json_binary(bytes_view document);

}  // namespace protocol
