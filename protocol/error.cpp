#include "protocol/error.hpp"

#include <string>

namespace protocol {
namespace {

const char* text(errc e) noexcept {
    switch (e) {
        case errc::truncated:
            return "packet or event ends inside a field; check for a broken peer or link";
        case errc::trailing_bytes:
            return "packet or event is longer than its fields; the peer may be newer than we know";
        case errc::unexpected_header:
            return "first byte is not one this packet may have; is the peer a MySQL server?";
        case errc::malformed:
            return "a field has a value the protocol does not allow; check the peer's version";
        case errc::too_long:
            return "a field or packet is over its size limit; compare max_allowed_packet";
        case errc::unsupported:
            return "a protocol feature that Tidegate did not negotiate or does not support";
        case errc::limit_exceeded:
            return "a count or depth is over its limit; the peer is broken or hostile";
        case errc::wrong_sequence:
            return "packet sequence ids out of order; a middlebox or the peer lost packets";
        case errc::wrong_state:
            return "a packet came when another one was due; the peer is out of step";
        case errc::bad_handshake:
            return "the peer does not speak MySQL protocol 4.1; check address and port";
        case errc::tls_unavailable:
            return "TLS is required and the server offers none; check its ssl settings";
        case errc::tls_required:
            return "the client must use TLS; check its ssl-mode";
        case errc::unknown_auth_plugin:
            return "the server asks for an authentication plugin Tidegate does not have; "
                   "check the account's plugin";
        case errc::access_denied:
            return "access denied; check user, password and how the account may connect";
        case errc::bad_key:
            return "not a PEM RSA key of 1024 bits or more; check the key file";
        case errc::crypto_failed:
            return "an OpenSSL operation failed; check the key and the library's configuration";
        case errc::checksum_mismatch:
            return "a binlog event's CRC32 is wrong; check the source's disk and the link";
        case errc::bad_gtid:
            return "not a GTID set; expected text such as uuid:1-5:7";
        case errc::unknown_event:
            return "a binlog event type Tidegate does not know; the source may be too new";
        case errc::unknown_table:
            return "a rows event names a table no table map announced; the stream lost an event";
        case errc::decompress_failed:
            return "compressed bytes do not decompress to what they state; check the peer and the "
                   "link";
    }
    return "unknown protocol error";
}

class category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "protocol"; }
    std::string message(int value) const override { return text(static_cast<errc>(value)); }
};

}  // namespace

const boost::system::error_category& error_category() noexcept {
    static const category instance;
    return instance;
}

}  // namespace protocol
