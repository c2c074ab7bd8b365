#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "protocol/binlog_event.hpp"
#include "protocol/bytes.hpp"
#include "protocol/gtid_set.hpp"

// The events around the rows of a transaction.  The rows themselves: binlog_table_map.hpp,
// binlog_rows_event.hpp.  Compressed transactions: binlog_transaction_payload.hpp.
//
// A decoder takes an event that decode_event() returned and does not look at its type, except
// where it says so.  Views point into that event's bytes.  A body that ends too early is
// `errc::truncated`, one that contradicts itself `errc::malformed`.

namespace protocol {

/// The first event of every binlog file: how to read the others.
struct format_description {
    std::uint16_t binlog_version = 0;   // 4 since MySQL 5.0
    std::string_view server_version{};  // "9.7.4"
    std::uint32_t created = 0;          // seconds; 0 unless the server has just started
    checksum_algorithm checksum = checksum_algorithm::none;
    bytes_view post_header_sizes{};  // one per event type, from 1 on
};

/// @return `errc::unsupported` if the events have another header or checksum than those that
///         decode_event() knows.
result<format_description> decode_format_description(const binlog_event_view& event);

/// The next file.  An artificial one opens the stream.
struct rotate {
    std::uint64_t position = 0;
    std::string_view file{};
};

result<rotate> decode_rotate(const binlog_event_view& event);

/// The start of a transaction, from a gtid, gtid_tagged or anonymous_gtid event.
struct gtid_event {
    gtid id{};  // all zero in an anonymous_gtid
    /// The transaction may hold statements instead of rows.
    bool may_have_statements = false;
    /// For the parallel applier of MySQL.  Both count from the start of the binlog file and mean
    /// nothing across files.
    std::int64_t last_committed = 0;
    std::int64_t sequence_number = 0;
    /// Microseconds since 1970 of the commit: on the server whose binlog this is, and on the one
    /// where the transaction began.  0 if not known.
    std::uint64_t immediate_commit_timestamp = 0;
    std::uint64_t original_commit_timestamp = 0;
    /// Bytes of the whole transaction in the binlog, this event included.  0 if not known.
    std::uint64_t transaction_size = 0;
    std::uint32_t immediate_server_version = 0;  // 90704 is 9.7.4; 0 if not known
    std::uint32_t original_server_version = 0;
};

/// Reads the three event types by the header's type.
/// @return `errc::unsupported` if a gtid_tagged event holds a field that must not be ignored.
result<gtid_event> decode_gtid_event(const binlog_event_view& event);

/// A statement: BEGIN, COMMIT, DDL, or, in a statement-based binlog, a change of rows.
struct query_event {
    std::uint32_t thread_id = 0;
    std::uint32_t execution_seconds = 0;
    std::uint16_t error_code = 0;  // with which the statement ended on the source
    std::string_view schema{};     // the default schema; may be empty
    std::string_view text{};       // in character_set_client
    bytes_view status_variables{};
};

result<query_event> decode_query(const binlog_event_view& event);

/// The settings under which a statement ran, as far as its event tells them.
struct query_settings {
    std::optional<std::uint64_t> sql_mode{};
    struct charsets {
        std::uint16_t client_collation = 0;  // ids, as in information_schema.COLLATIONS
        std::uint16_t connection_collation = 0;
        std::uint16_t server_collation = 0;
    };
    std::optional<charsets> charset{};
    std::optional<std::string_view> time_zone{};
    std::optional<std::uint16_t> schema_collation{};
    std::optional<std::uint16_t> default_collation_for_utf8mb4{};
    std::optional<bool> explicit_defaults_for_timestamp{};
    std::optional<bool> require_primary_key{};
    std::optional<std::uint64_t> ddl_xid{};  // an atomic DDL statement: the event commits
    /// False if a variable of an unknown code, whose size nobody can tell, hid the rest.
    bool complete = true;
};

result<query_settings> decode_query_settings(const query_event& event);

/// The commit of a transaction.
struct xid_event {
    std::uint64_t xid = 0;
};

result<xid_event> decode_xid(const binlog_event_view& event);

/// The end of the first phase of an XA transaction, or of all of it.
struct xa_prepare_event {
    bool one_phase = false;  // commits at once
    std::int32_t format_id = 0;
    bytes_view transaction_id{};  // gtrid
    bytes_view branch_qualifier{};
};

result<xa_prepare_event> decode_xa_prepare(const binlog_event_view& event);

/// The text of the statement whose row events follow (binlog_rows_query_log_events).
result<std::string_view> decode_rows_query(const binlog_event_view& event);

/// Every GTID in the binlog files before this one.
result<gtid_set> decode_previous_gtids(const binlog_event_view& event);

/// The source is alive, and has nothing to send after this position.
struct heartbeat {
    std::string_view file{};
    std::uint64_t position = 0;  // modulo 2^32 in the old heartbeat event
};

/// Reads both heartbeat types by the header's type.
result<heartbeat> decode_heartbeat(const binlog_event_view& event);

/// Something happened that the binlog does not show (1: events were lost).  A replica must stop.
struct incident {
    std::uint16_t number = 0;
    std::string_view message{};
};

result<incident> decode_incident(const binlog_event_view& event);

}  // namespace protocol
