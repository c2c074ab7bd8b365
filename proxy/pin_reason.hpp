#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace proxy {

/// Why a session keeps a backend connection between statements although no transaction is open.
/// Log field and metric label.
enum class pin_reason : std::uint8_t {
    temporary_table,
    table_locks,       // LOCK TABLES, FLUSH TABLES WITH READ LOCK
    named_lock,        // GET_LOCK()
    user_variable,     // its value is known to the server only
    session_variable,  // one that is not tracked
    prepared_text,     // PREPARE … FROM
    handler,           // HANDLER … OPEN
    binary_log_off,    // sql_log_bin=0
    xa_transaction,    // prepared, and perhaps bound to the connection still
    prepared_state,    // long data was sent, or a cursor is open
    replication,       // COM_REGISTER_SLAVE, COM_BINLOG_DUMP
    last_statement,    // the next statement may ask for its warnings or row counts
    unknown            // a statement nothing is known of
};

inline constexpr std::size_t pin_reason_count = static_cast<std::size_t>(pin_reason::unknown) + 1;

std::string_view to_string(pin_reason why) noexcept;

/// The statements that end a pin of this kind, for people.
std::string_view ended_by(pin_reason why) noexcept;

}  // namespace proxy
