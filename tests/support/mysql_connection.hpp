#pragma once

#include <mysql.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace support {

/// A row as text; an absent value is NULL.
using row = std::vector<std::optional<std::string>>;
using rows = std::vector<row>;

/// What a server or the client library answered instead of a result.
class server_error : public std::runtime_error {
public:
    server_error(unsigned number, const std::string& message)
        : std::runtime_error(std::to_string(number) + " " + message), number_(number) {}
    unsigned number() const noexcept { return number_; }

private:
    unsigned number_;
};

struct login {
    std::string user = "root";
    std::string password{};
    std::string schema{};
};

/// A client connection through the system's client library: an ordinary client of ours to test
/// with.
///
/// Errors are server_error exceptions, which a test reports as its failure or expects by number.
class mysql_connection {
public:
    mysql_connection(const std::string& host, std::uint16_t port, const login& as);
    mysql_connection(const std::string& unix_socket, const login& as);

    /// Runs one statement, or several separated by semicolons, and returns the last result's rows.
    rows query(const std::string& sql);

    /// The first value of the first row.  Throws if there is none or it is NULL.
    std::string value(const std::string& sql);

    std::uint64_t affected_rows() { return mysql_affected_rows(handle_.get()); }
    std::uint64_t insert_id() { return mysql_insert_id(handle_.get()); }
    unsigned warning_count() { return mysql_warning_count(handle_.get()); }
    MYSQL* handle() noexcept { return handle_.get(); }  // for what is not wrapped here

private:
    void connect(const char* host, std::uint16_t port, const char* unix_socket, const login& as);

    struct closer {
        void operator()(MYSQL* handle) const noexcept { mysql_close(handle); }
    };
    std::unique_ptr<MYSQL, closer> handle_;
};

}  // namespace support
