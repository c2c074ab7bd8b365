#pragma once

#include <mysql.h>

#include <boost/system/result.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "replicator/edge_spec.hpp"
#include "replicator/stop_signal.hpp"

namespace replicator {

/// What a server or the client library answered instead of a result.
struct sql_error {
    sql_error() = default;
    sql_error(unsigned its_number, std::string its_state, std::string its_message)
        : number(its_number), state(std::move(its_state)), message(std::move(its_message)) {}

    unsigned number = 0;  // MySQL's: 1062 duplicate key, 2013 connection lost …
    std::string state{};  // five characters
    std::string message{};
    std::size_t statement = 0;  // which statement of a script, from 0

    bool connection_lost() const noexcept;  // nothing more can be asked on this connection
    bool lock_conflict() const noexcept;    // deadlock or lock wait timeout: try again
};

[[noreturn]] inline void throw_exception_from_error(const sql_error& why,
                                                    const boost::source_location& where) {
    boost::throw_with_location(std::runtime_error(why.message), where);
}

template <class T>
using sql_result = boost::system::result<T, sql_error>;

/// A row as text; an absent value is NULL.
using sql_row = std::vector<std::optional<std::string>>;
using sql_rows = std::vector<sql_row>;

/// Rows read one at a time as the server sends them, in constant memory.
///
/// Must be read to its end, or destroyed, before the connection does anything else.
class sql_row_stream {
public:
    /// One row; values and the span are valid until the next call.  No data pointer is NULL's.
    struct value {
        const char* data = nullptr;
        std::size_t size = 0;
        bool is_null() const noexcept { return data == nullptr; }
        std::string_view text() const noexcept { return {data, size}; }
    };

    /// The next row, or an empty span behind the last one.
    sql_result<std::span<const value>> next();

private:
    friend class sql_connection;
    struct closer {
        void operator()(MYSQL_RES* rows) const noexcept { mysql_free_result(rows); }
    };

    sql_row_stream(MYSQL* connection, MYSQL_RES* rows)
        : connection_(connection), rows_(rows), row_(mysql_num_fields(rows)) {}

    MYSQL* connection_;
    std::unique_ptr<MYSQL_RES, closer> rows_;
    std::vector<value> row_;
};

/// A blocking connection to a MySQL server through its client library (MySQL's or MariaDB's).
///
/// For SQL that runs in the background, on the replicator's own threads; one thread at a time.
/// Errors are values.  UPDATE counts the rows it finds, not only those it changes
/// (CLIENT_FOUND_ROWS), so that a missing row shows.
class sql_connection {
public:
    struct options {
        std::chrono::seconds connect_timeout{5};
        /// For one read or write of the socket; a statement that runs longer is a lost connection.
        std::chrono::seconds io_timeout{300};
    };

    /// `stop` may be null; if not it must outlive the connection.
    static sql_result<sql_connection> connect(const server_address& where, const options& how,
                                              stop_signal* stop);

    /// One statement, all its rows.  For answers known to be small.
    sql_result<sql_rows> query(std::string_view statement);
    /// The first value of the first row; nothing if there is no row or it is NULL.
    sql_result<std::optional<std::string>> value(std::string_view statement);
    /// One statement whose rows, if any, do not matter.  Returns the number of rows affected.
    sql_result<std::uint64_t> execute(std::string_view statement);
    /// Several statements separated by semicolons, in one round trip.  Returns the number of rows
    /// that each affected, or the error of the first that failed; those after it have not run.
    sql_result<std::vector<std::uint64_t>> execute_script(std::string_view script);
    sql_result<sql_row_stream> stream(std::string_view statement);

    /// The server's max_allowed_packet.  Longer texts are error 1153 here already: a server that is
    /// sent one closes the connection, which would look like a fault of the network.
    void set_packet_bytes_max(std::size_t bytes) noexcept { packet_bytes_max_ = bytes; }
    std::size_t packet_bytes_max() const noexcept { return packet_bytes_max_; }

private:
    struct closer {
        stop_signal* stop = nullptr;
        int socket = -1;
        void operator()(MYSQL* handle) const noexcept;
    };

    explicit sql_connection(std::unique_ptr<MYSQL, closer> handle) : handle_(std::move(handle)) {}

    sql_result<void> send(std::string_view text);
    sql_error last_error() const;

    std::unique_ptr<MYSQL, closer> handle_;
    std::size_t packet_bytes_max_ = std::size_t{1} << 30;  // the protocol's own limit
};

}  // namespace replicator
