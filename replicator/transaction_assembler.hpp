#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "protocol/binlog_event.hpp"
#include "protocol/binlog_events.hpp"
#include "replicator/edge_table.hpp"
#include "replicator/error.hpp"
#include "replicator/transaction.hpp"

namespace replicator {

/// Turns the event stream into whole transactions of what an edge keeps.
///
/// Pure: events in, values out.  Of tables that are not kept only the names in the table map are
/// read; their rows are passed over by table id.  A transaction leaves here only with the event
/// that commits it: XID, COMMIT, a statement that commits by itself, or an XA transaction's end.
///
/// What could change a kept table in a way that row events do not show is an error, never skipped:
/// statement-based changes, partial JSON, XA transactions over kept tables, incidents, events of
/// unknown types.  The session that wrote them must be found and changed; the messages say how.
class transaction_assembler {
public:
    /// @param transaction_bytes_max  of the kept row events of one transaction, and of a
    ///                               compressed transaction's contents.
    transaction_assembler(std::shared_ptr<const edge_tables> kept,
                          std::size_t transaction_bytes_max);

    /// Takes the stream's next event; returns a transaction if the event ended one.
    /// @return errc::stream_broken, errc::unsupported_event, errc::source_unfit (no GTIDs), or
    ///         errc::table_changed if an old XA transaction, whose rows were not seen, commits.
    result<std::optional<source_transaction>> take(const protocol::binlog_event_view& event);

private:
    using taken = result<std::optional<source_transaction>>;

    taken take_gtid(const protocol::binlog_event_view& event);
    taken take_query(const protocol::binlog_event_view& event);
    taken take_statement(const protocol::query_event& query);
    taken take_xa(const protocol::query_event& query);
    taken take_xa_prepare(const protocol::binlog_event_view& event);
    taken take_payload(const protocol::binlog_event_view& event);
    taken take_incident(const protocol::binlog_event_view& event);
    result<void> take_table_map(const protocol::binlog_event_view& event);
    result<void> take_rows(const protocol::binlog_event_view& event);
    result<void> roll_back_to(const std::string& savepoint);

    taken commit();
    failure unsupported(const std::string& what) const;

    struct kept_map {
        std::size_t table = 0;
        std::shared_ptr<const protocol::table_map> map{};
    };
    struct known_map {
        std::vector<std::uint8_t> body{};
        std::shared_ptr<const protocol::table_map> map{};
    };

    std::optional<std::size_t> find_kept(std::string_view schema, std::string_view table) const;
    result<std::shared_ptr<const protocol::table_map>> map_of(
        std::size_t table, const protocol::binlog_event_view& event);

    std::shared_ptr<const edge_tables> kept_;
    std::size_t bytes_max_;

    std::optional<source_transaction> open_;  // since its GTID event
    bool begun_ = false;                      // since its BEGIN
    bool in_payload_ = false;
    // By table id, to the end of the transaction; no value: a table that is not kept.
    std::map<std::uint64_t, std::optional<kept_map>> maps_;
    std::vector<std::pair<std::string, std::size_t>> savepoints_;  // name, rows before it
    std::vector<known_map> known_maps_;  // per kept table: the last one seen, decoded once
    std::set<std::string> prepared_;     // XA transactions that are known to hold no kept rows
};

}  // namespace replicator
