#pragma once

#include <string>

#include "tests/support/mysql_connection.hpp"

namespace integration {

/// How a client sends its statements.
enum class way { text, prepared };

/// Runs one text and writes down all that a client can see of the answer: of every result its
/// columns, rows, affected rows, insert id, warnings, message, status bits and session-track news,
/// or the error with its SQLSTATE.  Two servers that are one to the client give equal texts.
///
/// What starts with a backslash is a command of the protocol: \use SCHEMA, \reset, \ping,
/// \change_user SCHEMA.  `way::prepared` sends what cannot be prepared as text, as drivers do.
std::string outcome(support::mysql_connection& session, const std::string& sql, way how);

}  // namespace integration
