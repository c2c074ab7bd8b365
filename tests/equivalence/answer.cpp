#include "tests/equivalence/answer.hpp"

#include <algorithm>
#include <utility>

#include "protocol/column_definition.hpp"
#include "protocol/eof_packet.hpp"
#include "protocol/server_status.hpp"
#include "protocol/session_track.hpp"
#include "protocol/text_row.hpp"
#include "tests/equivalence/script.hpp"

namespace equivalence {
namespace {

namespace server_status = protocol::server_status;

// What the EOF packet before the rows can tell even if it is made from a connection on which there
// is none; docs/compatibility.md tells of the rest, which the server says behind the rows.
constexpr std::uint16_t known_before_rows =
    server_status::autocommit | server_status::no_backslash_escapes | server_status::cursor_exists;

std::string status_text(std::uint16_t status) {
    namespace s = server_status;
    static constexpr std::pair<std::uint16_t, const char*> names[] = {
        {s::in_transaction, "in_transaction"},
        {s::autocommit, "autocommit"},
        {s::more_results_exist, "more_results_exist"},
        {s::no_good_index_used, "no_good_index_used"},
        {s::no_index_used, "no_index_used"},
        {s::cursor_exists, "cursor_exists"},
        {s::last_row_sent, "last_row_sent"},
        {s::database_dropped, "database_dropped"},
        {s::no_backslash_escapes, "no_backslash_escapes"},
        {s::ps_out_params, "ps_out_params"},
        {s::in_transaction_readonly, "in_transaction_readonly"},
    };
    std::string text = " status=";
    bool first = true;
    for (const auto& [bit, name] : names) {
        if ((status & bit) == 0) continue;
        if (!std::exchange(first, false)) text += "+";
        text += name;
    }
    return text;
}

std::string number(const char* name, std::uint64_t value) {
    return std::string(" ") + name + "=" + std::to_string(value);
}

std::string describe(const protocol::ok_packet& ok) {
    const std::string news = describe_news(ok.session_state);
    const auto status =
        static_cast<std::uint16_t>(ok.status & ~server_status::session_state_changed);
    std::string text = number("affected", ok.affected_rows) + number("id", ok.last_insert_id) +
                       number("warnings", ok.warnings) + status_text(status);
    if (!ok.info.empty()) text += " info='" + escaped(ok.info) + "'";
    return text + news;
}

std::string describe_column(protocol::bytes_view payload) {
    const auto decoded = protocol::decode_column_definition(payload);
    if (!decoded) return "a malformed column";
    const protocol::column_definition& c = *decoded;
    std::string text = "column " + escaped(c.schema) + "." + escaped(c.table) + "(" +
                       escaped(c.org_table) + ")." + escaped(c.name) + "(" + escaped(c.org_name) +
                       ")" + number("type", static_cast<std::uint8_t>(c.type)) +
                       number("length", c.length) + number("collation", c.collation) +
                       number("flags", c.flags) + number("decimals", c.decimals);
    if (c.default_value)
        text += " default=" + (*c.default_value ? "'" + escaped(**c.default_value) + "'" : "NULL");
    return text;
}

std::string describe_row(protocol::command sent, std::uint32_t columns,
                         protocol::bytes_view payload) {
    if (sent != protocol::command::query)
        return "binary row " + escaped(protocol::as_text(payload));
    std::string text = "row";
    const auto decoded = protocol::decode_text_row(
        payload, columns, [&](std::uint32_t, const protocol::text_value& value) {
            text += value ? " '" + escaped(*value) + "'" : " NULL";
        });
    return decoded ? text : "a malformed row";
}

}  // namespace

std::string describe_news(protocol::bytes_view session_state) {
    using type = protocol::session_track_type;
    std::string text;
    protocol::session_track_reader in(session_state);
    while (in.next()) {
        const protocol::session_change& change = in.change();
        switch (change.type) {
            case type::system_variables:
                text += " news:" + escaped(change.name) + "='" + escaped(change.value) + "'";
                break;
            case type::gtids:
                text += " news:gtid";
                break;
            case type::transaction_state:
                break;
            case type::transaction_characteristics:
                // That there are none is told again when the client begins to ask for them.
                if (!change.value.empty())
                    text += " news:transaction='" + escaped(change.value) + "'";
                break;
            default:
                text += " news:" + std::to_string(static_cast<int>(change.type)) + "='" +
                        escaped(change.value) + "'";
                break;
        }
    }
    return in.failed() ? text + " malformed news" : text;
}

std::string describe(const protocol::err_packet& err) {
    constexpr std::uint16_t unknown_statement = 1243, no_open_cursor = 1421;
    constexpr std::uint16_t no_such_thread = 1094, not_its_owner = 1095;
    std::string message = escaped(err.message);
    if (err.code == no_such_thread || err.code == not_its_owner)
        message.erase(message.find_last_not_of("0123456789") + 1);
    // It names a value or a type, by the first execution; see "text_as_number" of the known
    // differences.
    constexpr std::uint16_t truncated_value = 1292;
    if (err.code == truncated_value)
        message.erase(std::min(message.find(" value"), message.size()));
    if (const std::size_t type = message.find_last_of(' ');
        err.code == truncated_value && type != std::string::npos)
        message.erase(type);
    const std::size_t at = message.find('(');
    if ((err.code == unknown_statement || err.code == no_open_cursor) && at != std::string::npos)
        message.replace(at, message.find(')', at) - at, "(id");
    return "error " + std::to_string(err.code) + " (" + escaped(err.sqlstate) + "): " + message;
}

std::string describe(protocol::command sent, protocol::packet_role role,
                     const protocol::response_reader& reader, protocol::bytes_view payload) {
    using protocol::packet_role;
    switch (role) {
        case packet_role::ok:
            return "ok" + describe(*reader.last_ok());
        case packet_role::err:
            return describe(*reader.last_err());
        case packet_role::column_count:
            return "result" + number("columns", reader.columns());
        case packet_role::column_definition:
            return describe_column(payload);
        case packet_role::parameter_definition:
            return "parameter " + describe_column(payload);
        case packet_role::row:
            return describe_row(sent, reader.columns(), payload);
        case packet_role::prepare_ok: {
            const protocol::prepare_ok& ok = *reader.prepared();
            return "prepared" + number("columns", ok.columns) +
                   number("parameters", ok.parameters) + number("warnings", ok.warnings);
        }
        case packet_role::statistics_text:
            return "statistics";
        case packet_role::result_end:
            if (reader.last_ok() != nullptr) return "end" + describe(*reader.last_ok());
            [[fallthrough]];
        case packet_role::eof_after_columns:
        case packet_role::eof_after_parameters: {
            const auto eof = protocol::decode_eof(payload);
            if (!eof) return "a malformed EOF";
            if (role != packet_role::result_end)
                return "eof" +
                       status_text(static_cast<std::uint16_t>(eof->status & known_before_rows));
            return "eof" + number("warnings", eof->warnings) + status_text(eof->status);
        }
        default:
            return protocol::to_string(role);
    }
}

}  // namespace equivalence
