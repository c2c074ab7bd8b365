#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/binlog_event.hpp"

namespace edges {

/// A binlog event that a test makes up, with its bytes.
struct event {
    protocol::event_header header{};
    std::vector<std::uint8_t> body{};

    protocol::binlog_event_view view() const { return {.header = header, .body = body, .raw = {}}; }
    /// Header and body, as events stand in a compressed transaction.
    std::vector<std::uint8_t> bytes() const;
};

/// A row of INT columns; an absent value is NULL.
using int_row = std::vector<std::optional<std::int32_t>>;

event of_type(protocol::event_type type, std::vector<std::uint8_t> body = {});
event gtid(std::uint64_t number);
event query(const std::string& text, const std::string& schema = "");
event xid();
event xa_prepare(bool one_phase, const std::string& id);
/// A table of INT columns; without names as under binlog_row_metadata=MINIMAL.
event table_map(std::uint64_t id, const std::string& schema, const std::string& table,
                const std::vector<std::string>& columns, bool with_names = true);
/// `present`: which columns are in the images; empty for all.
event write_rows(std::uint64_t id, const std::vector<int_row>& rows,
                 std::vector<bool> present = {});
event delete_rows(std::uint64_t id, const std::vector<int_row>& rows);
/// Before and after images in turn.
event update_rows(std::uint64_t id, const std::vector<int_row>& images);
/// A transaction_payload with these events, not compressed.
event payload(const std::vector<event>& inside);

}  // namespace edges
