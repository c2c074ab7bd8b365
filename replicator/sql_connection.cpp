#include "replicator/sql_connection.hpp"

namespace replicator {
namespace {

constexpr unsigned error_first_of_client = 2000;  // CR_MIN_ERROR
constexpr unsigned error_last_of_client = 2999;

sql_error error_of(MYSQL* handle) {
    return {mysql_errno(handle), mysql_sqlstate(handle), mysql_error(handle)};
}

void set_options(MYSQL* handle, const sql_connection::options& how) {
    const auto connect_seconds = static_cast<unsigned>(how.connect_timeout.count());
    const auto io_seconds = static_cast<unsigned>(how.io_timeout.count());
    mysql_options(handle, MYSQL_OPT_CONNECT_TIMEOUT, &connect_seconds);
    mysql_options(handle, MYSQL_OPT_READ_TIMEOUT, &io_seconds);
    mysql_options(handle, MYSQL_OPT_WRITE_TIMEOUT, &io_seconds);
    mysql_options(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
#ifndef MARIADB_PACKAGE_VERSION
    // The first login of an account after a server's start needs the whole password.  MariaDB's
    // library asks for the server's public key by itself; MySQL's has to be told.
    const bool get_key = true;
    mysql_options(handle, MYSQL_OPT_GET_SERVER_PUBLIC_KEY, &get_key);
#endif
}

int socket_of(MYSQL* handle) {
#ifdef MARIADB_PACKAGE_VERSION
    return static_cast<int>(mysql_get_socket(handle));
#else
    return static_cast<int>(handle->net.fd);
#endif
}

}  // namespace

bool sql_error::connection_lost() const noexcept {
    constexpr unsigned server_shutdown = 1053;
    constexpr unsigned query_killed = 1317;  // the session is there, but somebody wants it quiet
    constexpr unsigned session_killed = 3169;
    constexpr unsigned idle_too_long = 4031;
    return (number >= error_first_of_client && number <= error_last_of_client) ||
           number == server_shutdown || number == query_killed || number == session_killed ||
           number == idle_too_long;
}

bool sql_error::lock_conflict() const noexcept {
    constexpr unsigned lock_wait_timeout = 1205;
    constexpr unsigned deadlock = 1213;
    return number == lock_wait_timeout || number == deadlock;
}

sql_result<std::span<const sql_row_stream::value>> sql_row_stream::next() {
    const MYSQL_ROW row = mysql_fetch_row(rows_.get());
    if (row == nullptr) {
        if (mysql_errno(connection_) != 0) return error_of(connection_);
        return std::span<const value>{};
    }
    const unsigned long* const sizes = mysql_fetch_lengths(rows_.get());
    for (std::size_t i = 0; i < row_.size(); ++i) row_[i] = {row[i], sizes[i]};
    return std::span<const value>{row_};
}

void sql_connection::closer::operator()(MYSQL* handle) const noexcept {
    if (stop != nullptr && socket >= 0) stop->remove_socket(socket);
    mysql_close(handle);
}

sql_result<sql_connection> sql_connection::connect(const server_address& where, const options& how,
                                                   stop_signal* stop) {
    // Once, before any thread makes a handle: the library's own check is not safe in all versions.
    [[maybe_unused]] static const int initialized = mysql_library_init(0, nullptr, nullptr);

    std::unique_ptr<MYSQL, closer> handle(mysql_init(nullptr), closer{});
    if (!handle) return sql_error(2008, "HY000", "out of memory");
    set_options(handle.get(), how);
    constexpr unsigned long flags = CLIENT_FOUND_ROWS | CLIENT_MULTI_STATEMENTS;
    if (mysql_real_connect(handle.get(), where.host.c_str(), where.user.c_str(),
                           where.password.c_str(), nullptr, where.port, nullptr,
                           flags) == nullptr) {
        return error_of(handle.get());
    }
    if (stop != nullptr) {
        handle.get_deleter() = {.stop = stop, .socket = socket_of(handle.get())};
        stop->add_socket(handle.get_deleter().socket);
    }
    return sql_connection(std::move(handle));
}

sql_error sql_connection::last_error() const {
    return error_of(handle_.get());
}

sql_result<void> sql_connection::send(std::string_view text) {
    if (text.size() >= packet_bytes_max_) {
        return sql_error(1153, "08S01", "a row needs a larger max_allowed_packet: raise it there");
    }
    if (mysql_real_query(handle_.get(), text.data(), text.size()) != 0) return last_error();
    return {};
}

sql_result<sql_rows> sql_connection::query(std::string_view statement) {
    auto rows = stream(statement);
    if (!rows) return rows.error();
    sql_rows all;
    for (;;) {
        const auto row = rows->next();
        if (!row) return row.error();
        if (row->empty()) return all;
        sql_row& copy = all.emplace_back();
        for (const auto& cell : *row) {
            copy.push_back(cell.is_null() ? std::nullopt : std::optional<std::string>(cell.text()));
        }
    }
}

sql_result<std::optional<std::string>> sql_connection::value(std::string_view statement) {
    auto rows = query(statement);
    if (!rows) return rows.error();
    if (rows->empty() || rows->front().empty()) return std::optional<std::string>{};
    return std::move(rows->front().front());
}

sql_result<std::uint64_t> sql_connection::execute(std::string_view statement) {
    const auto counts = execute_script(statement);
    if (!counts) return counts.error();
    return counts->back();
}

sql_result<std::vector<std::uint64_t>> sql_connection::execute_script(std::string_view script) {
    std::vector<std::uint64_t> counts;
    if (const auto sent = send(script); !sent) return sent.error();
    for (;;) {
        if (MYSQL_RES* const rows = mysql_store_result(handle_.get()); rows != nullptr) {
            mysql_free_result(rows);
        }
        counts.push_back(mysql_affected_rows(handle_.get()));
        const int more = mysql_next_result(handle_.get());
        if (more < 0) return counts;
        if (more > 0) {
            sql_error error = last_error();
            error.statement = counts.size();
            return error;
        }
    }
}

sql_result<sql_row_stream> sql_connection::stream(std::string_view statement) {
    if (const auto sent = send(statement); !sent) return sent.error();
    MYSQL_RES* const rows = mysql_use_result(handle_.get());
    if (rows != nullptr) return sql_row_stream(handle_.get(), rows);
    if (mysql_errno(handle_.get()) != 0) return last_error();
    return sql_error(2014, "HY000", "the statement returned no rows");
}

}  // namespace replicator
