#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>
#include <type_traits>

namespace protocol {

/// Why bytes from outside could not be used.
///
/// All of them are the peer's doing (or a proxy's, or a broken disk's), never a bug of the
/// caller's: those are assertions.  The message of each says where an operator should look.
enum class errc {
    truncated = 1,        ///< The payload ends inside a field.
    trailing_bytes,       ///< The payload goes on after its last field.
    unexpected_header,    ///< The first byte is not one this packet may have.
    malformed,            ///< A field has a value the protocol does not allow.
    too_long,             ///< A field or packet is longer than its stated limit.
    unsupported,          ///< Correct, but a feature that was not negotiated or is not built.
    limit_exceeded,       ///< A bounded count or depth (rounds, columns, nesting) was reached.
    wrong_sequence,       ///< A packet's sequence id is not the successor of the last one.
    wrong_state,          ///< A packet came when none or another one was due.
    bad_handshake,        ///< The peer does not speak protocol 4.1 as we need it.
    tls_unavailable,      ///< TLS is required here and the peer does not offer it.
    tls_required,         ///< The account or server demands TLS and the peer does not use it.
    unknown_auth_plugin,  ///< The peer insists on an authentication plugin we do not have.
    access_denied,        ///< Wrong user or password, or an authentication rule forbids it.
    bad_key,              ///< A PEM key cannot be read or is no RSA key of 1024 bits or more.
    crypto_failed,        ///< OpenSSL refused (no entropy, wrong padding, no memory).
    checksum_mismatch,    ///< A binlog event's CRC32 does not match its bytes.
    bad_gtid,             ///< Text or bytes are not a GTID (set).
    unknown_event,        ///< A binlog event type we do not know and may not ignore.
    unknown_table,        ///< A rows event names a table id that no table map announced.
    decompress_failed,    ///< A compressed payload does not decompress to its stated size.
};

const boost::system::error_category& error_category() noexcept;

inline boost::system::error_code make_error_code(errc e) noexcept {
    return {static_cast<int>(e), error_category()};
}

template <class T>
using result = boost::system::result<T>;

}  // namespace protocol

template <>
struct boost::system::is_error_code_enum<protocol::errc> : std::true_type {};
