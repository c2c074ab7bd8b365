#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>
#include <type_traits>

namespace pool {

/// Why a backend connection could not be had or used.
enum class errc {
    timed_out = 1,   ///< No connection became free, or none could be opened, in the time allowed.
    user_limit,      ///< Likewise, and the user had all the connections that it may have.
    line_full,       ///< As many as may wait for a connection wait already.
    connect_failed,  ///< The server refused or did not answer.
    login_denied,    ///< The server does not accept the account.
    tls_failed,      ///< No TLS with the server, or not with the one that was meant.
    lost,            ///< The connection ended in the middle of a conversation.
    bad_answer,      ///< The server sent what the protocol does not allow.
    state_refused,   ///< The server did not take the session's state (a schema dropped
                     ///< meanwhile).
    statement_refused,  ///< The server did not prepare the statement (a table dropped meanwhile).
    shutting_down       ///< Tidegate stops.
};

const boost::system::error_category& error_category() noexcept;

inline boost::system::error_code make_error_code(errc e) noexcept {
    return {static_cast<int>(e), error_category()};
}

template <class T>
using result = boost::system::result<T>;

}  // namespace pool

template <>
struct boost::system::is_error_code_enum<pool::errc> : std::true_type {};
