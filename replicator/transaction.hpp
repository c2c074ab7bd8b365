#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "protocol/binlog_event.hpp"
#include "protocol/binlog_table_map.hpp"
#include "protocol/gtid_set.hpp"
#include "replicator/statement_effect.hpp"

namespace replicator {

/// A rows event of a kept table, as it came; its rows are taken apart when they are applied.
struct row_event {
    std::size_t table = 0;  // index into the edge's tables
    std::shared_ptr<const protocol::table_map> map{};
    protocol::event_header header{};
    std::vector<std::uint8_t> body{};  // without header and checksum
};

/// What one source transaction means for an edge, or a run of consecutive ones that mean nothing.
struct source_transaction {
    protocol::gtid_set ids{};
    std::uint64_t count = 1;         // of source transactions
    std::uint64_t committed_at = 0;  // microseconds since 1970, of the newest; 0 if not known
    std::vector<row_event> rows{};   // in the source's order
    statement_effect effect = statement_effect::none;
    std::size_t bytes = 0;  // of its row events

    bool empty() const noexcept { return rows.empty() && effect == statement_effect::none; }
};

}  // namespace replicator
