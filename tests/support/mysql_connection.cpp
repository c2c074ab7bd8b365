#include "tests/support/mysql_connection.hpp"

namespace support {
namespace {

[[noreturn]] void fail(MYSQL* handle) {
    throw server_error(mysql_errno(handle), mysql_error(handle));
}

// The current result's rows; none for a statement that has no result.
rows fetch(MYSQL* handle) {
    const std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)> result(
        mysql_store_result(handle), &mysql_free_result);
    if (!result) {
        if (mysql_errno(handle) != 0) fail(handle);
        return {};
    }
    rows fetched;
    const unsigned columns = mysql_num_fields(result.get());
    while (const MYSQL_ROW values = mysql_fetch_row(result.get())) {
        const unsigned long* lengths = mysql_fetch_lengths(result.get());
        row& r = fetched.emplace_back();
        for (unsigned i = 0; i < columns; ++i) {
            if (values[i] == nullptr)
                r.emplace_back(std::nullopt);
            else
                r.emplace_back(std::string(values[i], lengths[i]));
        }
    }
    return fetched;
}

}  // namespace

mysql_connection::mysql_connection(const std::string& host, std::uint16_t port, const login& as) {
    connect(host.c_str(), port, nullptr, as);
}

mysql_connection::mysql_connection(const std::string& unix_socket, const login& as) {
    connect("localhost", 0, unix_socket.c_str(), as);
}

void mysql_connection::connect(const char* host, std::uint16_t port, const char* unix_socket,
                               const login& as) {
    handle_.reset(mysql_init(nullptr));
    constexpr unsigned seconds =
        10;  // so that a hanging server fails a test instead of stopping it
    mysql_options(handle_.get(), MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
    mysql_options(handle_.get(), MYSQL_SET_CHARSET_NAME, "utf8mb4");
    if (mysql_real_connect(handle_.get(), host, as.user.c_str(), as.password.c_str(),
                           as.schema.empty() ? nullptr : as.schema.c_str(), port, unix_socket,
                           CLIENT_MULTI_STATEMENTS) == nullptr) {
        fail(handle_.get());
    }
}

rows mysql_connection::query(const std::string& sql) {
    MYSQL* handle = handle_.get();
    if (mysql_real_query(handle, sql.data(), sql.size()) != 0) fail(handle);
    for (;;) {
        rows fetched = fetch(handle);
        const int more = mysql_next_result(handle);
        if (more > 0) fail(handle);
        if (more < 0) return fetched;
    }
}

std::string mysql_connection::value(const std::string& sql) {
    const rows fetched = query(sql);
    if (fetched.empty() || fetched.front().empty() || !fetched.front().front()) {
        throw std::runtime_error("no value: " + sql);
    }
    return *fetched.front().front();
}

}  // namespace support
