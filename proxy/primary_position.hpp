#pragma once

#include <chrono>
#include <memory>
#include <string_view>

#include "protocol/error.hpp"
#include "protocol/gtid_set.hpp"
#include "proxy/awaited_news.hpp"

namespace proxy {

/// What the primary had committed when it was asked at `asked_at`, or was about to.
///
/// Executed and owned GTIDs: a transaction becomes visible a moment before it enters gtid_executed,
/// and until then it is in gtid_owned, which is read first.  So whatever a statement that ended
/// before `asked_at` has seen is in `seen`.
struct position_report {
    std::chrono::steady_clock::time_point asked_at{};
    std::shared_ptr<const protocol::gtid_set> seen{};
};

/// Reads @@GLOBAL.gtid_owned, "uuid:4#17:5#18": every GTID with the thread that owns it.
protocol::result<protocol::gtid_set> parse_owned(std::string_view text);

/// Where a worker's sessions wait to learn a position of the primary.
///
/// A session that has read from the primary may read from an edge only if the edge is not behind
/// what it saw.
using primary_position = awaited_news<std::shared_ptr<const protocol::gtid_set>>;

}  // namespace proxy
