#include "proxy/disconnect_reason.hpp"
#include "proxy/pin_reason.hpp"

namespace proxy {

std::string_view to_string(pin_reason why) noexcept {
    switch (why) {
        case pin_reason::temporary_table:
            return "temporary_table";
        case pin_reason::table_locks:
            return "table_locks";
        case pin_reason::named_lock:
            return "named_lock";
        case pin_reason::user_variable:
            return "user_variable";
        case pin_reason::session_variable:
            return "session_variable";
        case pin_reason::prepared_text:
            return "prepared_text";
        case pin_reason::handler:
            return "handler";
        case pin_reason::binary_log_off:
            return "binary_log_off";
        case pin_reason::xa_transaction:
            return "xa_transaction";
        case pin_reason::prepared_state:
            return "prepared_state";
        case pin_reason::replication:
            return "replication";
        case pin_reason::last_statement:
            return "last_statement";
        case pin_reason::unknown:
            return "unknown";
    }
    return "invalid";
}

std::string_view ended_by(pin_reason why) noexcept {
    switch (why) {
        case pin_reason::temporary_table:
            return "DROP TEMPORARY TABLE";
        case pin_reason::table_locks:
            return "UNLOCK TABLES";
        case pin_reason::named_lock:
            return "RELEASE_LOCK(), RELEASE_ALL_LOCKS()";
        case pin_reason::prepared_text:
            return "DEALLOCATE PREPARE";
        case pin_reason::handler:
            return "HANDLER ... CLOSE";
        case pin_reason::session_variable:
            return "SET ... = DEFAULT";
        case pin_reason::binary_log_off:
            return "SET sql_log_bin = 1";
        case pin_reason::xa_transaction:
            return "XA COMMIT, XA ROLLBACK";
        case pin_reason::prepared_state:
            return "the execution, the last row, COM_STMT_RESET, COM_STMT_CLOSE";
        case pin_reason::last_statement:
            return "the next statement";
        case pin_reason::user_variable:
        case pin_reason::replication:
        case pin_reason::unknown:
            return "COM_RESET_CONNECTION, the end of the session";
    }
    return "invalid";
}

std::string_view to_string(disconnect_reason why) noexcept {
    switch (why) {
        case disconnect_reason::client_quit:
            return "client_quit";
        case disconnect_reason::client_lost:
            return "client_lost";
        case disconnect_reason::client_idle:
            return "client_idle";
        case disconnect_reason::client_stalled:
            return "client_stalled";
        case disconnect_reason::login_failed:
            return "login_failed";
        case disconnect_reason::login_timeout:
            return "login_timeout";
        case disconnect_reason::too_many_clients:
            return "too_many_clients";
        case disconnect_reason::no_memory:
            return "no_memory";
        case disconnect_reason::malformed_packet:
            return "malformed_packet";
        case disconnect_reason::packet_too_large:
            return "packet_too_large";
        case disconnect_reason::tls_failed:
            return "tls_failed";
        case disconnect_reason::no_proxy_header:
            return "no_proxy_header";
        case disconnect_reason::backend_lost:
            return "backend_lost";
        case disconnect_reason::killed:
            return "killed";
        case disconnect_reason::shutdown:
            return "shutdown";
        case disconnect_reason::internal_error:
            return "internal_error";
    }
    return "invalid";
}

}  // namespace proxy
