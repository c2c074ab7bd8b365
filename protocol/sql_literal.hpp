#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/column_value.hpp"

namespace protocol {

/// The settings under which a literal of append_sql_literal() stores exactly its value, to be sent
/// on a connection before the first one.  Strict mode stays off: what a source has stored (a zero
/// date, 30 February, an ENUM's '') must be storable again.
inline constexpr std::string_view sql_literal_settings =
    "SET NAMES utf8mb4, time_zone = '+00:00', "
    "sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'";

/// The name of a collation's character set, "utf8mb4" for 255; empty if there is no such id.
/// Knows the collations of MySQL 8.0 to 9.7.
std::string_view charset_name(std::uint16_t collation) noexcept;

/// Appends the value as an SQL literal.  Inserted into a column of the type it came from, under
/// sql_literal_settings, it is stored with the same bytes.
///
/// Three exceptions, all inside JSON documents, whose text has fewer types than their binary form:
/// DECIMAL becomes DOUBLE, UNSIGNED that fits becomes signed, and temporal and other opaque values
/// become strings.  (Use BINLOG where that matters.)  An absent value becomes DEFAULT; in an UPDATE
/// a caller leaves out the column instead.
void append_sql_literal(std::string& out, const column_value& value);

/// Appends text as a literal of utf8mb4: an identifier's value, a message.
void append_sql_string(std::string& out, std::string_view utf8);

}  // namespace protocol
