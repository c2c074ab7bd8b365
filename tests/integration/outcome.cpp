#include "tests/integration/outcome.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace integration {
namespace {

using result_ptr = std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)>;
using statement_ptr = std::unique_ptr<MYSQL_STMT, decltype(&mysql_stmt_close)>;

constexpr unsigned unsupported_as_prepared = 1295;

// The status bits that tell about the session.  The others tell about one execution, such as
// whether an index was used, and LAST_ROW_SENT and METADATA_CHANGED belong to the protocol.
constexpr unsigned session_status = SERVER_STATUS_IN_TRANS | SERVER_STATUS_AUTOCOMMIT |
                                    SERVER_MORE_RESULTS_EXIST | SERVER_STATUS_NO_BACKSLASH_ESCAPES |
                                    SERVER_STATUS_IN_TRANS_READONLY;

std::string number(std::uint64_t n) {
    return std::to_string(n);
}

std::string error_text(unsigned code, const char* state, const char* message) {
    return "ERROR " + number(code) + " (" + state + "): " + message + "\n";
}

std::string error_of(MYSQL* handle) {
    return error_text(mysql_errno(handle), mysql_sqlstate(handle), mysql_error(handle));
}

// A login with another than the default collation of utf8mb4 leaves that one's number in results;
// no SET statement can do that, so Tidegate's connections have the default one's.
std::string character_set(unsigned number_of_collation) {
    constexpr unsigned utf8mb4_general_ci = 45, utf8mb4_0900_ai_ci = 255;
    return number(number_of_collation == utf8mb4_general_ci ? utf8mb4_0900_ai_ci
                                                            : number_of_collation);
}

std::string columns(MYSQL_RES* result) {
    std::string text;
    for (unsigned i = 0; i < mysql_num_fields(result); ++i) {
        const MYSQL_FIELD& f = *mysql_fetch_field_direct(result, i);
        text += std::string("column ") + f.db + "." + f.table + "(" + f.org_table + ")." + f.name +
                "(" + f.org_name + ") type " + number(f.type) + " length " + number(f.length) +
                " charset " + character_set(f.charsetnr) + " flags " + number(f.flags) +
                " decimals " + number(f.decimals) + "\n";
    }
    return text;
}

std::string text_rows(MYSQL_RES* result) {
    std::string text;
    while (const MYSQL_ROW values = mysql_fetch_row(result)) {
        const unsigned long* lengths = mysql_fetch_lengths(result);
        text += "row";
        for (unsigned i = 0; i < mysql_num_fields(result); ++i) {
            text +=
                values[i] == nullptr ? " NULL" : " '" + std::string(values[i], lengths[i]) + "'";
        }
        text += "\n";
    }
    return text;
}

// GTIDs are counted, not compared: every run commits transactions of its own.  The state of the
// transaction is left out: MySQL 9.7 tells it although session_track_transaction_info is OFF.
std::string news(MYSQL* handle) {
    std::string text;
    for (int kind = SESSION_TRACK_BEGIN; kind <= SESSION_TRACK_END; ++kind) {
        const auto type = static_cast<enum_session_state_type>(kind);
        if (type == SESSION_TRACK_TRANSACTION_STATE) continue;
        const char* data = nullptr;
        std::size_t size = 0;
        for (int more = mysql_session_track_get_first(handle, type, &data, &size); more == 0;
             more = mysql_session_track_get_next(handle, type, &data, &size)) {
            const bool is_gtid = type == SESSION_TRACK_GTIDS;
            text += " news " + std::to_string(kind) + "='" +
                    (is_gtid ? "a gtid" : std::string(data, size)) + "'";
        }
    }
    return text;
}

// `with_rows`: the result ended with an EOF packet, which holds no news; the client library would
// give those of the last OK again.
std::string end_of_result(MYSQL* handle, bool with_rows, std::uint64_t affected,
                          std::uint64_t insert_id) {
    const char* const info = mysql_info(handle);
    return "affected " + number(affected) + " insert id " + number(insert_id) + " warnings " +
           number(mysql_warning_count(handle)) + " status " +
           number(handle->server_status & session_status) + " info '" +
           (info == nullptr ? "" : info) + "'" + (with_rows ? "" : news(handle)) + "\n";
}

