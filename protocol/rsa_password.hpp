#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/bytes.hpp"
#include "protocol/error.hpp"
#include "protocol/greeting.hpp"

struct evp_pkey_st;

/// How a clear password travels without TLS: xor the nonce, then RSA-OAEP with the server's key.

namespace protocol {

inline constexpr std::size_t public_key_bytes_max = 16'384;  // PEM text a server may send

/// For the client side.  Errors: bad_key, too_long (password), crypto_failed.
result<std::vector<std::uint8_t>> encrypt_password(std::string_view password,
                                                   const nonce& challenge,
                                                   std::string_view public_key_pem);

/// The server side's key.  Immutable once made, so it may be shared by threads.
class rsa_private_key {
public:
    /// A new key of 2048 bits; takes tenths of a second, so make it once, at start.
    static result<rsa_private_key> generate();
    /// Errors: bad_key.
    static result<rsa_private_key> from_pem(std::string_view pem);

    /// What a client is given that asks for the public key.
    const std::string& public_pem() const noexcept { return public_pem_; }

    /// The clear password; wipe() it after use.  Errors: access_denied, whatever is wrong with the
    /// cipher text, so that nothing is learned from the difference.
    result<std::string> decrypt_password(bytes_view cipher, const nonce& challenge) const;

private:
    struct free_key {
        void operator()(evp_pkey_st* key) const noexcept;
    };
    using handle = std::unique_ptr<evp_pkey_st, free_key>;

    rsa_private_key(handle key, std::string public_pem) noexcept
        : key_(std::move(key)), public_pem_(std::move(public_pem)) {}
    static result<rsa_private_key> adopt(handle key);

    handle key_;
    std::string public_pem_;
};

}  // namespace protocol
