#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pool/backend_connection.hpp"

namespace proxy {

/// What a server's system_time_zone makes of some instants, as one text: what time_zone = SYSTEM
/// means.  Its name does not say, being CET or CEST by the season in which the server was started.
std::string system_time_zone_query();

/// Asks a server for it; nothing if the connection is lost.
pool::task<std::optional<std::string>> ask_system_time_zone(pool::backend_connection& server);

}  // namespace proxy
