#pragma once

#include <map>
#include <string>

#include "protocol/binlog_event.hpp"
#include "protocol/binlog_events.hpp"
#include "protocol/binlog_rows_event.hpp"
#include "protocol/binlog_table_map.hpp"
#include "protocol/binlog_transaction_payload.hpp"
#include "protocol/row_image.hpp"
#include "protocol/sql_literal.hpp"

namespace binlog_test {

/// Decodes all of an event that our decoders can, down to the literals of its rows.  For bytes of
/// any origin: the answer is what went wrong first, if anything.
class decode_everything {
public:
    boost::system::error_code operator()(const protocol::binlog_event_view& event) {
        using namespace protocol;
        switch (event.header.type) {
            case event_type::format_description:
                return decode_format_description(event).error();
            case event_type::rotate:
                return decode_rotate(event).error();
            case event_type::gtid:
            case event_type::anonymous_gtid:
            case event_type::gtid_tagged:
                return decode_gtid_event(event).error();
            case event_type::query: {
                const auto query = decode_query(event);
                return query ? decode_query_settings(*query).error() : query.error();
            }
            case event_type::xid:
                return decode_xid(event).error();
            case event_type::xa_prepare:
                return decode_xa_prepare(event).error();
            case event_type::rows_query:
                return decode_rows_query(event).error();
            case event_type::previous_gtids:
                return decode_previous_gtids(event).error();
            case event_type::heartbeat:
            case event_type::heartbeat_v2:
                return decode_heartbeat(event).error();
            case event_type::incident:
                return decode_incident(event).error();
            case event_type::table_map:
                return remember(event);
            case event_type::transaction_payload:
                return decode_payload(event);
            default:
                return decode_rows(event);
        }
    }

private:
    boost::system::error_code remember(const protocol::binlog_event_view& event) {
        auto table = protocol::decode_table_map(event);
        if (!table) return table.error();
        const auto id = table->table_id;
        tables_[id] = std::move(*table);
        return {};
    }

    boost::system::error_code decode_payload(const protocol::binlog_event_view& event) {
        using namespace protocol;
        const auto payload = decode_transaction_payload(event);
        if (!payload) return payload.error();
        const auto inner = decompress(*payload, std::size_t{1} << 20);
        if (!inner) return inner.error();
        for (bytes_view rest = *inner; !rest.empty();) {
            const auto next = take_event(rest, checksum_algorithm::none);
            if (!next) return next.error();
            if (next->header.type == event_type::transaction_payload) return errc::malformed;
            if (const auto failed = (*this)(*next)) return failed;
        }
        return {};
    }

    boost::system::error_code decode_rows(const protocol::binlog_event_view& event) {
        using namespace protocol;
        const auto rows = decode_rows_event(event);
        if (!rows) return rows.error();
        const auto table = tables_.find(rows->table_id);
        if (table == tables_.end()) return errc::unknown_table;
        row_reader reader(table->second, *rows);
        for (;;) {
            const auto more = reader.next();
            if (!more) return more.error();
            if (!*more) return {};
            for (const row_image* image : {&reader.before(), &reader.after()}) {
                for (std::size_t i = 0; i < image->cells.size(); ++i) {
                    const auto value = decode_cell(table->second.columns[i], image->cells[i]);
                    if (!value) return value.error();
                    std::string literal;
                    append_sql_literal(literal, *value);
                }
            }
        }
    }

    std::map<std::uint64_t, protocol::table_map> tables_{};
};

}  // namespace binlog_test
