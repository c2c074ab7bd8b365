#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "protocol/bytes.hpp"
#include "protocol/error.hpp"

/// The slow hash that mysql.user keeps for caching_sha2_password: SHA-crypt with SHA-256
/// (https://www.akkadia.org/drepper/SHA-crypt.txt) and MySQL's own salt of 20 bytes.

namespace protocol {

/// mysql.user's authentication_string: "$A$", the rounds / 1000 as three hex digits, "$", 20 bytes
/// salt, 43 characters of digest.
struct sha2_stored_hash {
    static constexpr std::size_t salt_size = 20;
    static constexpr std::size_t digest_size = 43;
    /// More would hold up a thread for longer than a tenth of a second at each full login.
    static constexpr unsigned rounds_max = 100'000;

    unsigned rounds = 0;
    std::array<char, salt_size> salt{};
    std::array<char, digest_size> digest{};  // of 6 bits each, as text

    /// Takes also the hexadecimal form, "0x24412430...", as SHOW CREATE USER prints it with
    /// print_identified_with_as_hex; a salt may hold bytes that no text should.
    /// Errors: malformed, limit_exceeded (rounds).
    static result<sha2_stored_hash> parse(std::string_view text);

    /// Whether `password` is the one.  Takes milliseconds; the comparison takes the same time
    /// whatever the password.
    bool matches(std::string_view password) const;

    friend bool operator==(const sha2_stored_hash&, const sha2_stored_hash&) = default;
};

}  // namespace protocol
