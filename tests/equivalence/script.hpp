#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/field_type.hpp"

/// What several sessions do, one step after another, and its text form:
///
///   # a comment
///   A connect user=app schema=fuzz collation=255 flags=session_track,deprecate_eof
///   A query SET sql_mode = CONCAT(@@sql_mode, ',ANSI')
///   B prepare s1 SELECT ? + 1
///   B execute s1 cursor int=5 text=some%20words null
///   B fetch s1 2
///
/// A line is a session's name, an action, and what the action takes.  Bytes that are not printable
/// ASCII, and the percent sign, are written as a percent sign and two hexadecimal digits.

namespace equivalence {

enum class action : std::uint8_t {
    connect,           ///< Logs in, having left the server before, if it was there.
    query,             ///< COM_QUERY
    prepare,           ///< COM_STMT_PREPARE: name, text
    execute,           ///< COM_STMT_EXECUTE: name, parameters
    long_data,         ///< COM_STMT_SEND_LONG_DATA: name, the parameter's number, its bytes
    fetch,             ///< COM_STMT_FETCH: name, number of rows
    reset_statement,   ///< COM_STMT_RESET: name
    close_statement,   ///< COM_STMT_CLOSE: name
    init_db,           ///< COM_INIT_DB: text
    field_list,        ///< COM_FIELD_LIST: text, the table's name
    statistics,        ///< COM_STATISTICS
    ping,              ///< COM_PING
    change_user,       ///< COM_CHANGE_USER: the account and schema of `to`
    reset_connection,  ///< COM_RESET_CONNECTION
    set_option,        ///< COM_SET_OPTION: number 0 allows several statements, 1 forbids them
    kill,              ///< KILL of a session, perhaps its own: name
    kill_query,        ///< KILL QUERY: name
};

std::string_view to_string(action what) noexcept;

/// A value for a placeholder.
struct parameter {
    enum class kind : std::uint8_t {
        null,
        tiny,
        short_,
        int_,
        bigint,
        ubigint,
        double_,
        text,
        blob,
        date,
        datetime,
        time,
        long_data,  // was sent before, by action::long_data
    };
    kind type = kind::null;
    std::string value{};  // as text
    friend bool operator==(const parameter&, const parameter&) = default;
};

/// Who logs in, and as what kind of client.
struct identity {
    std::string user = "app";
    std::string schema{};  // may be empty
    std::uint8_t collation = 255;
    std::uint32_t capabilities = 0;  // those of flag_names(), besides what every client has
    friend bool operator==(const identity&, const identity&) = default;
};

/// The client flags that scripts choose from.
struct flag_name {
    std::string_view name;
    std::uint32_t flag;
};
const std::vector<flag_name>& flag_names();

struct step {
    std::string session{};
    action what = action::query;
    std::string name{};  // of a prepared statement, or of the session to kill
    std::string text{};
    std::uint32_t number = 0;
    bool cursor = false;
    bool types_left_out = false;  // the parameters' types are those of the last execution
    std::vector<parameter> parameters{};
    identity to{};
    friend bool operator==(const step&, const step&) = default;
};

using script = std::vector<step>;

class bad_script : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

std::string to_text(const step& one);
std::string to_text(const script& whole);

/// Errors: bad_script, with the line's number.
script parse_script(std::string_view text);

/// Bytes outside printable ASCII, and the percent sign, as %XX.  `spaces` too: for one word.
std::string escaped(std::string_view bytes, bool spaces = false);

}  // namespace equivalence
