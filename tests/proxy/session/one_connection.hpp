#pragma once

#include "tests/support/mysql_server.hpp"
#include "tests/support/tidegate_process.hpp"

namespace session_test {

inline const support::login app{"app", "app-password", ""};

/// With the schemas one and two, and a procedure that sets a variable before it fails.
support::mysql_server& server();

/// One thread and two connections to that server, of which the probe has one: all sessions share
/// the other.  A connection keeps three prepared statements, and answers are learned for an hour.
support::tidegate_process& tidegate();

}  // namespace session_test