std::string text_outcome(MYSQL* handle, const std::string& sql) {
    if (mysql_real_query(handle, sql.data(), sql.size()) != 0) return error_of(handle);
    std::string text;
    for (;;) {
        const result_ptr result(mysql_store_result(handle), &mysql_free_result);
        if (!result && mysql_errno(handle) != 0) return text + error_of(handle);
        if (result) text += columns(result.get()) + text_rows(result.get());
        text += end_of_result(handle, result != nullptr, mysql_affected_rows(handle),
                              mysql_insert_id(handle));
        const int more = mysql_next_result(handle);
        if (more > 0) return text + error_of(handle);
        if (more < 0) return text;
    }
}

// All columns of the current result, fetched as text by the client library.
std::string statement_rows(MYSQL_STMT* statement) {
    const unsigned width = mysql_stmt_field_count(statement);
    std::vector<MYSQL_BIND> binds(width);
    std::vector<std::vector<char>> values(width);
    std::vector<unsigned long> lengths(width);
    std::vector<my_bool> nulls(width);
    const result_ptr metadata(mysql_stmt_result_metadata(statement), &mysql_free_result);
    for (unsigned i = 0; i < width; ++i) {
        constexpr std::size_t number_bytes_max = 64;
        values[i].resize(mysql_fetch_field_direct(metadata.get(), i)->max_length +
                         number_bytes_max);
        binds[i].buffer_type = MYSQL_TYPE_STRING;
        binds[i].buffer = values[i].data();
        binds[i].buffer_length = values[i].size();
        binds[i].length = &lengths[i];
        binds[i].is_null = &nulls[i];
    }
    std::string text = columns(metadata.get());
    if (mysql_stmt_bind_result(statement, binds.data()) != 0) return text + "cannot bind\n";
    while (mysql_stmt_fetch(statement) == 0) {
        text += "row";
        for (unsigned i = 0; i < width; ++i)
            text += nulls[i] ? " NULL" : " '" + std::string(values[i].data(), lengths[i]) + "'";
        text += "\n";
    }
    return text;
}

std::string error_of(MYSQL_STMT* statement) {
    return error_text(mysql_stmt_errno(statement), mysql_stmt_sqlstate(statement),
                      mysql_stmt_error(statement));
}

std::string prepared_outcome(MYSQL* handle, const std::string& sql) {
    const statement_ptr statement(mysql_stmt_init(handle), &mysql_stmt_close);
    const my_bool measure = 1;
    mysql_stmt_attr_set(statement.get(), STMT_ATTR_UPDATE_MAX_LENGTH, &measure);
    if (mysql_stmt_prepare(statement.get(), sql.data(), sql.size()) != 0) {
        if (mysql_stmt_errno(statement.get()) == unsupported_as_prepared)
            return text_outcome(handle, sql);
        return "not prepared: " + error_of(statement.get());
    }
    if (mysql_stmt_execute(statement.get()) != 0) return error_of(statement.get());
    std::string text;
    for (;;) {
        const bool with_rows = mysql_stmt_field_count(statement.get()) != 0;
        if (with_rows) {
            if (mysql_stmt_store_result(statement.get()) != 0)
                return text + error_of(statement.get());
            text += statement_rows(statement.get());
        }
        text += end_of_result(handle, with_rows, mysql_stmt_affected_rows(statement.get()),
                              mysql_stmt_insert_id(statement.get()));
        const int more = mysql_stmt_next_result(statement.get());
        if (more > 0) return text + error_of(statement.get());
        if (more < 0) return text;
    }
}

std::string command_outcome(MYSQL* handle, const std::string& line) {
    const std::size_t space = line.find(' ');
    const std::string name = line.substr(0, space);
    const std::string schema = space == std::string::npos ? "" : line.substr(space + 1);
    int failed = 1;
    if (name == "\\use")
        failed = mysql_select_db(handle, schema.c_str());
    else if (name == "\\reset")
        failed = mysql_reset_connection(handle);
    else if (name == "\\ping")
        failed = mysql_ping(handle);
    else if (name == "\\change_user")
        failed = mysql_change_user(handle, "app", "app-password", schema.c_str());
    else
        return "unknown command " + name;
    if (failed != 0) return error_of(handle);
    return "status " + number(handle->server_status & session_status) + news(handle) + "\n";
}

}  // namespace

std::string outcome(support::mysql_connection& session, const std::string& sql, way how) {
    if (sql.starts_with('\\')) return command_outcome(session.handle(), sql);
    return how == way::prepared ? prepared_outcome(session.handle(), sql)
                                : text_outcome(session.handle(), sql);
}

}  // namespace integration
