#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/bytes.hpp"
#include "protocol/error.hpp"
#include "protocol/greeting.hpp"
#include "protocol/secret.hpp"
#include "protocol/sha_crypt.hpp"

/// Passwords on the wire: what clients send and what servers keep to check it.
///
///   native: SHA1(p)   xor SHA1(nonce + SHA1(SHA1(p)))
///   sha2:   SHA256(p) xor SHA256(SHA256(SHA256(p)) + nonce)
///
/// Comparisons take the same time whatever the input; temporaries that hold secrets are wiped.

namespace protocol {

using sha1_digest = std::array<std::uint8_t, 20>;
using sha256_digest = std::array<std::uint8_t, 32>;

inline constexpr std::size_t password_bytes_max = 256;  // caching_sha2_password's own limit

/// Overwrites a secret in a way that the compiler may not leave out.
void wipe(std::string& secret) noexcept;

/// The response to a native challenge.  An empty password has an empty response instead.
sha1_digest scramble_native(std::string_view password, const nonce& challenge);
/// The response to a caching_sha2 challenge.  An empty password has an empty response instead.
sha256_digest scramble_sha2(std::string_view password, const nonce& challenge);

/// `stage2` is SHA1(SHA1(password)).
bool verify_native(bytes_view response, const nonce& challenge, const sha1_digest& stage2);
/// `stage2` is SHA256(SHA256(password)).
bool verify_sha2(bytes_view response, const nonce& challenge, const sha256_digest& stage2);

/// What a server must know of a password to check it, and no more than that.
///
/// From a clear password both digests are known.  From mysql_native_password's stored form only one
/// is, and from caching_sha2_password's none: such an account logs in with caching_sha2_password by
/// full authentication only.
struct password_verifiers {
    bool empty_password = false;
    std::optional<sha1_digest> native_stage2{};
    std::optional<sha256_digest> sha2_stage2{};
    std::optional<sha2_stored_hash> sha2_stored{};

    static password_verifiers from_password(std::string_view clear);
    /// "*" and 40 hex digits, as in mysql.user.  Errors: malformed.
    static result<password_verifiers> from_native_hash(std::string_view text);
    /// Either plugin's stored form, as in mysql.user.  Errors: as that, and sha2_stored_hash's.
    static result<password_verifiers> from_stored_hash(std::string_view text);
    /// Verifiers that no password matches, for users that do not exist.
    static password_verifiers of_nobody();

    /// Whether a password that came in clear is the right one.
    bool matches(std::string_view clear) const;

    friend bool operator==(const password_verifiers&, const password_verifiers&) = default;
};

/// A fresh challenge: 20 random bytes of 7 bits, none of them NUL or '$', as MySQL makes them.
/// Errors: crypto_failed when the system has no randomness to give.
result<nonce> random_nonce();

}  // namespace protocol
